import { once } from "node:events"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ODATA_ROOT, oneCODataSimulator, type ODataSimulator, smallBase } from "@aptekit/adapter-1c/testing"
import { createHub, Network } from "@aptekit/core"
import { makeBranch, makeChannel } from "@aptekit/core/testing"
import { Effect } from "effect"
import { afterAll } from "vitest"
import { builtHub } from "../../../../../test/built-hub.ts"
import { openStorage } from "../../../src/storage.ts"
import { type HubProcess, spawnHub, until } from "../../faults/support/hub.ts"
import { KEYS, serve } from "../../support/server.ts"
import { connectionTo } from "./odata.config.ts"
import { type Read, readerOf } from "./state.ts"

const ADMIN = "key-of-an-administrator"
const READINGS = ["OData: номенклатура", "OData: остатки", "OData: цены"]

const ends: Array<() => void> = []
afterAll(() => ends.forEach((end) => end()))

const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "aptekit-odata-life-"))
  ends.push(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const branches = [makeBranch("north", { saleSource: "erp" }), makeBranch("south")]
let empty: Promise<string> | undefined
const emptyFile = async (): Promise<string> => {
  const file = join(newFolder(), "empty.db")
  const hub = await createHub({ storage: await openStorage({ kind: "sqlite", file }), jobs: false })
  await hub.run(Effect.flatMap(Network, (network) => network.save({ branches, channels: [makeChannel("shop")] })))
  await hub.close()
  return file
}

export interface Run {
  readonly file: string
  readonly state: string
  readonly counts: { readonly new: number; readonly unchanged: number }
}

/** When the hub is killed: as a request comes to the base, or when the base has done it and has not answered. */
export interface WireKill {
  readonly when: "before" | "after"
  readonly method: string
  /** Part of the decoded address. */
  readonly path: string
}

/** A hub on a file of its own, and the base that it asks, served by this process. */
export class ODataLife {
  readonly base: ODataSimulator
  readonly #folder: string
  readonly #origin: string
  #hub: Pick<HubProcess, "url" | "kill" | "exited" | "output"> | undefined
  #kill: WireKill | null = null

  private constructor(base: ODataSimulator, folder: string, origin: string) {
    this.base = base
    this.#folder = folder
    this.#origin = origin
  }

  static async open(): Promise<ODataLife> {
    const [source, folder] = [await (empty ??= emptyFile()), newFolder()]
    for (const end of ["", "-wal", "-shm"]) if (existsSync(source + end)) copyFileSync(source + end, join(folder, `hub.db${end}`))
    const base = oneCODataSimulator({ tables: smallBase() })
    const server = createServer((incoming, outgoing) => void life.#answer(incoming, outgoing))
    server.listen(0, "127.0.0.1")
    await once(server, "listening")
    ends.push(() => {
      server.closeAllConnections()
      server.close()
    })
    const life = new ODataLife(base, folder, `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    return life
  }

  /** A hub in this process, which nobody kills. */
  async startCalm(): Promise<void> {
    const storage = await openStorage({ kind: "sqlite", file: join(this.#folder, "hub.db") })
    const { login, password } = this.base
    const server = await serve({
      storage, keys: [{ ...KEYS.admin, text: ADMIN }], directory: () => join(this.#folder, "files"), prepare: async () => undefined,
      adapters: [connectionTo({ url: `${this.#origin}${ODATA_ROOT}`, login, password })]
    })
    const exit = { code: 0, signal: null }
    const kill = () => server.close().then(() => exit)
    this.#hub = { url: () => server.url, kill, exited: Promise.resolve(exit), output: () => "" }
  }

  /** Until it is healthy; it is to be killed there, once. */
  async start(kill: WireKill | null = null): Promise<void> {
    this.#kill = kill
    const hub = spawnHub({
      partners: "",
      cwd: this.#folder,
      env: {
        ONE_C_FILE: join(this.#folder, "hub.db"), APTEKIT_CONFIG: builtHub("whole-1c-odata"), APTEKIT_ADMIN_KEY: ADMIN,
        ODATA_URL: `${this.#origin}${ODATA_ROOT}`, ODATA_LOGIN: this.base.login, ODATA_PASSWORD: this.base.password
      }
    })
    this.#hub = hub
    // It may be killed before it is healthy: what it reads it begins to read at its start.
    if (await hub.ready === null && kill === null) throw new Error(`the hub did not start: ${hub.output()}`)
  }

  /** A life that ends where it is told to. */
  async cutOff(kill: WireKill): Promise<void> {
    await this.start(kill)
    await this.ended()
  }

  async ended(): Promise<void> {
    const exit = await this.#hub!.exited
    if (exit.signal !== "SIGKILL") throw new Error(`it ended otherwise: ${JSON.stringify(exit)} ${this.#hub!.output()}`)
  }

  /** The next one is killed there; the hub lives on until then. */
  arm(kill: WireKill): void {
    this.#kill = kill
  }

  async kill(): Promise<void> {
    await this.#hub?.kill()
  }

  get read(): Read {
    return readerOf(() => this.#hub!.url(), ADMIN)
  }

  async runs(): Promise<ReadonlyArray<Run>> {
    return (await this.read<{ readonly items: ReadonlyArray<Run> }>("/sync-runs?limit=100")).items
  }

  /** Until all kinds have been read: a reading that was cut off is not done. */
  readAll(): Promise<unknown> {
    return until("all kinds are read", async () => {
      const done = (await this.runs()).filter(({ state }) => state === "done")
      return READINGS.every((file) => done.some((run) => run.file === file))
    })
  }

  async post<A>(path: string, body: unknown): Promise<A> {
    const response = await fetch(`${this.#hub!.url()}/api/v1${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${ADMIN}`, "content-type": "application/json" },
      body: JSON.stringify(body)
    })
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    return await response.json() as A
  }

  async #answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    try {
      const chunks: Array<Buffer> = []
      for await (const chunk of incoming) chunks.push(chunk as Buffer)
      const method = incoming.method ?? "GET"
      const request = new Request(`${this.#origin}${incoming.url}`, {
        method,
        headers: incoming.headers as Record<string, string>,
        ...(method === "GET" ? {} : { body: Buffer.concat(chunks) })
      })
      const due = this.#due(method, decodeURIComponent(incoming.url ?? ""))
      if (due === "before") return await this.kill()
      const response = await this.base.fetch(request)
      if (due === "after") await this.kill()
      outgoing.writeHead(response.status, [...response.headers].flat()).end(Buffer.from(await response.arrayBuffer()))
    } catch {
      outgoing.destroy()
    }
  }

  #due(method: string, path: string): WireKill["when"] | null {
    const kill = this.#kill
    if (kill === null || kill.method !== method || !path.includes(kill.path)) return null
    this.#kill = null
    return kill.when
  }
}
