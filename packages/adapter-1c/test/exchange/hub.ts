import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createHub, type Hub, Network, Storage, type StorageService, type SyncRun } from "@aptekit/core"
import { loadNetwork, makeBranch, makeChannel, memoryStorage } from "@aptekit/core/testing"
import { Effect } from "effect"
import { afterEach } from "vitest"
import { oneC } from "../../src/index.ts"

export const LOGIN = "обмен"
export const PASSWORD = "секрет-1С"

type Config = Partial<Parameters<typeof oneC>[0]>

export interface LogLine {
  readonly message: string
  readonly detail: Readonly<Record<string, unknown>>
}

export interface ExchangeHub {
  readonly hub: Hub
  readonly storage: StorageService
  readonly folder: string
  readonly log: ReadonlyArray<LogLine>
  /** The text of the answer. `auth: null`: without credentials. */
  readonly ask: (query: string, init?: RequestInit & { readonly auth?: string | null }) => Promise<string>
  readonly request: (query: string, init?: RequestInit & { readonly auth?: string | null }) => Promise<Response>
  /** One file in a session of its own; the last answer. */
  readonly send: (name: string, content: string | Uint8Array) => Promise<string>
  readonly lastRun: () => Promise<SyncRun>
  readonly runs: () => Promise<ReadonlyArray<SyncRun>>
  readonly close: () => Promise<void>
}

export const basic = (pair: string): string => `Basic ${Buffer.from(pair, "utf8").toString("base64")}`

const open: Array<() => Promise<void>> = []
const folders: Array<string> = []
afterEach(async () => {
  for (const close of open.splice(0)) await close()
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

const MOST_POLLS = 1000

/** A hub in memory with the branches `north` and `south` and a 1C connection; its files lie in a temporary folder. */
export const openExchange = async (
  config: Config = {},
  options: {
    readonly folder?: string
    readonly storage?: ReturnType<typeof memoryStorage>
    /** Other connections of the same hub. */
    readonly more?: ReadonlyArray<ReturnType<typeof oneC>>
  } = {}
): Promise<ExchangeHub> => {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), "aptekit-exchange-"))
  if (options.folder === undefined) folders.push(folder)
  const log: Array<LogLine> = []
  const hub = await createHub({
    storage: options.storage ?? memoryStorage(),
    jobs: false,
    adapters: [
      oneC({ login: LOGIN, password: PASSWORD, zone: "Asia/Almaty", pollDelayMs: 2_000, ...config }, { id: "1c" }),
      ...(options.more ?? [])
    ],
    host: { directory: (id) => (id === "1c" ? folder : join(folder, id)), log: (_, message, detail) => void log.push({ message, detail }) }
  })
  await hub.run(Effect.andThen(
    loadNetwork({
      branches: [makeBranch("north"), makeBranch("south")],
      channels: [makeChannel("shop")],
      products: [],
      policies: [],
      levels: [],
      prices: []
    }, 0),
    Effect.flatMap(Network, (network) => network.reload)
  ))
  const storage = await hub.run(Storage)
  const request: ExchangeHub["request"] = (query, { auth = basic(`${LOGIN}:${PASSWORD}`), ...init } = {}) => {
    const post = init.body == null ? {} : { method: "POST", duplex: "half" as const }
    const made = new Request(`http://hub/exchange/1c${query}`, { ...init, ...post })
    if (auth !== null) made.headers.set("authorization", auth)
    return hub.entrances.get("1c")!(made)
  }
  const ask: ExchangeHub["ask"] = async (query, init) => (await request(query, init)).text()
  const runs = async (): Promise<ReadonlyArray<SyncRun>> => (await hub.run(storage.stock.runs(100, undefined))).items
  let closed = false
  const close = async (): Promise<void> => {
    if (closed) return
    closed = true
    await hub.close()
  }
  open.push(close)
  return {
    hub,
    storage,
    folder,
    log,
    ask,
    request,
    runs,
    close,
    lastRun: async () => (await runs())[0]!,
    send: async (name, content) => {
      await ask("?type=catalog&mode=checkauth")
      await ask("?type=catalog&mode=init")
      const sent = await ask(`?type=catalog&mode=file&filename=${encodeURIComponent(name)}`, { body: content as string })
      return sent === "success" ? importOf(ask, name) : sent
    }
  }
}

/** Asks until the import has ended. */
export const importOf = async (ask: ExchangeHub["ask"], name: string): Promise<string> => {
  for (let poll = 0; poll < MOST_POLLS; poll++) {
    const answer = await ask(`?type=catalog&mode=import&filename=${encodeURIComponent(name)}`)
    if (!answer.startsWith("progress\n")) return answer
  }
  throw new Error(`the import of ${name} never ended`)
}

/** Units on hand, and the network's retail price. */
export const levelOf = ({ storage }: ExchangeHub, product: string, branch: string): number =>
  storage.stock.image.available(product as never, branch as never)
export const priceOf = ({ storage }: ExchangeHub, product: string, branch: string | null = null): number | null =>
  storage.stock.image.price("retail", product as never, branch as never)

/** CommerceML around these parts. */
export const documentOf = (content: string, formedAt = "2026-11-20T09:15:00"): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<КоммерческаяИнформация ВерсияСхемы="2.07" ДатаФормирования="${formedAt}">\n${content}\n` +
  "</КоммерческаяИнформация>"

export const goodsOf = (...goods: ReadonlyArray<string>): string =>
  documentOf(`<Каталог><Ид>1</Ид><Товары>\n${goods.join("\n")}\n</Товары></Каталог>`)

export const item = (id: string, more = `<Наименование>Товар ${id}</Наименование>`): string =>
  `<Товар><Ид>${id}</Ид>${more}</Товар>`

export const offersOf = (offers: ReadonlyArray<string>, head = "", formedAt?: string): string =>
  documentOf(`<ПакетПредложений>${head}<Предложения>\n${offers.join("\n")}\n</Предложения></ПакетПредложений>`, formedAt)

export const offer = (id: string, content: string): string => `<Предложение><Ид>${id}</Ид>${content}</Предложение>`
export const stockAt = (warehouse: string, quantity: string): string =>
  `<Склад ИдСклада="${warehouse}" КоличествоНаСкладе="${quantity}"/>`
export const priceAt = (type: string, amount: string, currency = "KZT"): string =>
  `<Цены><Цена><ИдТипаЦены>${type}</ИдТипаЦены><ЦенаЗаЕдиницу>${amount}</ЦенаЗаЕдиницу><Валюта>${currency}</Валюта></Цена></Цены>`
