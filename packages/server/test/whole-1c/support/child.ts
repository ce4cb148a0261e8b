import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Dialect, OneCClient, type OneCClientOptions } from "@aptekit/adapter-1c/testing"
import { createHub, Network } from "@aptekit/core"
import { makeChannel } from "@aptekit/core/testing"
import { Effect, Redacted } from "effect"
import { afterAll } from "vitest"
import { builtHub } from "../../../../../test/built-hub.ts"
import { openStorage } from "../../../src/storage.ts"
import { type Exit, type HubProcess, spawnHub } from "../../faults/support/hub.ts"
import { readerOf, type Read } from "./state.ts"

const PASSWORD = "a password of 1C"
const ADMIN = "key-of-an-administrator"

/** Where a hub lives on while its processes die. */
export interface Home {
  readonly dialect: Dialect
  readonly env: Readonly<Record<string, string>>
  /** The working folder: that of the connections' files with MariaDB. */
  readonly folder: string
}

const folders: Array<string> = []
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })))
const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "aptekit-whole-1c-"))
  folders.push(folder)
  return folder
}

/** One channel, so that prices have somebody to be for. */
const seed = async (storage: Parameters<typeof openStorage>[0]): Promise<void> => {
  const hub = await createHub({ storage: await openStorage(storage), jobs: false })
  const channels = [makeChannel("shop", { currency: "RUB" })]
  await hub.run(Effect.flatMap(Network, (network) => network.save({ channels })))
  await hub.close()
}

let empty: Promise<string> | undefined
const emptyFile = async (): Promise<string> => {
  const file = join(newFolder(), "empty.db")
  await seed({ kind: "sqlite", file })
  return file
}

export const sqliteHome = async (dialect: Dialect): Promise<Home> => {
  const source = await (empty ??= emptyFile())
  const folder = newFolder()
  for (const end of ["", "-wal", "-shm"]) if (existsSync(source + end)) copyFileSync(source + end, join(folder, `hub.db${end}`))
  return { dialect, folder, env: { ONE_C_FILE: join(folder, "hub.db") } }
}

export const mariadbHome = async (dialect: Dialect, uri: string): Promise<Home> => {
  await seed({ kind: "mariadb", uri: Redacted.make(uri) })
  return { dialect, folder: newFolder(), env: { APTEKIT_MARIADB_URI: uri } }
}

const faultFile = ({ folder }: Home): string => join(folder, "fault")

const optionsFor = (home: Home, fault: string | undefined) => ({
  partners: "",
  cwd: home.folder,
  env: {
    ...home.env,
    APTEKIT_CONFIG: builtHub("whole-1c"),
    ONE_C_PASSWORD: PASSWORD,
    ONE_C_DIALECT: home.dialect,
    ONE_C_FAULT: faultFile(home),
    APTEKIT_ADMIN_KEY: ADMIN
  },
  ...(fault === undefined ? {} : { fault })
})

type ClientOptions = Partial<Omit<OneCClientOptions, "url">>

/** A hub whose processes come and go; clients and readers find the one that lives. */
export class Life {
  readonly #home: Home
  #hub: HubProcess | undefined

  constructor(home: Home) {
    this.#home = home
  }

  get url(): string {
    if (this.#hub === undefined) throw new Error("no hub lives")
    return this.#hub.url()
  }

  /** Until it is healthy. `fault`: a point of the storage at which it kills itself. */
  async start(fault?: string): Promise<void> {
    // How soon it is healthy is measured by the fault tests: here many start in a row, on machines that do other things too.
    const hub = spawnHub(optionsFor(this.#home, fault))
    if (await hub.ready === null) throw new Error(`the hub did not start: ${hub.output()}`)
    this.#hub = hub
  }

  async kill(): Promise<void> {
    await this.#hub?.kill()
  }

  /** The process will kill itself at this point of the adapter's surface (`hub.config.ts`), or of the storage. */
  async arm(fault: string): Promise<void> {
    if (!/^(commit|slice|run)\./u.test(fault)) return writeFileSync(faultFile(this.#home), fault)
    await this.kill()
    await this.start(fault)
  }

  async restart(): Promise<void> {
    await this.kill()
    await this.start()
  }

  /** How the process ended that was to kill itself. */
  ended(): Promise<Exit> {
    return this.#hub!.exited
  }

  client(options: ClientOptions = {}, connection = "1c"): OneCClient {
    const address = (): string => `${this.url}/exchange/${connection}`
    return new OneCClient({
      login: "1c",
      password: PASSWORD,
      dialect: this.#home.dialect,
      ...options,
      // Asked at each request: the next process has another port.
      get url() {
        return address()
      }
    })
  }

  get read(): Read {
    return readerOf(() => this.url, ADMIN)
  }

  async post<A>(path: string, body: unknown): Promise<A> {
    const response = await fetch(`${this.url}/api/v1${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${ADMIN}`, "content-type": "application/json" },
      body: JSON.stringify(body)
    })
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    return await response.json() as A
  }
}
