import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync, readSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { bareMariadbLoad, bareSqliteLoad } from "./support/bare-load.ts"
import { type ExchangeFiles, writeCatalogue, writeExchange, writeOffers } from "./support/commerceml.ts"
import { temporaryDirectory, temporaryMariadb } from "./support/databases.ts"
import { buildExpat, timeExpat, timeHtmlparser2 } from "./support/parsers.ts"
import { type PeerResult, peerNames } from "./support/peers.ts"
import { median, report, say } from "./support/report.ts"
import { SERVER_FLAGS } from "./support/server-flags.ts"
import type { SteadyJob } from "./support/steady-orders.ts"
import type { SyncServerJob } from "./support/sync-server.ts"

const SIZE = { products: 50_000, branches: 17 }
const KEY = "bench-key-of-this-process-only"
const PASSWORD = "bench-password"
const ORDERS = 200
const IDLE_SECONDS = 5
/** Milliseconds until a process that places orders, and the server that takes them, are as fast as they will be. */
const WARM = 1_000
const PIECE = 16 * 1024 * 1024
const ROUNDS = 3

const CONDITIONS = { execArgv: [...SERVER_FLAGS, "--expose-gc"] }

interface Stats {
  /** Milliseconds. */
  readonly loopMax: number
  /** Megabytes. */
  readonly rss: number
}

interface Steady {
  readonly all: number
  readonly refused: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
  readonly max: number
}

/** The hub's real server in a process of its own, spoken to over HTTP as 1C does. */
class Server {
  readonly #child: ChildProcess
  readonly #auth = `Basic ${Buffer.from(`1c:${PASSWORD}`).toString("base64")}`
  #port = 0

  constructor() {
    this.#child = fork(new URL("./support/sync-server.ts", import.meta.url), CONDITIONS)
  }

  get port(): number {
    return this.#port
  }

  async start(store: SyncServerJob["store"], folder: string): Promise<void> {
    mkdirSync(folder, { recursive: true })
    this.#child.send({ store, folder, branches: SIZE.branches, key: KEY, password: PASSWORD } satisfies SyncServerJob)
    this.#port = ((await once(this.#child, "message"))[0] as { port: number }).port
  }

