import { readFile, stat } from "node:fs/promises"
import { setImmediate } from "node:timers/promises"
import type { Fulfilment, SyncRun, PulledOrder, FactResult, PartFact, InboundHub } from "@aptekit/core"
import { type BackDocument, type BackFile, NotOrders, readDocuments, readOneByOne } from "../documents/read.ts"
import { ExchangeFailure } from "../failure.ts"
import type { ImportFile, ImportWatch } from "../import/importer.ts"
import { asOf } from "../import/formed-at.ts"
import { Notes } from "../import/notes.ts"
import { CommerceMlError } from "../cml/error.ts"
import { XmlError } from "../xml/error.ts"
import { BackCases } from "./back-cases.ts"
import { readLines } from "./back-lines.ts"
import { digitsOf, numberOf } from "./compose.ts"
import type { Ledger } from "./ledger.ts"
import { theirLines } from "./seen.ts"
import type { OrdersConfig } from "./settings.ts"
import { isOrder, type Verdict, verdictOf } from "./verdict.ts"
import type { Wording } from "./words.ts"

/** Some twenty thousand orders. */
const MAX_FILE = 64 * 1024 * 1024
/** Larger files are read document by document, with room for other work in between. */
const LARGE = 512 * 1024
const PAUSE_EVERY = 64 * 1024
const SLICE = 200
/** Errors whose text is for the administrator of 1C. */
const BAD_FILE = [XmlError, CommerceMlError, NotOrders]
/** Longer ones are certainly not ours. */
const MAX_NUMBER = 50

export interface BackParts {
  readonly config: OrdersConfig
  readonly zone: string
  readonly hub: InboundHub
  readonly ledger: Ledger
  readonly wording: Wording
  readonly now: () => number
}

interface Batch {
  readonly documents: ReadonlyArray<BackDocument>
  readonly percent: number
}

/** A document and the part of ours that it speaks of. */
interface Matched {
  readonly document: BackDocument
  readonly number: string
  readonly pulled: PulledOrder
  readonly part: Fulfilment
  readonly left: boolean
}

const TAKEN_BACK: ReadonlyArray<Fulfilment["status"]> = ["cancelled", "expired"]
const ENDED: ReadonlyArray<Fulfilment["status"]> = [...TAKEN_BACK, "closed"]

/** Reads the orders that 1C sends back (facts 59–64) and hands what they say to the hub as facts (D7). */
export class OrderImporter {
  readonly #parts: BackParts
  readonly #cases: BackCases

  constructor(parts: BackParts) {
    this.#parts = parts
    this.#cases = new BackCases(parts)
  }

  /**
   * The same file again changes nothing, so an import that was cut off anywhere is simply done again.
   * @throws ExchangeFailure file-bad, with a failed run for the exchange log
   */
  async run(file: ImportFile, { signal, progress }: ImportWatch): Promise<SyncRun> {
    const { hub, ledger, now } = this.#parts
    const notes = new Notes()
    const tally = { applied: 0, known: 0, recorded: 0 }
    for await (const { documents, percent } of this.#read(file, notes)) {
      if (signal.aborted) throw new ExchangeFailure("stopping", "Хаб перезапускается. Загрузка продолжится сама.")
      const results = await ledger.exclusive(async () => {
        const results = await this.#slice(documents, file, notes)
        await ledger.save(now())
        return results
      })
      for (const { outcome } of results) if (outcome !== "unknownOrder") tally[outcome]++
      progress(percent)
    }
    const run = await hub.stock.openRun(file.name)
    await notes.tell(run)
    return run.finish({ ...notes.counts(), changed: tally.applied, unchanged: tally.known, parked: tally.recorded })
  }

