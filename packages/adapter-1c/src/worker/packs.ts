import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import type { IdTable } from "../import/id-table.ts"
import { sameUnit } from "./card.ts"
import { replaceFileSync } from "./ledger.ts"
import type { DraftPack, DraftUnit, DraftUnits } from "./protocol.ts"

const NAME = "packs.json"

interface Units {
  readonly unit: DraftUnit
  readonly pack: DraftPack
}

const goodsOf = (externalId: string): string => externalId.split("#", 1)[0]!

/**
 * Goods that have a second unit, kept in a file: an offer may count in it, and comes in another file than its goods.
 */
export class Packs {
  readonly #path: string
  readonly #known: Map<string, Units>
  #changed = false

  constructor(folder: string) {
    this.#path = join(folder, NAME)
    const text = existsSync(this.#path) ? readFileSync(this.#path, "utf8") : "[]"
    this.#known = new Map(JSON.parse(text) as Array<[string, Units]>)
  }

  of(goods: string): Units | undefined {
    return this.#known.get(goods)
  }

  /** What an applied file said of goods stays; whoever stands on that file stands on this now. */
  keep(file: FilePacks): void {
    for (const [id, units] of file.learned) {
      if (units === null) this.#changed = this.#known.delete(id) || this.#changed
      else {
        this.#changed ||= JSON.stringify(this.#known.get(id)) !== JSON.stringify(units)
        this.#known.set(id, units)
      }
    }
    file.settleOn(this)
  }

  save(): void {
    if (!this.#changed) return
    replaceFileSync(this.#path, [new TextEncoder().encode(JSON.stringify([...this.#known]))])
    this.#changed = false
  }
}

/** What one file says of packs, on top of what is known: nobody else sees it before the file is applied. */
export class FilePacks {
  /** Null: the goods have no pack any more. */
  readonly learned = new Map<string, Units | null>()
  #below: Packs | FilePacks
  readonly #offers: IdTable
  /** Units in what an offer of this file counts, where that is not the base unit. */
  readonly #scales = new Map<number, number>()

  /** `below`: what is kept, or a file before this one that is still being applied. */
  constructor(below: Packs | FilePacks, offers: IdTable) {
    this.#below = below
    this.#offers = offers
  }

  /** It has been kept there: files read one on top of another must not hold each other in memory. */
  settleOn(kept: Packs): void {
    this.#below = kept
    this.learned.clear()
    this.#scales.clear()
  }

  of(goods: string): Units | undefined {
    const learned = this.learned.get(goods)
    return learned === undefined ? this.#below.of(goods) : learned ?? undefined
  }

  /** What the catalogue says of goods. */
  learn(id: string, { unit, pack }: DraftUnits): void {
    if (pack === undefined) return
    if (pack !== null && unit !== undefined) this.learned.set(id, { unit, pack })
    else if (this.of(id) !== undefined) this.learned.set(id, null)
  }

  /** In what an offer counts. False: in a unit that is neither of its goods', as far as those are known. */
  count(offer: number, unit: DraftUnit): boolean {
    const known = this.of(goodsOf(this.#offers.ids[offer]!))
    if (known === undefined || sameUnit(known.unit, unit)) return this.#scales.delete(offer) || true
    if (!sameUnit(known.pack, unit)) return false
    this.#scales.set(offer, known.pack.units)
    return true
  }

  /** Sold units in one of what the offer counts. */
  scale(offer: number): number {
    return this.#scales.size === 0 ? 1 : this.#scales.get(offer) ?? 1
  }
}
