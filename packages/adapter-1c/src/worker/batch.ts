import type { ImportBatch } from "@aptekit/core"

/** Rows of one batch, and the rest of a product: so large that batches are few, and each is handed over in a moment. */
const MOST = 2 ** 18

/** Rows that share kind, price type and time, in the order in which they are pushed. */
export class BatchBuilder {
  readonly asOf: number
  readonly #priceType: string | null
  #products = new Int32Array(256)
  #branches = new Int32Array(256)
  #figures = new Int32Array(256)
  #size = 0

  /** `priceType`: null for stock. */
  constructor(asOf: number, priceType: string | null) {
    this.asOf = asOf
    this.#priceType = priceType
  }

  get isFull(): boolean {
    return this.#size >= MOST
  }

  get isEmpty(): boolean {
    return this.#size === 0
  }

  push(product: number, branch: number, figure: number): void {
    if (this.#size === this.#products.length) this.#grow()
    this.#products[this.#size] = product
    this.#branches[this.#size] = branch
    this.#figures[this.#size++] = figure
  }

  /** What was pushed; the builder begins anew. */
  build(): ImportBatch {
    const [products, branches, figures] =
      [this.#products.slice(0, this.#size), this.#branches.slice(0, this.#size), this.#figures.slice(0, this.#size)]
    this.#size = 0
    return this.#priceType === null
      ? { kind: "stock", asOf: this.asOf, products, branches, quantities: figures }
      : { kind: "price", asOf: this.asOf, priceType: this.#priceType, products, branches, amounts: figures }
  }

  #grow(): void {
    const grown = (old: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> => {
      const larger = new Int32Array(2 * old.length)
      larger.set(old)
      return larger
    }
    this.#products = grown(this.#products)
    this.#branches = grown(this.#branches)
    this.#figures = grown(this.#figures)
  }
}
