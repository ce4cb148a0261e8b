import { copyFileSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createConnection, type RowDataPacket } from "mysql2/promise"
import { afterAll } from "vitest"
import { openMariadb, openSqlite } from "../../src/internal.ts"
import { useMariadb } from "../../../../test/mariadb.ts"

/** Files with an empty database each: its tables are made once and copied, which takes longer than most tests. */
export const useSqlite = (): (() => Promise<string>) => {
  const folder = mkdtempSync(join(tmpdir(), "aptekit-sqlite-"))
  afterAll(() => rmSync(folder, { recursive: true }))
  const made = join(folder, "made.db")
  let files = 0
  return async () => {
    if (files === 0) await (await openSqlite(made)).close()
    const file = join(folder, `${files++}.db`)
    copyFileSync(made, file)
    return file
  }
}

type FirstRows = ReadonlyMap<string, ReadonlyArray<RowDataPacket>>

/** What the tables hold when they have just been made; without Kysely's own, which stay as they are. */
const firstRows = async (uri: string): Promise<FirstRows> => {
  const connection = await createConnection({ uri })
  try {
    const [tables] = await connection.query<Array<RowDataPacket>>("SHOW TABLES")
    const names = tables.map((row) => String(Object.values(row)[0])).filter((name) => !name.startsWith("kysely"))
    const found = new Map<string, ReadonlyArray<RowDataPacket>>()
    for (const name of names) {
      const [rows] = await connection.query<Array<RowDataPacket>>("SELECT * FROM ??", [name])
      found.set(name, rows)
    }
    return found
  } finally {
    await connection.end()
  }
}

const restore = async (uri: string, first: FirstRows): Promise<void> => {
  const connection = await createConnection({ uri })
  try {
    await connection.beginTransaction()
    for (const [name, rows] of first) {
      await connection.query("DELETE FROM ??", [name])
      for (const row of rows) await connection.query("INSERT INTO ?? SET ?", [name, row])
    }
    await connection.commit()
    const [counted] = await connection.query<Array<RowDataPacket>>(
      "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE() AND auto_increment > 1"
    )
    for (const { name } of counted) await connection.query("ALTER TABLE ?? AUTO_INCREMENT = 1", [name])
  } finally {
    await connection.end()
  }
}

export interface EmptyMariadb {
  /** For `describe.skipIf`: why the suite cannot run here; null where it can. */
  readonly skip: string | null
  /** The file's one database, emptied: its tables are made once, since MariaDB takes a second for them. */
  readonly emptied: () => Promise<string>
}

/** For tests that use a database one after another and let go of it. */
export const useEmptyMariadb = (): EmptyMariadb => {
  const server = useMariadb()
  let made: { readonly uri: string; readonly first: FirstRows } | undefined
  return {
    skip: server.skip,
    emptied: async () => {
      if (made !== undefined) {
        await restore(made.uri, made.first)
        return made.uri
      }
      const uri = await server.fresh()
      await (await openMariadb(uri)).close()
      made = { uri, first: await firstRows(uri) }
      return uri
    }
  }
}
