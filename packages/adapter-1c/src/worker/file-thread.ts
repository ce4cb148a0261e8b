import { statSync } from "node:fs"
import { isDeepStrictEqual } from "node:util"
import type { ImportBatch } from "@aptekit/core"
import { type Homes, sameHomes, type Settings, settingsOf, sharedOf } from "./homes.ts"
import { Ledger } from "./ledger.ts"
import { dropWaiting, Moving } from "./moving.ts"
import {
  type DraftPage, type Move, type Moved, type Ops, type ReadRequest, type ReadResult, type Route, type SortRequest, type SortResult,
  type ThreadData
} from "./protocol.ts"
import { FilePacks, Packs } from "./packs.ts"
import { Reading } from "./reading.ts"
import { type Ledgers, Sorting } from "./sorting.ts"
import { Tables } from "./tables.ts"

/** Rows that may wait, of each kind. */
const MOST_PARKED = 500_000

/** Kept with the ledger of what has moved. */
interface Counted {
  readonly homes: Readonly<Record<string, number>>
  readonly movedAt: ReadonlyArray<readonly [branch: number, asOf: number]>
  /** Of these it is not on disk yet that nothing of them waits. */
  readonly dropping: ReadonlyArray<string>
}

/** A file that was read before it was asked for. */
interface Ahead {
  readonly request: ReadRequest
  readonly file: string
  readonly reading: Reading
  readonly result: ReadResult
}

/** Tells a file from what it was before a further piece came. */
const fingerprint = (path: string): string => {
  const { size, mtimeMs } = statSync(path)
  return `${size} ${mtimeMs}`
}

/** What the thread does: one file at a time, asked for step by step, and the next one read while its rows are written. */
export class FileThread implements Ops {
  readonly #data: ThreadData
  readonly #progress: (percent: number) => void
  readonly #tables = new Tables()
  readonly #ledgers: Ledgers
  readonly #packs: Packs
  #homes: Homes
  /** Branch → up to when its stock was counted anew when its warehouses changed. */
  readonly #movedAt: Map<number, number>
  #dropping: ReadonlyArray<string>
  #settings: Settings | undefined
  #reading: Reading | undefined
  #ahead: Ahead | undefined
  /** Of files that have been read: what two at once keep on disk has different names. */
  #read = 0
  #batches: Generator<ImportBatch, void, void> | undefined

  constructor(data: ThreadData, progress: (percent: number) => void) {
    this.#data = data
    this.#progress = progress
    const { offers, warehouses, priceTypes, branches } = this.#tables
    this.#packs = new Packs(data.folder)
    this.#ledgers = {
      shares: new Ledger(data.folder, "shares.bin", offers, warehouses),
      parkedStock: new Ledger(data.folder, "parked-stock.bin", offers, warehouses, MOST_PARKED),
      parkedPrices: new Ledger(data.folder, "parked-prices.bin", offers, priceTypes, MOST_PARKED),
      moved: new Ledger(data.folder, "moved.bin", offers, branches)
    }
    const known = this.#ledgers.moved.note as Counted | undefined
    this.#homes = new Map(Object.entries(known?.homes ?? {}))
    this.#movedAt = new Map(known?.movedAt)
    this.#dropping = known?.dropping ?? []
    // Also those that no file names any more: their shares count.
    for (const warehouse of this.#homes.keys()) warehouses.add(warehouse)
  }

  readonly learn = ({ ids, slots }: { readonly ids: ReadonlyArray<string>; readonly slots: Int32Array }): null => {
    for (const [i, id] of ids.entries()) this.#tables.setSlot(this.#tables.offers.add(id), slots[i]!)
    return null
  }

  readonly read = (request: ReadRequest): ReadResult => {
    const ahead = this.#takeAhead()
    if (ahead !== undefined && isDeepStrictEqual(ahead.request, request) && ahead.file === fingerprint(request.path)) {
      this.#reading = ahead.reading
      return ahead.result
    }
    ahead?.reading.close()
    this.#reading = this.#begin(request, this.#packs)
    return this.#reading.read(request.path, this.#progress)
  }

  /** On top of the file that is being applied: what that one says of packs holds for this one. */
  readonly ahead = (request: ReadRequest): null => {
    this.#takeAhead()?.reading.close()
    const file = fingerprint(request.path)
    const reading = this.#begin(request, this.#reading?.packs ?? this.#packs)
    try {
      this.#ahead = { request, file, reading, result: reading.read(request.path, () => undefined) }
    } catch {
      // Asked for, it is read again and says what is wrong.
      reading.close()
    }
    return null
  }

  readonly drafts = (most: number): DraftPage => this.#open().drafts.take(most)

  readonly rewind = (): null => {
    this.#open().drafts.rewind()
    return null
  }

  readonly route = (routes: ReadonlyArray<Route>): ReadonlyArray<number> => {
    this.#drop()
    this.#settings = settingsOf(this.#homes, routes)
    const { homes, branches } = this.#settings
    if (branches.length === 0) this.#settle(homes)
    return branches
  }

  /**
   * On disk before the run is applied: afterwards the hub has what all warehouses of a branch have, and an import that is cut
   * off would add them up again. What was read for it is dropped last: cut off anywhere, it is done again, or was done.
   */
  readonly move = (move: Move): Moved => {
    const { homes } = this.#settings!
    const moving = new Moving(this.#tables, this.#ledgers, this.#settings!, move)
    const moved = moving.move()
    for (const { branch, asOf } of moved.branches) this.#movedAt.set(branch, Math.max(asOf, this.#movedAt.get(branch) ?? 0))
    this.#dropping = moving.counted
    this.#settle(homes)
    this.#save()
    this.#drop()
    this.#save()
    return moved
  }

  readonly sort = (request: SortRequest): SortResult => {
    const branches = { shared: sharedOf(this.#homes), movedAt: this.#movedAt }
    const sorting = new Sorting(this.#tables, this.#open(), this.#ledgers, branches, request, this.#data.noPrice)
    const result = sorting.sort()
    this.#batches = sorting.batches()
    return result
  }

  readonly next = (): ImportBatch | undefined => this.#batches?.next().value ?? undefined

  readonly commit = (): null => {
    this.#save()
    this.#packs.keep(this.#open().packs)
    this.#packs.save()
    return null
  }

  readonly forget = (): null => {
    this.#reading?.close()
    this.#reading = undefined
    this.#batches = undefined
    return null
  }

  #begin(request: ReadRequest, packs: Packs | FilePacks): Reading {
    const suffix = String(this.#read++ % 2)
    return new Reading({ request, suffix, tables: this.#tables, packs: new FilePacks(packs, this.#tables.offers), data: this.#data })
  }

  #takeAhead(): Ahead | undefined {
    const ahead = this.#ahead
    this.#ahead = undefined
    return ahead
  }

  /** In the order of `Ledgers`. */
  #save(): void {
    for (const ledger of Object.values(this.#ledgers)) (ledger as Ledger).save()
  }

  #settle(homes: Homes): void {
    if (sameHomes(this.#homes, homes)) return
    this.#homes = homes
    this.#note()
  }

  #drop(): void {
    if (this.#dropping.length === 0) return
    dropWaiting(this.#tables, this.#ledgers, this.#homes, this.#dropping)
    this.#dropping = []
    this.#note()
  }

  #note(): void {
    const homes = Object.fromEntries(this.#homes)
    this.#ledgers.moved.note = { homes, movedAt: [...this.#movedAt], dropping: this.#dropping } satisfies Counted
  }

  #open(): Reading {
    if (this.#reading === undefined) throw new Error("no file has been read")
    return this.#reading
  }
}
