import { ownEan13 } from "./ean13.ts"
import type { DemoMaker } from "./makers.ts"
import type { DemoProduct } from "./model.ts"

/** A product before it has its numbers. */
export interface Draft {
  readonly product: Omit<DemoProduct, "id" | "sku" | "barcodes" | "maker">
  readonly maker: DemoMaker | null
  /** Retail, whole tenge, not yet rounded. */
  readonly price: number
}

/** The barcodes' maker code of what no maker signs. */
const NO_MAKER = 99

/** One in this many products had its packing changed and answers to the old barcode too. */
const SECOND_BARCODE_EVERY = 7

const barcodesOf = (maker: number, number: number): ReadonlyArray<string> => {
  const first = ownEan13(maker, 0, number)
  return number % SECOND_BARCODE_EVERY === 0 ? [first, ownEan13(maker, 1, number)] : [first]
}

/** `number` counts from 1 and gives id, sku and barcodes. */
export const productOf = ({ product, maker }: Draft, number: number): DemoProduct => ({
  id: `p${String(number).padStart(5, "0")}`,
  sku: String(100_000 + number),
  barcodes: barcodesOf(maker?.code ?? NO_MAKER, number),
  maker: maker?.name ?? null,
  ...product
})
