import { fork } from "node:child_process"
import { copyFileSync } from "node:fs"
import { join } from "node:path"
import { startServer } from "@aptekit/server"
import { mariadb, sqlite } from "@aptekit/storage-sql"
import { consoleMessages } from "@aptekit/adapter-sms"
import type { StorageLayer } from "@aptekit/core"
import { bareMariadb, bareSqlite, recordChanges } from "./support/bare.ts"
import { temporaryDirectory, temporaryMariadb } from "./support/databases.ts"
import { type BenchNetwork, seed } from "./support/network.ts"
import { median, report, say } from "./support/report.ts"

const NETWORK: BenchNetwork = { branches: 17, products: 1_000, quantity: 50_000 }
const ROUNDS = 3
const KEY = "bench-key-of-this-process-only"

interface LoadResult {
  readonly error: string | null
  readonly taken: number
  readonly seconds: number
  /** Milliseconds. */
  readonly p99: number
}

const load = (port: number, clients: number, orders: number, run: string): Promise<LoadResult> =>
  new Promise((resolve, reject) => {
    const child = fork(new URL("./support/load.ts", import.meta.url), { execArgv: ["--conditions=@aptekit/source"] })
    child.on("message", (result) => resolve(result as LoadResult))
    child.on("error", reject)
    child.send({ url: `http://127.0.0.1:${port}`, key: KEY, clients, orders, run, network: NETWORK })
  })

/** Orders per second through HTTP, with events and outbox on and messages really dispatched. */
const throughHttp = async (storage: StorageLayer, clients: number, orders: number, run: string) => {
  const server = await startServer({
    storage,
    adapters: [consoleMessages({ write: () => undefined }, { id: "sms" })],
    port: 0,
    rate: false,
    log: () => undefined,
    keys: [{ text: KEY, role: "channel", channelId: "bench", label: "bench" }]
  })
  try {
    await load(server.port, clients, Math.ceil(orders / 4), `${run}-warm`)
    const result = await load(server.port, clients, orders, run)
    if (result.taken !== orders) throw new Error(`only ${result.taken} of ${orders} orders were taken: ${JSON.stringify(result)}`)
    return { perSecond: orders / result.seconds, p99: result.p99 }
  } finally {
    await server.close()
  }
}

const bench = async (
  store: string,
  reference: string,
  orders: number,
  open: () => StorageLayer,
  bare: () => Promise<number>
): Promise<void> => {
  const rates = new Map<number, Array<number>>([[8, []], [32, []]])
  const latencies = new Map<number, Array<number>>([[8, []], [32, []]])
  const references: Array<number> = []
  for (let round = 0; round < ROUNDS; round++) {
    references.push(await bare())
    for (const clients of [8, 32]) {
      const { perSecond, p99 } = await throughHttp(open(), clients, orders, `r${round}c${clients}`)
      rates.get(clients)!.push(perSecond)
      latencies.get(clients)!.push(p99)
      say(`${store} round ${round + 1}, ${clients} clients: ${perSecond.toFixed(0)} orders/s, p99 ${p99.toFixed(1)} ms; bare ${references.at(-1)!.toFixed(0)}`)
    }
  }
  for (const clients of [8, 32]) {
    const value = median(rates.get(clients)!)
    report({
      bench: "orders",
      store,
      case: `${clients} clients`,
      value,
      unit: "orders/s",
      reference,
      ratio: value / median(references),
      note: `p99 ${median(latencies.get(clients)!).toFixed(1)} ms; bare ${median(references).toFixed(0)}/s`
    })
  }
}

/** Two-line orders per second through HTTP against the bare database, one durable transaction per order (D35). */
export const run = async (args: ReadonlyArray<string>): Promise<void> => {
  const only = args[0]
  const directory = temporaryDirectory()
  try {
    const seeded = join(directory.path, "seeded.db")
    say("seeding…")
    const changes = await recordChanges(seeded, NETWORK, 4_000, seed)
    if (only !== "mariadb") {
      let copies = 0
      const copy = (): string => {
        const file = join(directory.path, `copy${copies++}.db`)
        copyFileSync(seeded, file)
        return file
      }
      await bench("sqlite", "bare better-sqlite3", 6_000, () => sqlite({ file: copy() }), async () => bareSqlite(copy(), changes))
    }
    if (only !== "sqlite") await onMariadb(changes)
  } finally {
    directory.remove()
  }
}

const onMariadb = async (changes: Awaited<ReturnType<typeof recordChanges>>): Promise<void> => {
  const database = await temporaryMariadb()
  const reference = await temporaryMariadb()
  if (database === undefined || reference === undefined) {
    say("MariaDB: SKIPPED, no server answers at TEST_MARIADB_URI")
    return
  }
  try {
    for (const { uri } of [database, reference]) {
      const server = await startServer({ storage: mariadb({ uri }), port: 0, log: () => undefined, jobs: false })
      await seed(server.hub, NETWORK)
      await server.close()
    }
    let rounds = 0
    await bench("mariadb", "bare mysql2", 2_000, () => mariadb({ uri: database.uri }), () =>
      bareMariadb(reference.uri, changes, rounds++))
  } finally {
    await database.drop()
    await reference.drop()
  }
}
