/**
 * `@aptekit/storage-sql`: the hub's storage in SQLite (embedded, one file) or MariaDB (any number of replicas).
 * @module
 */
import type { StorageLayer } from "@aptekit/core"
import { storageLayer } from "./storage.ts"
import type { Wake } from "./wake.ts"

export type { Wake, WakeLine } from "./wake.ts"

/**
 * The embedded default: one file, no server. Made where it is missing; a second hub on the same file is refused.
 * An order that was answered is on disk.
 */
export const sqlite = ({ file }: { readonly file: string }): StorageLayer =>
  storageLayer(async () => (await import("./sqlite/driver.ts")).openSqlite(file))

/** MariaDB 10.6 or newer: `mysql://user:password@host:3306/database`. Its tables are made where they are missing. */
export const mariadb = ({ uri, wake }: { readonly uri: string; readonly wake?: () => Wake }): StorageLayer =>
  storageLayer(
    async () => (await import("./mariadb/driver.ts")).openMariadb(uri),
    wake === undefined ? undefined : (heard) => wake().open(databaseOf(uri), heard)
  )

/** What replicas share, whatever users and passwords they come with. */
const databaseOf = (uri: string): string => {
  const { host, pathname } = new URL(uri)
  return `${host}${pathname}`
}
