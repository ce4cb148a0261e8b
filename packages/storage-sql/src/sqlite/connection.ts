import Database from "better-sqlite3"
import type { Step, StepResult } from "../program.ts"

export type Connection = InstanceType<typeof Database>

const NO_ROWS: StepResult["rows"] = []

/** Opens the file as every connection of the hub does: WAL, and an answered order is on disk (`synchronous=FULL`). */
export const openFile = (file: string, options: { readonly readonly: boolean }): Connection => {
  const db = new Database(file, { readonly: options.readonly, timeout: 5_000 })
  if (!options.readonly) db.pragma("journal_mode = WAL")
  db.pragma("synchronous = FULL")
  return db
}

/** Runs steps with each SQL text prepared once. */
export const stepper = (db: Connection): ((step: Step) => StepResult) => {
  const prepared = new Map<string, Database.Statement<Array<unknown>>>()
  return ({ kind, sql, values }) => {
    let statement = prepared.get(sql)
    if (statement === undefined) prepared.set(sql, statement = db.prepare(sql))
    if (kind === "all") return { changes: 0, rows: statement.all(...values) as StepResult["rows"] }
    return { changes: statement.run(...values).changes, rows: NO_ROWS }
  }
}
