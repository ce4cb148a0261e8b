import { randomBytes } from "node:crypto"
import { createConnection } from "mysql2/promise"
import { afterAll, inject } from "vitest"

/** What `test/support/mariadb-setup.ts` found out once for the whole run. */
export interface MariadbFound {
  /** The server, without a database. */
  readonly uri: string
  /** Why there is none; null: it answers. */
  readonly missing: string | null
}

declare module "vitest" {
  interface ProvidedContext {
    readonly mariadb: MariadbFound
  }
}

export const PREFIX = "aptekit_test_"

export const onServer = async (uri: string, sql: string): Promise<ReadonlyArray<Record<string, unknown>>> => {
  const connection = await createConnection({ uri, connectTimeout: 3_000 })
  try {
    const [rows] = await connection.query(sql)
    return Array.isArray(rows) ? rows as ReadonlyArray<Record<string, unknown>> : []
  } finally {
    await connection.end()
  }
}

/** The name says when it was made: what a killed run left behind can be told from what is in use. */
const newName = (): string => `${PREFIX}${Date.now().toString(36)}_${randomBytes(4).toString("hex")}`

export interface TestMariadb {
  /** For `describe.skipIf`: why the suite cannot run here; null where it can. */
  readonly skip: string | null
  /** A new empty database: `mysql://…/aptekit_test_…`. Dropped after the file's tests. */
  readonly fresh: () => Promise<string>
}

/**
 * Databases of a suite's own on the MariaDB of TEST_MARIADB_URI (default `mysql://root@127.0.0.1:3306`).
 * Where none answers the suite is skipped and the run says so loudly; with CI=true that is a failure.
 * Call it at the top of a test file: `const mariadb = useMariadb()`.
 */
export const useMariadb = (): TestMariadb => {
  const { uri, missing } = inject("mariadb")
  if (missing !== null && process.env["CI"] === "true") throw new Error(`CI needs MariaDB. ${missing}`)
  const names: Array<string> = []
  afterAll(async () => {
    for (const name of names) await onServer(uri, `DROP DATABASE IF EXISTS ${name}`)
  })
  return {
    skip: missing,
    fresh: async () => {
      const name = newName()
      await onServer(uri, `CREATE DATABASE ${name}`)
      names.push(name)
      const database = new URL(uri)
      database.pathname = `/${name}`
      return database.href
    }
  }
}
