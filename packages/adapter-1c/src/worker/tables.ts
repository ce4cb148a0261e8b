import { IdTable } from "../import/id-table.ts"

/** No row in the hub. */
export const NO_SLOT = -1

/** Numbers of everything that 1C names, for as long as the thread lives; of products their rows in the hub, too. */
export class Tables {
  readonly offers = new IdTable()
  readonly warehouses = new IdTable()
  readonly priceTypes = new IdTable()
  /** Slots of the hub's branches, as text. */
  readonly branches = new IdTable()
  #slots = new Int32Array(1024).fill(NO_SLOT)

  slot(offer: number): number {
    return this.#slots[offer] ?? NO_SLOT
  }

  setSlot(offer: number, slot: number): void {
    if (offer >= this.#slots.length) {
      const larger = new Int32Array(2 * offer).fill(NO_SLOT)
      larger.set(this.#slots)
      this.#slots = larger
    }
    this.#slots[offer] = slot
  }

  /** Numbers of the products that `wanted` names, in the order of their rows; several of one row one behind the other. */
  inOrder(wanted: (offer: number) => boolean): Int32Array {
    const offers: Array<number> = []
    let sorted = true
    for (let offer = 0; offer < this.offers.size; offer++) {
      if (this.slot(offer) === NO_SLOT || !wanted(offer)) continue
      sorted &&= offers.length === 0 || this.slot(offers.at(-1)!) <= this.slot(offer)
      offers.push(offer)
    }
    const found = Int32Array.from(offers)
    return sorted ? found : found.sort((a, b) => this.slot(a) - this.slot(b) || a - b)
  }
}
