import { writeFileSync } from "node:fs"
import { join } from "node:path"
import Database from "better-sqlite3"
import { createConnection } from "mysql2/promise"

const TOGETHER = 1000

/** Rows of two integers by key, in its order, as a bare database would hold stock and prices. */
const keysOf = (rows: number): Float64Array => Float64Array.from({ length: rows }, (_, i) => Math.floor(i / 14) * 4096 + (i % 14))

/** The fastest load of as many rows into two packed tables that SQLite has: one transaction, 1,000 rows a statement. Seconds. */
export const bareSqliteLoad = (folder: string, rows: number): number => {
  const db = new Database(join(folder, `bare${Math.trunc(performance.now())}.db`))
  db.pragma("journal_mode = WAL")
  db.pragma("synchronous = FULL")
  const keys = keysOf(rows)
  const started = performance.now()
  for (const table of ["stock", "price"]) {
    db.exec(`create table ${table} (id integer primary key, figure integer, as_of integer)`)
    db.exec("begin")
    const many = db.prepare(`insert into ${table} values ${Array.from({ length: TOGETHER }, () => "(?, ?, ?)").join(", ")}`)
    const one = db.prepare(`insert into ${table} values (?, ?, ?)`)
    let at = 0
    for (; at + TOGETHER <= rows; at += TOGETHER) {
      const values: Array<number> = []
      for (let i = at; i < at + TOGETHER; i++) values.push(keys[i]!, i % 60, 1)
      many.run(values)
    }
    for (; at < rows; at++) one.run(keys[at]!, at % 60, 1)
    db.exec("commit")
  }
  const seconds = (performance.now() - started) / 1000
  db.close()
  return seconds
}

/** LOAD DATA INFILE of as many rows into two packed tables, from files that the server reads itself. Seconds. */
export const bareMariadbLoad = async (uri: string, rows: number): Promise<number> => {
  const connection = await createConnection(uri)
  const file = `/tmp/aptekit-bare-${process.pid}.csv`
  const keys = keysOf(rows)
  writeFileSync(file, Array.from(keys, (key, i) => `${key}\t${i % 60}\t1`).join("\n"), { mode: 0o644 })
  let seconds = 0
  for (const table of ["bare_stock", "bare_price"]) {
    await connection.query(`drop table if exists ${table}`)
    await connection.query(`create table ${table} (id bigint primary key, figure int, as_of bigint)`)
    const started = performance.now()
    await connection.query(`load data infile '${file}' into table ${table}`)
    seconds += (performance.now() - started) / 1000
  }
  await connection.end()
  return seconds
}
