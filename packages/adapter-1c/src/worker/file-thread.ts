import type { ImportBatch } from "@aptekit/core"
import { Ledger } from "./ledger.ts"
import type { DraftPage, Ops, ReadRequest, ReadResult, SortRequest, SortResult, ThreadData } from "./protocol.ts"
import { Packs } from "./packs.ts"
import { Reading } from "./reading.ts"
import { type Ledgers, Sorting } from "./sorting.ts"
import { Tables } from "./tables.ts"

/** Rows that may wait, of each kind. */
const MOST_PARKED = 500_000

/** What the thread does: one file at a time, asked for step by step. */
export class FileThread implements Ops {
  readonly #data: ThreadData
  readonly #progress: (percent: number) => void
  readonly #tables = new Tables()
  readonly #ledgers: Ledgers
  readonly #packs: Packs
  #reading: Reading | undefined
  #batches: Generator<ImportBatch, void, void> | undefined

  constructor(data: ThreadData, progress: (percent: number) => void) {
    this.#data = data
    this.#progress = progress
    const { offers, warehouses, priceTypes } = this.#tables
    this.#packs = new Packs(data.folder, offers)
    this.#ledgers = {
      parkedStock: new Ledger(data.folder, "parked-stock.bin", offers, warehouses, MOST_PARKED),
      parkedPrices: new Ledger(data.folder, "parked-prices.bin", offers, priceTypes, MOST_PARKED),
      shares: new Ledger(data.folder, "shares.bin", offers, warehouses)
    }
  }

  readonly learn = ({ ids, slots }: { readonly ids: ReadonlyArray<string>; readonly slots: Int32Array }): null => {
    for (const [i, id] of ids.entries()) this.#tables.setSlot(this.#tables.offers.add(id), slots[i]!)
    return null
  }

  readonly read = (request: ReadRequest): ReadResult => {
    this.#reading = new Reading(request, this.#tables, this.#packs, this.#data)
    return this.#reading.read(request.path, this.#progress)
  }

  readonly drafts = (most: number): DraftPage => this.#open().drafts.take(most)

  readonly rewind = (): null => {
    this.#open().drafts.rewind()
    return null
  }

  readonly sort = (request: SortRequest): SortResult => {
    const sorting = new Sorting(this.#tables, this.#open(), this.#ledgers, request, this.#data.noPrice)
    const result = sorting.sort()
    this.#batches = sorting.batches()
    return result
  }

  readonly next = (): ImportBatch | undefined => this.#batches?.next().value ?? undefined

  readonly commit = (): null => {
    for (const ledger of Object.values(this.#ledgers)) (ledger as Ledger).save()
    this.#packs.save()
    return null
  }

  readonly forget = (): null => {
    this.#reading?.drafts.close()
    this.#reading = undefined
    this.#batches = undefined
    return null
  }

  #open(): Reading {
    if (this.#reading === undefined) throw new Error("no file has been read")
    return this.#reading
  }
}
