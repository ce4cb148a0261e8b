import { Kysely, MysqlDialect } from "kysely"
import { type Connection as CallbackConnection, createPool as createCallbackPool } from "mysql2"
import { createConnection, createPool, type Pool, type PoolConnection } from "mysql2/promise"
import { mariadbSql } from "../dialect.ts"
import { type Driver, DriverError } from "../driver.ts"
import { appliedPoint, donePoint, faultPoint } from "../fault.ts"
import { migrate } from "../migrations.ts"
import type { CommitResult } from "../ops/commit.ts"
import { makeOps, type OpName, programOf } from "../ops/index.ts"
import { type Program, Refusal, runAsync, type Step, type StepResult } from "../program.ts"

const CONNECTIONS = 8
const RETRIES = 10
/** A lock is waited for as long as this, and held by one who does nothing with it for no longer. */
const LOCK_SECONDS = 5

/** Deadlock, lock wait, record changed: nothing was applied, the same change fits again (D18). */
const TRANSIENT = new Set(["ER_LOCK_DEADLOCK", "ER_LOCK_WAIT_TIMEOUT", "ER_CHECKREAD"])
/** Two made the same key at once: the second look finds it. */
const DUPLICATE = "ER_DUP_ENTRY"

const codeOf = (error: unknown): string => (error as { readonly code?: string }).code ?? ""

const stepOn = (connection: PoolConnection | Pool) => async ({ sql, values }: Step): Promise<StepResult> => {
  const [result] = await connection.execute(sql, values as Array<string | number | null>)
  return Array.isArray(result)
    ? { changes: 0, rows: result as unknown as StepResult["rows"] }
    : { changes: (result as { readonly affectedRows: number }).affectedRows, rows: [] }
}

/** One attempt. Knows whether a failure came before or at the COMMIT, whose answer alone may be lost. */
const transaction = async <A>(pool: Pool, op: OpName, program: () => Program<A>): Promise<A> => {
  const connection = await pool.getConnection()
  let committing = false
  try {
    await connection.query("START TRANSACTION")
    faultPoint("commit.begin")
    const value = await runAsync(program(), stepOn(connection))
    faultPoint(appliedPoint(op))
    committing = true
    await connection.query("COMMIT")
    faultPoint(donePoint(op))
    connection.release()
    return value
  } catch (error) {
    // Whatever this connection was doing is over for good: a broken one must not go back to the pool.
    if (committing || !(await connection.query("ROLLBACK").then(() => true, () => false))) connection.destroy()
    else connection.release()
    if (error instanceof Refusal || (!committing && (TRANSIENT.has(codeOf(error)) || codeOf(error) === DUPLICATE))) throw error
    throw new DriverError(codeOf(error) || "database error", committing ? "unknown" : "notApplied", error)
  }
}

const pause = (attempt: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, attempt * (1 + Math.random() * 4)))

const withRetry = async <A>(pool: Pool, op: OpName, program: () => Program<A>): Promise<A> => {
  for (let attempt = 1;; attempt++) {
    try {
      return await transaction(pool, op, program)
    } catch (error) {
      const again = TRANSIENT.has(codeOf(error)) || codeOf(error) === DUPLICATE
      if (!again) throw error
      if (attempt === RETRIES) throw new DriverError(`${codeOf(error)} ${RETRIES} times`, "notApplied", error)
      await pause(attempt)
    }
  }
}

/** Longer than any bulk run; then whoever waits says so. */
const TURN_SECONDS = 600

/**
 * A lock of the server that lives as long as the connection which took it: the server itself lets go of a dead hub's.
 * Names of such locks are the whole server's, so this one's holds the database's.
 */
