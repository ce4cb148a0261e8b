import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { ODATA_ROOT } from "@aptekit/adapter-1c/testing"
import { temporaryDirectory } from "./support/databases.ts"
import type { BareAnswer, BareJob } from "./support/odata-bare.ts"
import { type ODataBaseAnswer, PRICES, STOCK } from "./support/odata-base.ts"
import type { ODataHubJob, ODataReading } from "./support/odata-hub.ts"
import { median, report, say } from "./support/report.ts"
import { SERVER_FLAGS } from "./support/server-flags.ts"

const SIZE = { products: 50_000, branches: 17 }
const PAGE = 1000
const ROUNDS = 3
const STOCK_KEY = ["Номенклатура_Key", "Характеристика_Key", "Склад_Key", "Назначение_Key", "Помещение_Key"]
const PRICE_KEY = ["Номенклатура_Key", "Характеристика_Key", "ВидЦены_Key", "Упаковка_Key"]

const child = (module: string): ChildProcess =>
  fork(new URL(`./support/${module}.ts`, import.meta.url), {
    execArgv: [...SERVER_FLAGS, "--expose-gc"]
  })

const ask = async <A>(process: ChildProcess, message: unknown): Promise<A> => {
  process.send(message as object)
  return (await once(process, "message"))[0] as A
}

/** Seconds of processor time of all threads of a process, the system's share with them. */
const cpuOf = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
  // Behind the name, which may hold anything: utime and stime, in ticks of 10 ms.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  return (Number(fields[11]) + Number(fields[12])) / 100
}

/** Megabytes that it took at most since `clear_refs`. */
const peakOf = (pid: number): number =>
  Number(/VmHWM:\s+(\d+)/u.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]) * 1024 / 1e6

interface Measured extends ODataReading {
  readonly cpu: number
  /** Megabytes over idle. */
  readonly peak: number
}

const measured = async (hub: ChildProcess, kind: "catalogue" | "stock" | "prices"): Promise<Measured> => {
  const idle = await ask<number>(hub, "rest")
  writeFileSync(`/proc/${hub.pid}/clear_refs`, "5")
  const used = cpuOf(hub.pid!)
  const reading = await ask<ODataReading>(hub, kind)
  if (reading.state !== "done") throw new Error(`${kind}: ${reading.state}`)
  return { ...reading, cpu: cpuOf(hub.pid!) - used, peak: peakOf(hub.pid!) - idle }
}

interface Bare extends BareAnswer {
  readonly cpu: number
}

const bare = async (job: BareJob): Promise<Bare> => {
  const reader = child("odata-bare")
  const used = cpuOf(reader.pid!)
  const answer = await ask<BareAnswer>(reader, job)
  const cpu = cpuOf(reader.pid!) - used
  reader.kill()
  await once(reader, "exit")
  return { ...answer, cpu }
}

const tell = (name: string, runs: ReadonlyArray<Measured>, references: ReadonlyArray<Bare>, rows: number): void => {
  const seconds = median(runs.map((run) => run.seconds))
  const cpu = median(runs.map((run) => run.cpu))
  const worst = (pick: (run: Measured) => number): string => Math.max(...runs.map(pick)).toFixed(0)
  report({
    bench: "odata", store: "sqlite", case: name, value: seconds, unit: "s", cpu,
    ...(references.length > 0 && {
      reference: "fetch and JSON.parse alone",
      ratio: seconds / median(references.map((one) => one.seconds))
    }),
    note: `${(rows / seconds).toFixed(0)} rows/s; event loop max ${worst(({ loopMax }) => loopMax)} ms, of it ` +
      `${worst(({ heldMax }) => heldMax)} ms our own work; peak over idle ` +
      `${worst(({ peak }) => peak)} MB` +
      (references.length === 0 ? "" : `; processor time to the reference's ${(cpu / median(references.map((one) => one.cpu))).toFixed(2)}`)
  })
}

/** Stock and prices of 669,000 rows each, read by the hub's server process from a simulated base in a process of its own. */
export const run = async (args: ReadonlyArray<string>): Promise<void> => {
  const page = args[0] === undefined ? PAGE : Number(args[0])
  const directory = temporaryDirectory()
  try {
    const base = child("odata-base")
    const { port, login, password, rows } = await ask<ODataBaseAnswer>(base, SIZE)
    const url = `http://127.0.0.1:${port}${ODATA_ROOT}`
    const hub = child("odata-hub")
    const folder = join(directory.path, "files")
    await ask(hub, { file: join(directory.path, "hub.db"), folder, branches: SIZE.branches, url, login, password, page } satisfies ODataHubJob)
    const authorization = `Basic ${Buffer.from(`${login}:${password}`, "utf8").toString("base64")}`
    tell("catalogue of 50,000 products, first reading", [await measured(hub, "catalogue")], [], SIZE.products)
    const kinds = [["stock", STOCK, STOCK_KEY], ["prices", PRICES, PRICE_KEY]] as const
    for (const [kind] of kinds) tell(`${kind}, first reading`, [await measured(hub, kind)], [], rows)
    const runs = new Map<string, { readonly own: Array<Measured>; readonly bare: Array<Bare> }>(kinds.map(([kind]) => [kind, { own: [], bare: [] }]))
    for (let round = 1; round <= ROUNDS; round++) {
      await ask(base, "later")
      for (const [kind, path, key] of kinds) {
        const { own, bare: references } = runs.get(kind)!
        references.push(await bare({ url, authorization, path, key, page: page === 0 ? PAGE : page }))
        own.push(await measured(hub, kind))
        say(`${kind} ${round}: ${JSON.stringify(own.at(-1))}`)
      }
    }
    for (const [kind, { own, bare: references }] of runs) tell(`${kind}, usual reading, pages of ${page}`, own, references, rows)
    hub.send("close")
    await once(hub, "exit")
    base.kill()
  } finally {
    directory.remove()
  }
}
