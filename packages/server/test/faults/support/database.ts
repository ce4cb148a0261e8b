import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { mariadb, sqlite } from "@aptekit/storage-sql"
import Sqlite from "better-sqlite3"
import { type Connection, createConnection } from "mysql2/promise"
import { afterAll } from "vitest"
import { QUERIES, type Tables } from "./tables.ts"
import { seedWorld } from "./world.ts"

/** A database of the test's own, filled with the world, that the hub uses and the checker reads past the hub. */
export interface TestDatabase {
  readonly name: "SQLite" | "MariaDB"
  /** How the hub's process is told of it. */
  readonly env: Readonly<Record<string, string>>
  /** All rows, as of one moment. */
  readonly tables: () => Promise<Tables>
  /** Changes rows past the hub. */
  readonly write: (...statements: ReadonlyArray<string>) => Promise<void>
}

/** What the hub would find after so long a time: every end and lease lies so much nearer. */
export const letTimePass = (database: TestDatabase, ms: number): Promise<void> =>
  database.write(
    `update fulfilments set expires_at = expires_at - ${ms} where expires_at is not null`,
    `update fulfilments set sweep_at = sweep_at - ${ms} where sweep_at is not null`,
    `update orders set created_at = created_at - ${ms}`,
    `update outbox set leased_until = leased_until - ${ms}, available_at = available_at - ${ms}`,
    `update leases set expires_at = expires_at - ${ms}`
  )

export const sqliteAt = (file: string): TestDatabase => ({
  name: "SQLite",
  env: { FAULT_TEST_FILE: file },
  tables: async () => {
    // Read only: neither recovers nor checkpoints what a killed hub has left to the next one.
    const db = new Sqlite(file, { readonly: true, timeout: 5_000 })
    try {
      return db.transaction(() =>
        Object.fromEntries(Object.entries(QUERIES).map(([table, query]) => [table, db.prepare(query).all()]))
      )() as unknown as Tables
    } finally {
      db.close()
    }
  },
  write: async (...statements) => {
    const db = new Sqlite(file)
    try {
      for (const statement of statements) db.exec(statement)
    } finally {
      db.close()
    }
  }
})

const connected = async <A>(uri: string, work: (connection: Connection) => Promise<A>): Promise<A> => {
  const connection = await createConnection({ uri, connectTimeout: 5_000 })
  try {
    return await work(connection)
  } finally {
    await connection.end()
  }
}

export const mariadbAt = (uri: string, hubUri = uri): TestDatabase => ({
  name: "MariaDB",
  env: { APTEKIT_MARIADB_URI: hubUri },
  tables: () =>
    connected(uri, async (connection) => {
      await connection.query("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
      await connection.query("START TRANSACTION WITH CONSISTENT SNAPSHOT")
      const tables: Array<readonly [string, unknown]> = []
      for (const [table, query] of Object.entries(QUERIES)) tables.push([table, (await connection.query(query))[0]])
      return Object.fromEntries(tables) as unknown as Tables
    }),
  write: (...statements) =>
    connected(uri, async (connection) => {
      for (const statement of statements) await connection.query(statement)
    })
})

/** A folder that goes away with the test file. */
export const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "aptekit-faults-"))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export const newSqlite = async (folder = temporaryFolder()): Promise<TestDatabase> => {
  const file = join(folder, "hub.db")
  await seedWorld(sqlite({ file }))
  return sqliteAt(file)
}

export const newMariadb = async (uri: string, hubUri = uri): Promise<TestDatabase> => {
  await seedWorld(mariadb({ uri }))
  return mariadbAt(uri, hubUri)
}