  async *#read(file: ImportFile, notes: Notes): AsyncGenerator<Batch> {
    const { size } = await stat(file.path)
    if (size > MAX_FILE) {
      await this.#refuse(file, `Файл заказов больше ${MAX_FILE} байт. Уменьшите период выгрузки заказов в 1С.`)
    }
    const bytes = await readFile(file.path)
    if (size > LARGE) return yield* this.#readLarge(file, bytes, notes)
    const { documents, broken } = await this.#readSmall(file, bytes)
    for (const { line, reason } of broken) notes.reject(line, reason)
    for (let at = 0; at < documents.length; at += SLICE) {
      yield { documents: documents.slice(at, at + SLICE), percent: Math.floor(100 * at / documents.length) }
    }
  }

  async #readSmall(file: ImportFile, bytes: Uint8Array): Promise<BackFile> {
    try {
      return readDocuments(bytes)
    } catch (error) {
      if (!BAD_FILE.some((kind) => error instanceof kind)) throw error
      return this.#refuse(file, (error as Error).message, error)
    }
  }

  async *#readLarge(file: ImportFile, bytes: Uint8Array, notes: Notes): AsyncGenerator<Batch> {
    let documents: Array<BackDocument> = []
    let [found, paused] = [0, 0]
    for (const { document, broken, end } of readOneByOne(bytes)) {
      if (broken !== undefined) notes.reject(broken.line, broken.reason)
      if (document !== undefined) found = documents.push(document)
      if (documents.length === SLICE) {
        yield { documents, percent: Math.floor(100 * end / bytes.length) }
        documents = []
      }
      if (end - paused < PAUSE_EVERY) continue
      paused = end
      await setImmediate()
    }
    if (found === 0) await this.#refuse(file, "В нём нет ни одного целого документа. Выгрузите заказы из 1С ещё раз.")
    if (documents.length > 0) yield { documents, percent: 100 }
  }

  async #refuse(file: ImportFile, reason: string, cause?: unknown): Promise<never> {
    const message = `Файл «${file.name}» не загружен, ничего не изменено. ${reason}`
    const run = await this.#parts.hub.stock.openRun(file.name)
    await run.abort(message)
    throw new ExchangeFailure("file-bad", message, { cause })
  }

  async #slice(
    documents: ReadonlyArray<BackDocument>,
    file: ImportFile,
    notes: Notes
  ): Promise<ReadonlyArray<FactResult>> {
    const { hub } = this.#parts
    const matched = await this.#match(documents.filter(isOrder), notes)
    const links = await this.#links(matched)
    const facts: Array<PartFact> = []
    for (const each of matched) {
      const fact = await this.#judge(each, file, notes, links)
      if (fact !== undefined) facts.push(fact)
    }
    if (facts.length === 0) return []
    const results = await hub.orders.facts(facts)
    await this.#cases.noteEnded(facts)
    const lines = new Map(matched.map(({ number, document }) => [number, document.line]))
    for (const { number, outcome, detail } of results) {
      if (outcome === "recorded") notes.remark(lines.get(number) ?? 0, `заказ ${number}: ${detail}`)
    }
    return results
  }

  /** By the number first, then by the id (R7). */
  async #match(documents: ReadonlyArray<BackDocument>, notes: Notes): Promise<ReadonlyArray<Matched>> {
    const { hub, ledger } = this.#parts
    const guess = ({ number, id }: BackDocument): ReadonlyArray<string> =>
      [number ?? "", id === null ? "" : ledger.numberOf(id) ?? ""].filter((text) => text !== "" && text.length <= MAX_NUMBER)
    const numbers = [...new Set(documents.flatMap(guess))]
    const orders = numbers.length === 0 ? [] : await hub.orders.byNumbers(numbers)
    const parts = new Map<string, Pick<Matched, "pulled" | "part" | "left">>(orders.flatMap((pulled) => [
      ...pulled.left.map((part) => [numberOf(pulled.order, part), { pulled, part, left: true }] as const),
      ...pulled.parts.map((part) => [numberOf(pulled.order, part), { pulled, part, left: false }] as const)
    ]))
    const matched: Array<Matched> = []
    for (const document of documents) {
      const number = guess(document).find((text) => parts.has(text))
      if (number !== undefined) matched.push({ document, number, ...parts.get(number)! })
      else if (!await this.#cases.ofLeft(document, guess(document), this.#verdict(document, "cancelled"))) {
        const shown = document.number ?? document.id ?? "без номера"
        notes.remark(document.line, `заказ ${shown.slice(0, 50)}: у хаба нет такого заказа в филиалах этого соединения.`)
      }
    }
    return matched
  }

  /** All of the connection's goods only where a document names some that the order has not. */
  async #links(matched: ReadonlyArray<Matched>): Promise<ReadonlyMap<string, string>> {
    const isNew = matched.some(({ document, pulled }) => {
      const own = new Set(pulled.externalIds.values())
      return document.lines.some(({ id, service }) => !service && id !== null && !own.has(id))
    })
    return isNew ? this.#parts.hub.catalogue.links() : new Map()
  }

  #verdict(document: BackDocument, now: Fulfilment["status"]): Verdict {
    const { wording, config } = this.#parts
    return verdictOf(document, now, { wording, shipped: config.shipped })
  }

  async #judge(
    { document, number, pulled, part, left }: Matched,
    file: ImportFile,
    notes: Notes,
    links: ReadonlyMap<string, string>
  ): Promise<PartFact | undefined> {
    const { config, ledger, zone, now } = this.#parts
    const verdict = this.#verdict(document, left ? "cancelled" : part.status)
    for (const remark of verdict.remarks) notes.remark(document.line, `заказ ${number}: ${remark}`)
    const services = new Set(["ORDER_DELIVERY", ...(config.delivery === undefined ? [] : [config.delivery.id])])
    const { lines, remarks } = readLines(document, { pulled, links, services, digits: digitsOf(pulled.order.currency) })
    for (const { line, reason } of remarks) notes.remark(line, `заказ ${number}: ${reason}`)
    if (!left && !ENDED.includes(part.status)) {
      const memory = ledger.parts.get(number)
      const theirs = lines === null ? memory?.theirs ?? null : theirLines(part, lines)
      const documentId = document.id ?? memory?.documentId ?? null
      const entered = memory === undefined ? {} : await this.#cases.entered(pulled.order, part, memory, theirs)
      ledger.remember(number, { fulfilmentId: part.id, at: now(), documentId, approved: verdict.approved, theirs, ...entered })
    }
    // Goods that were sold are a fact all the same.
    if ((left || TAKEN_BACK.includes(part.status)) && verdict.state !== "sold") {
      await this.#cases.takenBack(part.id, number, verdict, document)
      return undefined
    }
    const at = verdict.at === null ? null : asOf(verdict.at, zone, file.sessionStartedAt)
    // The hub knows a sale by this id. Some documents of a base come without one, so it is the number: null.
    return { number, documentId: null, at, state: verdict.state, lines, reason: reasonOf(verdict, document) }
  }
}

const reasonOf = ({ state }: Verdict, { requisites }: BackDocument): string | null => {
  if (state !== "cancelled") return null
  const title = requisites.get("номер по 1с")
  return title === undefined ? "cancelled in 1C" : `cancelled in 1C, document ${title}`
}
