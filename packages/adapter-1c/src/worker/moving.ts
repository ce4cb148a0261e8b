import { NONE } from "./grid.ts"
import { type Homes, type Settings, sharedOf } from "./homes.ts"
import type { Ledger } from "./ledger.ts"
import type { BranchLevels, Move, Moved } from "./protocol.ts"
import type { Ledgers } from "./sorting.ts"
import { MAX_UNITS } from "./stock-rows.ts"
import { NO_SLOT, type Tables } from "./tables.ts"

/** What a warehouse has said of a product, and up to when. */
interface Word {
  readonly units: number
  readonly time: number
}

const wordIn = (ledger: Ledger, offer: number, column: number): Word | undefined => {
  const units = ledger.figure(offer, column)
  return units === NONE ? undefined : { units, time: ledger.time(offer, column) }
}

/** A branch whose warehouses change, product by product. */
class Place {
  readonly branch: number
  /** In the ledger of what has moved. */
  readonly column: number
  /** Of how many it has another stock now, and the latest instant of these levels. */
  products = 0
  latest = 0
  #before = 0
  #units = 0
  #time = 0
  #joined = false
  #isPending = false
  readonly #levels: BranchLevels
  readonly #moved: Ledger
  /** Until now no warehouse filled it: what it has is somebody else's word, or the end of what has left, and is replaced. */
  readonly #isEmpty: boolean

  constructor(levels: BranchLevels, column: number, moved: Ledger, isEmpty: boolean) {
    this.branch = levels.branch
    this.column = column
    this.#levels = levels
    this.#moved = moved
    this.#isEmpty = isEmpty
  }

