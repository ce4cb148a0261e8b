import type { ItemUnit } from "../cml/records.ts"
import { packOf, unitOf } from "./card.ts"
import type { DraftUnits } from "./protocol.ts"

/** Of more different ones in a file something is wrong with it. */
const MOST = 10_000

interface Known {
  readonly place: number
  readonly units: DraftUnits
  /** Some conversion was of no use. */
  readonly odd: boolean
}

const keyOf = ({ code, name, shortName, conversions }: ItemUnit): string => {
  let key = `${code}|${name}|${shortName}`
  for (const { unit, factor } of conversions) key += `|${unit}|${factor}`
  return key
}

/** The units of a file's products: few different ones, made once each. */
export class UnitTable {
  readonly all: Array<DraftUnits> = []
  readonly #known = new Map<string, Known>()
  readonly #names = new Map<string, string>()
  readonly #maxPackUnits: number

  constructor(maxPackUnits: number) {
    this.#maxPackUnits = maxPackUnits
  }

  /** A unit of the classifier. */
  name(code: string, name: string | null): void {
    if (name !== null) this.#names.set(code, name)
  }

  /** `full`: there are too many different ones already. */
  of(unit: ItemUnit): Known | "full" {
    const key = keyOf(unit)
    const known = this.#known.get(key)
    if (known !== undefined) return known
    if (this.all.length >= MOST) return "full"
    const said = packOf(unit, this.#names, this.#maxPackUnits)
    const units = { unit: unitOf(unit, this.#names), pack: said?.pack }
    const made = { place: this.all.push(units) - 1, units, odd: said?.odd === true }
    this.#known.set(key, made)
    return made
  }
}
