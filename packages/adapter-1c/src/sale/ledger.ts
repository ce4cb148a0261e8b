import { existsSync, readFileSync } from "node:fs"
import { mkdir, open, rename } from "node:fs/promises"
import { join } from "node:path"
import { syncFolder } from "../spool/journal.ts"

export interface Offered {
  readonly orderId: string
  readonly version: number
}

/** What one session was last answered to mode=query, until it is confirmed. */
export interface Offer {
  readonly turn: string
  readonly at: number
  readonly orders: ReadonlyArray<Offered>
  /** Numbers of its parts that have ended: nothing more will be told of them. */
  readonly ended: ReadonlyArray<string>
  /** The whole answer left us. */
  readonly delivered: boolean
}

/** What is remembered of a part that 1C may have. */
export interface PartMemory {
  readonly fulfilmentId: string
  readonly at: number
  /** 1C's own id of the document. */
  readonly documentId: string | null
  /** 1C has approved it: УТ takes no more changes (fact 53). */
  readonly approved: boolean
}

export interface LedgerState {
  /** Orders of the next offer. */
  size: number
  /** Unconfirmed offers at this size. */
  failures: number
  /** A batch failed and the order that does it is being looked for. */
  searching: boolean
  offers: ReadonlyArray<Offer>
  /** Unconfirmed offers of an order alone. */
  alone: Readonly<Record<string, number>>
  /** An order was put aside, and nothing was confirmed since: it may not be the order. */
  accused: boolean
  /** 1C asks and never confirms; told once. */
  stalled: boolean
}

const FILE = "orders.json"
const KEPT_OFFERS = 10
const KEPT_PART_MS = 180 * 24 * 3_600_000

const EMPTY: LedgerState = {
  size: 0,
  failures: 0,
  searching: false,
  offers: [],
  alone: {},
  accused: false,
  stalled: false
}

interface Saved extends LedgerState {
  readonly parts: Readonly<Record<string, PartMemory>>
}

const read = (path: string): Saved => {
  const nothing = { ...EMPTY, parts: {} }
  if (!existsSync(path)) return nothing
  try {
    return { ...nothing, ...JSON.parse(readFileSync(path, "utf8")) as Saved }
  } catch {
    // It is replaced whole, so this is no crash of ours. Without it orders are offered again, under their numbers.
    return nothing
  }
}

/** What 1C was offered and what is known of its documents: on disk before an answer leaves. */
export class Ledger {
  readonly #folder: string
  readonly state: LedgerState
  /** By number. */
  readonly #parts: Map<string, PartMemory>
  /** Our id of a part, and 1C's id of its document → number. */
  readonly #numbers = new Map<string, string>()
  #writing: Promise<void> = Promise.resolve()

  constructor(folder: string) {
    this.#folder = folder
    const { parts, ...state } = read(join(folder, FILE))
    this.state = state
    this.#parts = new Map(Object.entries(parts))
    for (const [number, part] of this.#parts) this.#index(number, part)
  }

  get parts(): ReadonlyMap<string, PartMemory> {
    return this.#parts
  }

  offerOf(turn: string): Offer | undefined {
    return this.state.offers.find((offer) => offer.turn === turn)
  }

  /** The last offer of a session replaces the one before. */
  addOffer(offer: Offer): void {
    const others = this.state.offers.filter(({ turn }) => turn !== offer.turn)
    this.state.offers = [...others, offer].slice(-KEPT_OFFERS)
  }

  /** An order that was put aside is in no offer any more: whoever confirms one does not mean it. */
  withdraw(order: string): void {
    this.state.offers = this.state.offers.flatMap((offer) => {
      const orders = offer.orders.filter(({ orderId }) => orderId !== order)
      return orders.length === 0 ? [] : [{ ...offer, orders }]
    })
  }

  remember(number: string, known: Partial<PartMemory> & { readonly fulfilmentId: string; readonly at: number }): void {
    const part = { documentId: null, approved: false, ...this.#parts.get(number), ...known }
    this.#parts.set(number, part)
    this.#index(number, part)
  }

  forget(number: string): void {
    const part = this.#parts.get(number)
    if (part === undefined) return
    this.#parts.delete(number)
    this.#numbers.delete(part.fulfilmentId)
    if (part.documentId !== null) this.#numbers.delete(part.documentId)
  }

  /** The number under which a document's id is known: ours or the one 1C gave. */
  numberOf(id: string): string | undefined {
    return this.#numbers.get(id)
  }

  /** Resolves when what is remembered now is on disk. */
  save(now: number): Promise<void> {
    for (const [number, { at }] of this.#parts) if (now - at >= KEPT_PART_MS) this.forget(number)
    const text = JSON.stringify({ ...this.state, parts: Object.fromEntries(this.#parts) } satisfies Saved)
    this.#writing = this.#writing.catch(() => undefined).then(() => this.#write(text))
    return this.#writing
  }

  #index(number: string, { fulfilmentId, documentId }: PartMemory): void {
    this.#numbers.set(fulfilmentId, number)
    if (documentId !== null) this.#numbers.set(documentId, number)
  }

  async #write(text: string): Promise<void> {
    await mkdir(this.#folder, { recursive: true })
    const path = join(this.#folder, FILE)
    const handle = await open(`${path}.new`, "w")
    try {
      await handle.writeFile(text)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(`${path}.new`, path)
    await syncFolder(this.#folder)
  }
}
