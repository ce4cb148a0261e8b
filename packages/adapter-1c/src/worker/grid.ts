import { ContentError } from "./content-error.ts"

/** No figure there. */
export const NONE = -1

const BITS = 10
const BLOCK = 2 ** BITS
const MASK = BLOCK - 1
/** 128 Mi figures: 100,000 products in 1,300 places. */
const MOST_BLOCKS = 131_072

/**
 * Figures from 0 up by (product, column): dense blocks where there are any, so memory follows the catalogue and not the
 * rows of a file. A later figure replaces an earlier one.
 */
export class Grid {
  readonly #columns: Array<Array<Int32Array | undefined>> = []
  #blocks = 0

  get columns(): number {
    return this.#columns.length
  }

  set(product: number, column: number, figure: number): void {
    const block = this.#columns[column]?.[product >> BITS] ?? this.#block(product >> BITS, column)
    block[product & MASK] = figure
  }

  get(product: number, column: number): number {
    return this.#columns[column]?.[product >> BITS]?.[product & MASK] ?? NONE
  }

  /** One column by itself: for loops over very many products. */
  column(column: number): (product: number) => number {
    const blocks = this.#columns[column] ?? []
    return (product) => {
      const block = blocks[product >> BITS]
      return block === undefined ? NONE : block[product & MASK]!
    }
  }

  has(column: number): boolean {
    return (this.#columns[column]?.length ?? 0) > 0
  }

  /** Calls for every figure of a column, by product. */
  each(column: number, take: (product: number, figure: number) => void): void {
    for (const [number, block] of (this.#columns[column] ?? []).entries()) {
      if (block === undefined) continue
      for (let i = 0; i < BLOCK; i++) if (block[i] !== NONE) take(number * BLOCK + i, block[i]!)
    }
  }

  #block(number: number, column: number): Int32Array {
    if (this.#blocks++ === MOST_BLOCKS) {
      throw new ContentError("В файле слишком много складов или типов цен на товар. Уменьшите порцию выгрузки.")
    }
    while (this.#columns.length <= column) this.#columns.push([])
    const blocks = this.#columns[column]!
    while (blocks.length < number) blocks.push(undefined)
    return (blocks[number] = new Int32Array(BLOCK).fill(NONE))
  }
}
