import {
  DummyDriver,
  Kysely,
  MysqlAdapter,
  MysqlIntrospector,
  MysqlQueryCompiler,
  type RawBuilder,
  sql,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler
} from "kysely"
import type { Schema } from "./schema.ts"

/** What differs between the databases, capability by capability. */
export interface SqlDialect {
  readonly name: "sqlite" | "mariadb"
  /** A builder that only compiles: the SQL of hot paths is made once and bound again. */
  readonly db: Kysely<Schema>
  /** Column types. */
  readonly types: {
    /** Compared byte by byte, trailing blanks included: 'A-1', 'a-1' and 'A-1 ' are three keys (D23). */
    readonly key: RawBuilder<unknown>
    /** UUIDs, statuses, codes of ours: ASCII, short. */
    readonly code: RawBuilder<unknown>
    readonly text: RawBuilder<unknown>
    readonly blob: RawBuilder<unknown>
    readonly int: RawBuilder<unknown>
    readonly serial: RawBuilder<unknown>
    readonly real: RawBuilder<unknown>
  }
  /** Rows of a bulk write in one statement. */
  readonly bulkRows: number
  /** Rows of a bulk write in one transaction, at most: no order waits longer than for one (D17, D19). */
  readonly sliceRows: number
}

export const sqliteSql: SqlDialect = {
  name: "sqlite",
  db: new Kysely<Schema>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new SqliteIntrospector(db),
      createQueryCompiler: () => new SqliteQueryCompiler()
    }
  }),
  types: {
    key: sql`text`,
    code: sql`text`,
    text: sql`text`,
    blob: sql`blob`,
    int: sql`integer`,
    serial: sql`integer`,
    real: sql`real`
  },
  bulkRows: 1_000,
  sliceRows: 1_000
}

export const mariadbSql: SqlDialect = {
  name: "mariadb",
  db: new Kysely<Schema>({
    dialect: {
      createAdapter: () => new MysqlAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new MysqlIntrospector(db),
      createQueryCompiler: () => new MysqlQueryCompiler()
    }
  }),
  types: {
    key: sql`varchar(191) character set utf8mb4 collate utf8mb4_nopad_bin`,
    code: sql`varchar(100) character set utf8mb4 collate utf8mb4_nopad_bin`,
    text: sql`longtext character set utf8mb4 collate utf8mb4_nopad_bin`,
    blob: sql`longblob`,
    int: sql`bigint`,
    serial: sql`bigint`,
    real: sql`double`
  },
  bulkRows: 250,
  sliceRows: 250
}
