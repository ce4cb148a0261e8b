import type { DemoBranch, DemoNetwork, DemoProduct, DemoStockRow } from "./model.ts"
import { randomStream, type RandomStream } from "./random.ts"

/** The cell of a product that a branch does not list at all; 0 is listed and sold out. */
export const NOT_CARRIED = -1

const WAREHOUSE_FILL = 0.97

/** Large pharmacies list nine products of ten, small ones two of three; about 79 % over the whole network. */
const pharmacyFill = (index: number): number => 0.66 + 0.24 * ((index * 7) % 16) / 15

const SCARCE = 0.05
const SOLD_OUT = 0.03

/** Of 1-60 units, half the rows hold eight or fewer. */
const shelf = (random: RandomStream): number => 1 + Math.floor(60 * random.next() ** 3)

const depot = (random: RandomStream): number => 60 + Math.floor(540 * random.next() ** 2)

const fillRow = (random: RandomStream, branches: ReadonlyArray<DemoBranch>, cells: Int16Array): void => {
  branches.forEach(({ warehouse }, b) => {
    if (random.next() >= (warehouse ? WAREHOUSE_FILL : pharmacyFill(b))) return
    cells[b] = random.next() < SOLD_OUT ? 0 : warehouse ? depot(random) : shelf(random)
  })
}

/** Sold out wherever it is listed, but for a few packs in one pharmacy. */
const emptyButOne = (random: RandomStream, cells: Int16Array): void => {
  for (let b = 0; b < cells.length; b++) if (cells[b] !== NOT_CARRIED) cells[b] = 0
  cells[random.int(1, cells.length - 1)] = random.int(1, 6)
}

/** Product-major quantities, one cell per (product, branch). */
export const demoStock = (products: ReadonlyArray<DemoProduct>, branches: ReadonlyArray<DemoBranch>): Int16Array => {
  const random = randomStream(17)
  const width = branches.length
  const stock = new Int16Array(products.length * width).fill(NOT_CARRIED)
  products.forEach(({ stockControl }, p) => {
    if (!stockControl) return
    const cells = stock.subarray(p * width, (p + 1) * width)
    fillRow(random, branches, cells)
    if (random.next() < SCARCE) emptyButOne(random, cells)
  })
  return stock
}

/** The rows of the stock table, product by product; what a branch does not list has none. */
export function* stockRows({ branches, products, stock }: DemoNetwork): Generator<DemoStockRow> {
  let cell = 0
  for (const { id: productId } of products) {
    for (const { id: branchId } of branches) {
      const quantity = stock[cell++] ?? NOT_CARRIED
      if (quantity !== NOT_CARRIED) yield { productId, branchId, quantity }
    }
  }
}