const alone = async <A>(uri: string, name: string, work: () => Promise<A>): Promise<A> => {
  const connection = await createConnection({ uri }).catch((cause: unknown) => {
    throw new DriverError(codeOf(cause) || "database error", "notApplied", cause)
  })
  // It may be cut off while nobody asks it anything; what is written under it then is fenced off (D24).
  connection.on("error", () => undefined)
  try {
    const [rows] = await connection.query("select get_lock(concat(md5(database()), ?), ?) as taken", [`.${name}`, TURN_SECONDS])
    if ((rows as unknown as ReadonlyArray<{ taken: number | null }>)[0]?.taken !== 1) {
      throw new DriverError(`another hub has held ${name} for ${TURN_SECONDS} s`, "notApplied")
    }
    return await work()
  } catch (error) {
    if (error instanceof DriverError || error instanceof Refusal || codeOf(error) === "") throw error
    throw new DriverError(codeOf(error), "notApplied", error)
  } finally {
    await connection.end().catch(() => connection.destroy())
  }
}

const migrateDatabase = async (uri: string): Promise<void> => {
  const db = new Kysely<unknown>({ dialect: new MysqlDialect({ pool: createCallbackPool({ uri, connectionLimit: 1 }) }) })
  try {
    await migrate(db, mariadbSql)
  } finally {
    await db.destroy()
  }
}

/** Opens a MariaDB database (10.6 or newer); its tables are made where they are missing. */
export const openMariadb = async (uri: string): Promise<Driver> => {
  try {
    await migrateDatabase(uri)
  } catch (cause) {
    throw new DriverError(`MariaDB cannot be used (${codeOf(cause) || "error"}). Check the address, the user and the database.`, "notApplied", cause)
  }
  const pool = createPool({ uri, connectionLimit: CONNECTIONS, timezone: "Z", maxPreparedStatements: 2_000 })
  pool.pool.on("connection", (connection) => {
    // Guards must see what is committed, not what was there when the transaction began. A hub that stands still in the middle
    // of a transaction (its machine is paused) would hold what it has locked against all others for as long.
    connection.query(`SET SESSION tx_isolation = 'READ-COMMITTED',
      SESSION innodb_lock_wait_timeout = ${LOCK_SECONDS}, SESSION idle_transaction_timeout = ${LOCK_SECONDS}`)
  })
  const ops = makeOps(mariadbSql)
  const read = async <A>(program: Program<A>): Promise<A> => {
    try {
      return await runAsync(program, stepOn(pool))
    } catch (error) {
      throw new DriverError(codeOf(error) || "database error", "notApplied", error)
    }
  }
  const commit = async (change: Parameters<Driver["commit"]>[0]): Promise<CommitResult> => {
    try {
      return await withRetry(pool, "commit", () => ops.commit(change))
    } catch (error) {
      if (!(error instanceof DriverError) || error.outcome !== "unknown") throw error
      // The COMMIT's answer was lost: look before anything is repeated (D18).
      const known = await read(ops.changeKnown(change.id)).catch(() => undefined)
      if (known === undefined) throw error
      return known ?? (await withRetry(pool, "commit", () => ops.commit(change)))
    }
  }
  return {
    dialect: mariadbSql,
    read: (name, args) => read(programOf(ops, name, args)) as never,
    list: (name, args) => read(programOf(ops, name, args)) as never,
    write: (name, args) => withRetry(pool, name, () => programOf(ops, name, args)) as never,
    commit,
    serverTime: async () => {
      const [rows] = await pool.query("select cast(unix_timestamp(now(3)) * 1000 as signed) as now")
      return Number((rows as unknown as ReadonlyArray<{ now: number }>)[0]!.now)
    },
    alone: (name, work) => alone(uri, name, work),
    scan: async (sql, onRow) => {
      const connection = await pool.getConnection()
      try {
        const core = connection.connection as unknown as CallbackConnection
        for await (const row of core.query({ sql, rowsAsArray: true }).stream()) onRow(row as ReadonlyArray<number>)
      } finally {
        connection.release()
      }
    },
    close: () => pool.end()
  }
}
