import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type InboundRun, NO_COUNTS, Schema, type SyncRun, type InboundHub } from "@aptekit/core"
import { makeBranch, TEST_NOW } from "@aptekit/core/testing"
import { afterAll } from "vitest"
import type { OrderDialect } from "../../src/documents/model.ts"
import { parseTree, descendants, textAt, type XmlNode } from "../../src/documents/tree.ts"
import { OrderImporter } from "../../src/sale/back.ts"
import { WallClock } from "../../src/sale/clock.ts"
import { Composer } from "../../src/sale/compose.ts"
import { OrderDesk } from "../../src/sale/desk.ts"
import { Ledger } from "../../src/sale/ledger.ts"
import { Places } from "../../src/sale/places.ts"
import { OrdersConfig } from "../../src/sale/settings.ts"
import { Wording } from "../../src/sale/words.ts"
import { type FakeLane, GUIDS } from "./lane.ts"

export const ZONE = "Asia/Almaty"

const folders: Array<string> = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

export const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "aptekit-sale-"))
  folders.push(folder)
  return folder
}

export interface Runs {
  readonly told: Array<{ readonly line: number; readonly reason: string }>
  readonly ended: Array<SyncRun>
  /** The hub cannot note any. */
  broken?: boolean
}

export const runOf = (file: string, runs: Runs): InboundRun => {
  const end = async (over: Partial<SyncRun>, counts = NO_COUNTS): Promise<SyncRun> => {
    const run = { id: "run", connection: "1c", file, startedAt: 0, finishedAt: 0, counts, error: null, rejects: [...runs.told], ...over }
    runs.ended.push(run as SyncRun)
    return run as SyncRun
  }
  return {
    id: "run",
    write: async () => undefined,
    reject: async (rows: ReadonlyArray<{ readonly line: number; readonly reason: string }>) => void runs.told.push(...rows),
    finish: (extra) => end({ state: "done" }, { ...NO_COUNTS, ...extra }),
    abort: (error: string) => end({ state: "failed", error })
  } as Partial<InboundRun> as InboundRun
}

export interface Sale {
  readonly desk: OrderDesk
  readonly importer: OrderImporter
  readonly ledger: Ledger
  readonly runs: Runs
  /** Asked and read to the end. */
  readonly documents: (turn: string) => Promise<ReadonlyArray<XmlNode>>
  readonly numbers: (turn: string) => Promise<ReadonlyArray<string>>
}

/** Desk and importer over a lane in memory; opened again on the same folder it is the hub after a restart. */
export const openSale = async (
  lane: FakeLane,
  config: Partial<typeof OrdersConfig.Encoded> = {},
  options: { readonly folder?: string; readonly dialect?: OrderDialect; readonly now?: () => number } = {}
): Promise<Sale> => {
  const { folder = newFolder(), dialect = "ut", now = () => TEST_NOW } = options
  const runs: Runs = { told: [], ended: [] }
  const orders = Schema.decodeUnknownSync(OrdersConfig)(config)
  const hub = {
    catalogue: { links: async () => new Map(Object.entries(GUIDS).map(([product, guid]) => [guid, product])) },
    network: { links: async () => new Map([["w-north", "north"]]) },
    stock: { openRun: async (file: string) => {
      if (runs.broken === true) throw new Error("no database")
      return runOf(file, runs)
    } },
    files: { directory: folder },
    log: () => undefined,
    orders: lane
  } as unknown as InboundHub
  const wording = new Wording(orders)
  const clock = new WallClock(ZONE)
  const ledger = new Ledger(folder)
  const places = await Places.open({ warehouses: {}, total: "ignore" } as never, hub.network)
  const composer = new Composer({ config: orders, wording, clock, places, branches: () => [makeBranch("north")] })
  const desk = new OrderDesk({ config: orders, hub, ledger, composer, clock, now })
  const documents = async (turn: string): Promise<ReadonlyArray<XmlNode>> => {
    const answer = await desk.query(turn, dialect)
    await answer.delivered()
    return descendants(parseTree(answer.body), "Документ")
  }
  return {
    desk,
    ledger,
    runs,
    documents,
    importer: new OrderImporter({ config: orders, zone: ZONE, hub, ledger, wording, now }),
    numbers: async (turn) => (await documents(turn)).map((node) => textAt(node, "Номер") ?? "")
  }
}

/** A requisite of a document. */
export const requisite = (document: XmlNode, name: string): string | null =>
  descendants(document, "ЗначениеРеквизита").filter((pair) => textAt(pair, "Наименование") === name)
    .map((pair) => textAt(pair, "Значение")).at(-1) ?? null
