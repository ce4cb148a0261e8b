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
 * Goods that have a second unit, kept in a file: an offer may count in it, and comes in another file than its goods. What an
 * offer counts in holds for this file alone.
 */
export class Packs {
  readonly #path: string
  readonly #offers: IdTable
  readonly #known: Map<string, Units>
  #changed = false
  /** Units in what an offer counts, where that is not the base unit. */
  readonly #scales = new Map<number, number>()

  constructor(folder: string, offers: IdTable) {
    this.#path = join(folder, NAME)
    this.#offers = offers
    const text = existsSync(this.#path) ? readFileSync(this.#path, "utf8") : "[]"
    this.#known = new Map(JSON.parse(text) as Array<[string, Units]>)
  }

  /** What the catalogue says of goods. */
  learn(id: string, { unit, pack }: DraftUnits): void {
    if (pack === undefined) return
    const known = this.#known.get(id)
    if (pack === null || unit === undefined) this.#changed = this.#known.delete(id) || this.#changed
    else if (known?.unit !== unit || known.pack !== pack) {
      this.#changed ||= JSON.stringify(known) !== JSON.stringify({ unit, pack })
      this.#known.set(id, { unit, pack })
    }
  }

  /** In what an offer counts. False: in a unit that is neither of its goods', as far as those are known. */
  count(offer: number, unit: DraftUnit): boolean {
    const known = this.#known.get(goodsOf(this.#offers.ids[offer]!))
    if (known === undefined || sameUnit(known.unit, unit)) return this.#scales.delete(offer) || true
    if (!sameUnit(known.pack, unit)) return false
    this.#scales.set(offer, known.pack.units)
    return true
  }

  /** Sold units in one of what the offer counts. */
  scale(offer: number): number {
    return this.#scales.size === 0 ? 1 : this.#scales.get(offer) ?? 1
  }

  /** Another file begins. */
  begin(): void {
    this.#scales.clear()
  }

  save(): void {
    if (!this.#changed) return
    replaceFileSync(this.#path, [new TextEncoder().encode(JSON.stringify([...this.#known]))])
    this.#changed = false
  }
}
