import Database from "better-sqlite3"
import { createConnection } from "mysql2/promise"
import { createHub, type PromiseFace } from "@aptekit/core"
import { type EncodedChange, makeOps, mariadbSql, openSqlite, runSync, type SqlDialect, type Step, sqliteSql, storageLayer } from "@aptekit/storage-sql/internal"
import { type BenchNetwork, orderBody } from "./network.ts"

/** Makes a seeded file, and the changes that orders on it are, as the hub itself would commit them. */
export const recordChanges = async (
  file: string,
  network: BenchNetwork,
  orders: number,
  seed: (hub: PromiseFace, network: BenchNetwork) => Promise<void>
): Promise<ReadonlyArray<EncodedChange>> => {
  const first = await createHub({ storage: storageLayer(() => openSqlite(file)), jobs: false })
  await seed(first, network)
  await first.close()
  const recorded: Array<EncodedChange> = []
  const scratch = `${file}.scratch`
  const source = new Database(file)
  await source.backup(scratch)
  source.close()
  const hub = await createHub({
    jobs: false,
    storage: storageLayer(async () => {
      const driver = await openSqlite(scratch)
      return { ...driver, commit: (change) => {
        recorded.push(change)
        return driver.commit(change)
      } }
    })
  })
  for (let i = 0; i < orders; i++) await hub.orders.place(orderBody(i, "bare", network) as never)
  await hub.close()
  return recorded
}

/** The statements of each change, worked out beforehand: what is timed is the database alone. */
const statementsOf = (dialect: SqlDialect, changes: ReadonlyArray<EncodedChange>, firstSeq: number): ReadonlyArray<ReadonlyArray<Step>> => {
  const { commit } = makeOps(dialect)
  let seq = firstSeq
  return changes.map((change) => {
    const steps: Array<Step> = []
    runSync(commit(change), (step) => {
      steps.push(step)
      if (step.sql.includes("from \"feed\"") || step.sql.includes("from `feed`")) return { changes: 0, rows: [{ last: seq += change.events.length }] }
      return { changes: 1, rows: [] }
    })
    return steps
  })
}

/** One durable transaction per order, one connection, the same statements, nothing else. Orders per second. */
export const bareSqlite = (file: string, changes: ReadonlyArray<EncodedChange>): number => {
  const db = new Database(file)
  db.pragma("journal_mode = WAL")
  db.pragma("synchronous = FULL")
  const { last } = db.prepare("select last from feed").get() as { last: number }
  const orders = statementsOf(sqliteSql, changes, last)
  const prepared = new Map<string, Database.Statement<Array<unknown>>>()
  for (const { sql } of orders.flat()) if (!prepared.has(sql)) prepared.set(sql, db.prepare(sql))
  const started = performance.now()
  for (const steps of orders) {
    db.exec("BEGIN IMMEDIATE")
    for (const { kind, sql, values } of steps) {
      const statement = prepared.get(sql)!
      if (kind === "all") statement.all(...values)
      else statement.run(...values)
    }
    db.exec("COMMIT")
  }
  const seconds = (performance.now() - started) / 1000
  db.close()
  return orders.length / seconds
}

/** The same over one connection of mysql2. Each round needs orders of its own: keys are made different by it. */
export const bareMariadb = async (uri: string, changes: ReadonlyArray<EncodedChange>, round: number): Promise<number> => {
  const connection = await createConnection({ uri, timezone: "Z" })
  const [[feed]] = await connection.query("select last from feed") as unknown as [[{ last: number }]]
  const some = changes.slice(round * 1_000, (round + 1) * 1_000)
  const orders = statementsOf(mariadbSql, some, Number(feed.last))
  const started = performance.now()
  for (const steps of orders) {
    await connection.query("START TRANSACTION")
    for (const { sql, values } of steps) await connection.execute(sql, values as Array<string | number | null>)
    await connection.query("COMMIT")
  }
  const seconds = (performance.now() - started) / 1000
  await connection.end()
  return orders.length / seconds
}