  /** What an earlier move has made of the level counts, applied yet or not. */
  look(offer: number, slot: number): void {
    const moved = wordIn(this.#moved, offer, this.column)
    this.#before = moved?.units ?? this.#levels.onHand[slot] ?? 0
    this.#units = this.#isEmpty ? 0 : this.#before
    this.#joined = false
    this.#isPending = moved !== undefined
    this.#time = Math.max(this.#levels.statedAt[slot] ?? 0, moved?.time ?? 0)
  }

  /** Of its only warehouse: what is there. */
  word(): Word | undefined {
    return this.#time > 0 || this.#before !== 0 ? { units: Math.max(0, this.#before), time: this.#time } : undefined
  }

  /** What is not there any more cannot leave. */
  leave({ units, time }: Word): Word {
    const left = Math.min(units, Math.max(0, this.#units))
    this.#units -= left
    return { units: left, time }
  }

  join({ units, time }: Word): void {
    this.#units += units
    this.#joined = true
    this.#time = Math.max(this.#time, time)
  }

  /**
   * Not before anything that is counted in, nor before this file: the hub's level has all sales up to now. What was counted
   * before, and not applied yet, has none since.
   */
  settle(offer: number, asOf: number): void {
    if (this.#isEmpty ? !this.#joined : this.#units === this.#before) return
    const time = this.#isPending ? this.#time : Math.max(asOf, this.#time)
    this.#moved.put(offer, this.column, Math.min(Math.max(0, this.#units), MAX_UNITS), time)
    this.latest = Math.max(this.latest, time)
    this.products++
  }
}

/** A warehouse of these branches: it comes, goes, or stays. */
interface Mover {
  readonly column: number
  readonly warehouse: string
  readonly from: Place | undefined
  readonly to: Place | undefined
  /** Others filled its branch too, so the ledger knows what it said. */
  readonly wasShared: boolean
  readonly becomesShared: boolean
  /** It leads nowhere yet: what it said waits. */
  readonly waits: boolean
}

/** `waited`: only what is later than what is counted. */
interface Said {
  readonly counted: Word | undefined
  readonly waited: Word | undefined
}

const moves = ({ from, to }: Mover, { waited }: Said): boolean => from !== to || waited !== undefined

/**
 * Follows the settings where they lead warehouses elsewhere: what each has said leaves its old branch and joins the new one.
 * A branch of one warehouse had no shares until now: that warehouse's share is what the hub has. Levels change by what moves,
 * so what was sold stays sold.
 */
export class Moving {
  readonly #tables: Tables
  readonly #ledgers: Ledgers
  readonly #asOf: number
  readonly #places: ReadonlyArray<Place>
  readonly #movers: ReadonlyArray<Mover>
  readonly #silent: Set<Mover>
  #lost = 0

  constructor(tables: Tables, ledgers: Ledgers, { former, homes, ignored }: Settings, { asOf, levels }: Move) {
    this.#tables = tables
    this.#ledgers = ledgers
    this.#asOf = asOf
    const filled = new Set(former.values())
    this.#places = levels.map((of) =>
      new Place(of, tables.branches.add(String(of.branch)) + 1, ledgers.moved, !filled.has(of.branch)))
    const placeOf = (slot: number | undefined): Place | undefined => this.#places.find(({ branch }) => branch === slot)
    const [wereShared, areShared] = [sharedOf(former), sharedOf(homes)]
    this.#movers = [...new Set([...former.keys(), ...homes.keys()])].map((warehouse) => {
      const [from, to] = [former.get(warehouse), homes.get(warehouse)]
      return {
        warehouse,
        column: tables.warehouses.add(warehouse) + 1,
        from: placeOf(from),
        to: placeOf(to),
        wasShared: wereShared.has(from!),
        becomesShared: areShared.has(to!),
        waits: to === undefined && !ignored.has(warehouse)
      }
    }).filter(({ from, to }) => from !== undefined || to !== undefined)
    this.#silent = new Set(this.#movers.filter(({ from }) => from === undefined))
  }

  /** Warehouses that are counted, so that nothing of them waits: see `dropWaiting`. */
  get counted(): ReadonlyArray<string> {
    return this.#movers.flatMap(({ warehouse, to }) => (to === undefined ? [] : [warehouse]))
  }

  /** Fills the ledgers. Done again before `dropWaiting`, it does the same: what it has read is still there. */
  move(): Moved {
    for (const offer of this.#tables.inOrder(() => true)) this.#moveProduct(offer)
    return {
      branches: this.#places.filter(({ products }) => products > 0)
        .map(({ branch, products, latest }) => ({ branch, products, asOf: latest })),
      silent: [...this.#silent].map(({ warehouse, to }) => ({ warehouse, branch: to!.branch })),
      lost: this.#lost
    }
  }

  #moveProduct(offer: number): void {
    const slot = this.#tables.slot(offer)
    for (const place of this.#places) place.look(offer, slot)
    const said = this.#movers.map((mover) => this.#said(offer, mover))
    // All leave before any joins: nobody takes along what another has just brought.
    const left = this.#movers.map((mover, i) => {
      const { counted } = said[i]!
      return counted !== undefined && moves(mover, said[i]!) ? mover.from!.leave(counted) : counted
    })
    for (const [i, mover] of this.#movers.entries()) this.#join(offer, mover, said[i]!, left[i])
    for (const place of this.#places) place.settle(offer, this.#asOf)
  }

  #said(offer: number, { column, from, wasShared }: Mover): Said {
    const counted = wasShared ? wordIn(this.#ledgers.shares, offer, column) : from?.word()
    const waited = wordIn(this.#ledgers.parkedStock, offer, column)
    return { counted, waited: waited !== undefined && waited.time >= (counted?.time ?? 0) ? waited : undefined }
  }

  #join(offer: number, mover: Mover, said: Said, left: Word | undefined): void {
    const { column, to, waits, becomesShared } = mover
    const word = said.waited ?? left
    if (word === undefined) return
    this.#silent.delete(mover)
    if (to !== undefined && moves(mover, said)) to.join(word)
    if (becomesShared && left !== undefined) this.#ledgers.shares.put(offer, column, left.units, left.time)
    if (waits && !this.#ledgers.parkedStock.put(offer, column, word.units, word.time)) this.#lost++
  }
}

/** What was counted waits no longer; shares go of branches that are not shared any more. */
export const dropWaiting = (tables: Tables, { parkedStock, shares }: Ledgers, homes: Homes, counted: ReadonlyArray<string>): void => {
  const shared = sharedOf(homes)
  const isShared = (column: number): boolean => shared.has(homes.get(tables.warehouses.ids[column - 1]!)!)
  for (const column of counted.map((warehouse) => tables.warehouses.add(warehouse) + 1)) {
    parkedStock.each(column, (offer, units) => {
      if (tables.slot(offer) === NO_SLOT) return
      if (isShared(column)) shares.put(offer, column, units, parkedStock.time(offer, column))
      parkedStock.remove(offer, column)
    })
  }
  for (let column = 1; column < shares.columns; column++) {
    if (!isShared(column)) shares.each(column, (offer) => shares.remove(offer, column))
  }
}
