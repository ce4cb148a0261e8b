import { type CreateTableBuilder, type Kysely, sql } from "kysely"
import type { SqlDialect } from "../dialect.ts"

export type Columns = Readonly<Record<string, keyof SqlDialect["types"] | `${keyof SqlDialect["types"]}?`>>

/** Creates a table from a line per column; `?` = may be null. */
export const table = async (
  db: Kysely<unknown>,
  dialect: SqlDialect,
  name: string,
  columns: Columns,
  primaryKey: ReadonlyArray<string> | "serial"
): Promise<void> => {
  let builder = db.schema.createTable(name).ifNotExists() as CreateTableBuilder<string, string>
  for (const [column, spec] of Object.entries(columns)) {
    const optional = spec.endsWith("?")
    const type = dialect.types[(optional ? spec.slice(0, -1) : spec) as keyof SqlDialect["types"]]
    builder = builder.addColumn(column, type as never, (c) => {
      const required = optional ? c : c.notNull()
      // An INTEGER PRIMARY KEY is SQLite's rowid: the key that costs nothing.
      if (primaryKey === "serial" && column === "seq") return required.primaryKey().autoIncrement()
      return primaryKey.length === 1 && primaryKey[0] === column ? required.primaryKey() : required
    })
  }
  if (primaryKey !== "serial" && primaryKey.length > 1) {
    builder = builder.addPrimaryKeyConstraint(`${name}_pk`, [...primaryKey])
  }
  await builder.execute()
}

export const index = (db: Kysely<unknown>, on: string, columns: ReadonlyArray<string>, unique = false): Promise<void> => {
  const builder = db.schema.createIndex(`${on}_${columns.join("_")}`).ifNotExists().on(on).columns([...columns])
  return (unique ? builder.unique() : builder).execute()
}

/** Adds a column to a table that is there; found there already, it is left alone (MariaDB keeps what a step has done). */
export const addColumn = async (
  db: Kysely<unknown>,
  dialect: SqlDialect,
  name: string,
  column: string,
  type: keyof SqlDialect["types"],
  rest: "null" | "not null default 0"
): Promise<void> => {
  // SQLite has no `if not exists` here, and needs none: its steps are undone whole.
  const known = dialect.name === "mariadb" ? sql`if not exists ` : sql``
  await sql`alter table ${sql.table(name)} add column ${known}${sql.ref(column)} ${dialect.types[type]} ${sql.raw(rest)}`.execute(db)
}