  async stats(ask: "rest" | "stats"): Promise<Stats> {
    this.#child.send(ask)
    return (await once(this.#child, "message"))[0] as Stats
  }

  /** Lets the system forget the peak of the process's memory, and reads it. Megabytes. */
  forgetPeak(): void {
    writeFileSync(`/proc/${this.#child.pid}/clear_refs`, "5")
  }

  peak(): number {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, "utf8")
    return Number(/VmHWM:\s+(\d+)/u.exec(status)![1]) * 1024 / 1e6
  }

  cpu(): number {
    return cpuOf(this.#child.pid!)
  }

  async ask(query: string, body?: Uint8Array<ArrayBuffer>): Promise<string> {
    const init = body === undefined ? {} : { method: "POST", body }
    const answer = await fetch(`http://127.0.0.1:${this.#port}/exchange/1c?type=catalog&${query}`, {
      ...init,
      headers: { authorization: this.#auth }
    })
    return answer.text()
  }

  /** Sends a file in portions; after that it lies on the server's disk. */
  async upload(path: string, name: string): Promise<void> {
    const handle = openSync(path, "r")
    const { size } = fstatSync(handle)
    for (let at = 0; at < size; at += PIECE) {
      const piece = new Uint8Array(Math.min(PIECE, size - at))
      readSync(handle, piece, 0, piece.length, at)
      await this.#sure(this.ask(`mode=file&filename=${name}`, piece))
    }
    closeSync(handle)
  }

  /** Asks until it is done, as 1C does; the server holds each answer. */
  async import(name: string): Promise<void> {
    for (;;) {
      const answer = await this.ask(`mode=import&filename=${name}`)
      if (!answer.startsWith("progress")) return this.#sure(Promise.resolve(answer))
    }
  }

  async close(): Promise<void> {
    this.#child.send("close")
    await once(this.#child, "exit")
  }

  async #sure(answer: Promise<string>): Promise<void> {
    const text = await answer
    if (text !== "success") throw new Error(`the server answered: ${text}`)
  }
}

/** Seconds of processor time, of all threads, the system's share with them. */
const cpuOf = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
  // Behind the name, which may hold anything: utime and stime, in ticks of 10 ms.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  return (Number(fields[11]) + Number(fields[12])) / 100
}

interface Timed {
  readonly upload: number
  /** From the question for the first import, the files lying on the server's disk, to the answer of the last. */
  readonly seconds: number
  /** Processor time of the server's whole process in that time, the compilers' and collectors' threads with it. */
  readonly cpu: number
}

/** A whole exchange as 1C has it: all files of a portion, then one import after the other. Seconds. */
const exchange = async (server: Server, files: ReadonlyArray<readonly [name: string, path: string]>): Promise<Timed> => {
  await server.ask("mode=init")
  const started = performance.now()
  for (const [name, path] of files) await server.upload(path, name)
  const sent = performance.now()
  const used = server.cpu()
  for (const [name] of files) await server.import(name)
  return { upload: (sent - started) / 1000, seconds: (performance.now() - sent) / 1000, cpu: server.cpu() - used }
}

const filesOf = ({ rests, prices }: ExchangeFiles) => [["rests0_1.xml", rests], ["prices0_1.xml", prices]] as const

const steadyOrders = (server: Server, run: string) => {
  const child = fork(new URL("./support/steady-orders.ts", import.meta.url), CONDITIONS)
  child.send({ port: server.port, key: KEY, perSecond: ORDERS, run, warm: WARM, ...SIZE } satisfies SteadyJob)
  return {
    stop: async (): Promise<Steady> => {
      child.send("stop")
      return (await once(child, "message"))[0] as Steady
    }
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

interface References {
  readonly expat: ReadonlyArray<number>
  readonly expatCpu: ReadonlyArray<number>
  readonly htmlparser2: ReadonlyArray<number>
  readonly bare: ReadonlyArray<number>
}

interface Measured extends Timed {
  readonly peak: number
  readonly loopMax: number
}

const measured = async (server: Server, files: ExchangeFiles): Promise<Measured> => {
  const idle = await server.stats("rest")
  server.forgetPeak()
  const timed = await exchange(server, filesOf(files))
  return { ...timed, peak: server.peak() - idle.rss, loopMax: (await server.stats("stats")).loopMax }
}

const tell = (store: string, name: string, runs: ReadonlyArray<Measured>, references: References, rows: number, more = ""): void => {
  const value = median(runs.map(({ seconds }) => seconds))
  const cpu = median(runs.map((run) => run.cpu))
  const ratioTo = (times: ReadonlyArray<number>): string => (times.length === 0 ? "none" : (value / median(times)).toFixed(2))
  const worst = (pick: (run: Measured) => number): string => Math.max(...runs.map(pick)).toFixed(0)
  report({
    bench: "sync", store, case: name, value, unit: "s", cpu,
    ...(references.expatCpu.length > 0 && { cpuRatioToExpat: cpu / median(references.expatCpu) }),
    ...(references.expat.length === 0
      ? { reference: "bare load", ratio: value / median(references.bare) }
      : { reference: "C libexpat, parse only", ratio: value / median(references.expat) }),
    note: `${(2 * rows / value).toFixed(0)} rows/s; ratio to htmlparser2 ${ratioTo(references.htmlparser2)}, to the bare load ` +
      `${ratioTo(references.bare)}; upload ${median(runs.map(({ upload }) => upload)).toFixed(2)} s; peak over idle ` +
      `${worst(({ peak }) => peak)} MB; event loop max ${worst(({ loopMax }) => loopMax)} ms${more}`
  })
}

const bench = async (
  store: string,
  open: () => Promise<SyncServerJob["store"]>,
  folder: string,
  generations: ReadonlyArray<ExchangeFiles>,
  catalogue: string,
  expat: string | undefined,
  bare: () => Promise<number>
): Promise<void> => {
  const { rows } = generations[0]!
  const times = { expat: [] as Array<number>, expatCpu: [] as Array<number>, htmlparser2: [] as Array<number>, bare: [] as Array<number> }
  const refer = async (files: ExchangeFiles): Promise<void> => {
    if (expat !== undefined) {
      const { wall, cpu } = timeExpat(expat, [files.rests, files.prices])
      times.expat.push(wall / 1000)
      times.expatCpu.push(cpu / 1000)
    }
    times.htmlparser2.push(timeHtmlparser2([files.rests, files.prices]) / 1000)
    times.bare.push(await bare())
  }
  const server = new Server()
  await server.start(await open(), join(folder, `${store}-files`))
  await server.stats("rest")
  const goods = await exchange(server, [["import0_1.xml", catalogue]])
  report({
    bench: "sync", store, case: "catalogue of 50,000 products, first load", value: goods.seconds, unit: "s", cpu: goods.cpu,
    note: `event loop max ${(await server.stats("stats")).loopMax.toFixed(0)} ms`
  })
  const first = [await measured(server, generations[0]!)]
  const usual: Array<Measured> = []
  for (let round = 1; round <= ROUNDS; round++) {
    await refer(generations[round]!)
    usual.push(await measured(server, generations[round]!))
    say(`${store} usual run ${round}: ${JSON.stringify(usual.at(-1))}`)
  }
  const references: References = times
  tell(store, "first load", first, references, rows)
  tell(store, "usual run", usual, references, rows)
  if (store === "sqlite") await peers(server, folder)
  await withOrders(store, server, generations.slice(ROUNDS + 1), references, rows)
  await server.close()
}

const withOrders = async (
  store: string, server: Server, generations: ReadonlyArray<ExchangeFiles>, references: References, rows: number
): Promise<void> => {
  const warming = steadyOrders(server, "warm")
  await pause(3 * WARM)
  await warming.stop()
  const quiet = steadyOrders(server, "idle")
  await pause(WARM + IDLE_SECONDS * 1000)
  const idle = await quiet.stop()
  const runs: Array<Measured> = []
  const during: Array<Steady> = []
  for (const [i, files] of generations.entries()) {
    await server.ask("mode=init")
    for (const [name, path] of filesOf(files)) await server.upload(path, name)
    const resting = await server.stats("rest")
    server.forgetPeak()
    const orders = steadyOrders(server, `during${i}`)
    await pause(WARM)
    await server.stats("rest")
    const [started, used] = [performance.now(), server.cpu()]
    for (const [name] of filesOf(files)) await server.import(name)
    const [seconds, cpu] = [(performance.now() - started) / 1000, server.cpu() - used]
    const { loopMax } = await server.stats("stats")
    during.push(await orders.stop())
    runs.push({ upload: 0, seconds, cpu, loopMax, peak: server.peak() - resting.rss })
  }
  const p99 = median(during.map((steady) => steady.p99))
  const refused = during.reduce((sum, steady) => sum + steady.refused, 0)
  const all = during.reduce((sum, steady) => sum + steady.all, 0)
  tell(store, `usual run, ${ORDERS} orders/s meanwhile`, runs, references, rows,
    `; order p50 ${idle.p50.toFixed(1)} / p99 ${idle.p99.toFixed(1)} ms idle, ` +
    `${median(during.map((steady) => steady.p50)).toFixed(1)} / ${p99.toFixed(1)} ms during (max ` +
    `${Math.max(...during.map((steady) => steady.max)).toFixed(0)}); ${refused} of ${all} orders not placed`)
}

const PEER_PRODUCTS = 20_000

/** What others need only to read the rows of one file into memory, beside our whole import of it, committed. */
const peers = async (server: Server, folder: string): Promise<void> => {
  const path = join(folder, "offers.xml")
  const rows = writeOffers(path, { ...SIZE, products: PEER_PRODUCTS })
  await exchange(server, [["offers0_1.xml", path]])
  const ours = (await exchange(server, [["offers0_1.xml", path]])).seconds
  report({ bench: "sync", store: "sqlite", case: `offers.xml of ${rows} rows, imported again`, value: ours, unit: "s" })
  for (const name of peerNames) {
    const child = fork(new URL("./support/peers.ts", import.meta.url), { execArgv: ["--conditions=@aptekit/source"] })
    child.send({ name, path })
    const { seconds, peak, ...found } = (await once(child, "message"))[0] as PeerResult
    report({
      bench: "sync", store: "sqlite", case: "only read into memory", value: seconds, unit: "s", reference: name, ratio: ours / seconds,
      note: `peak ${peak.toFixed(0)} MB; ${found.rows === rows ? "all rows" : `${found.rows} of ${rows} rows`}`
    })
  }
}

/** Two CommerceML files of 669,000 rows each, through the real server (its own process) over HTTP. */
export const run = async (args: ReadonlyArray<string>): Promise<void> => {
  const directory = temporaryDirectory()
  try {
    say("writing the files of six exchanges, 330 MB each…")
    const times = ["09:00", "10:00", "11:00", "12:00", "13:00", "14:00"]
    const generations = times.map((time, i) => writeExchange(directory.path, SIZE, i, `2026-11-20T${time}:00`))
    const catalogue = join(directory.path, "import.xml")
    writeCatalogue(catalogue, SIZE.products, 0)
    const expat = buildExpat(directory.path)
    if (expat === undefined) say("libexpat: SKIPPED, no cc or no libexpat1-dev here; its ratio is left out")
    const { rows } = generations[0]!
    if (args[0] !== "mariadb") {
      const file = join(directory.path, "hub.db")
      await bench("sqlite", async () => ({ file }), directory.path, generations, catalogue, expat,
        async () => bareSqliteLoad(directory.path, rows))
    }
    if (args[0] !== "sqlite") await onMariadb(directory.path, generations, catalogue, expat, rows)
  } finally {
    directory.remove()
  }
}

const onMariadb = async (
  folder: string, generations: ReadonlyArray<ExchangeFiles>, catalogue: string, expat: string | undefined, rows: number
): Promise<void> => {
  const database = await temporaryMariadb()
  const reference = await temporaryMariadb()
  if (database === undefined || reference === undefined) {
    say("MariaDB: SKIPPED, no server answers at TEST_MARIADB_URI")
    return
  }
  try {
    await bench("mariadb", async () => ({ uri: database.uri }), folder, generations, catalogue, expat,
      () => bareMariadbLoad(reference.uri, rows))
  } finally {
    await database.drop()
    await reference.drop()
  }
}
