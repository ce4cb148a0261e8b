/**
 * What benches and fault tests need of the inside. Not for hosts: it may change in any release.
 * @module
 */
export { mariadbSql, type SqlDialect, sqliteSql } from "./dialect.ts"
export type { Driver } from "./driver.ts"
export type { EncodedChange } from "./encode.ts"
export { openMariadb } from "./mariadb/driver.ts"
export { makeOps } from "./ops/index.ts"
export { runSync, type Step } from "./program.ts"
export { openSqlite } from "./sqlite/driver.ts"
export { storageLayer } from "./storage.ts"
