import { type BranchId, type ProductId, type StockImage, toStated } from "@aptekit/core"
import type { Driver } from "./driver.ts"
import type { StatedBlock } from "./ops/bulk.ts"
import { branchOf, priceParts, productOf } from "./schema.ts"

/** Products of one block of statement times. */
export const STATED_BLOCK = 4096

const STOCK_KIND = "stock"
export const statedKind = (priceType: string | null): string => (priceType === null ? STOCK_KIND : `price/${priceType}`)

/** One block of the times as bytes: little-endian 32-bit seconds, product-major, as wide as there are branches. */
export const statedBlock = (
  kind: string,
  block: number,
  width: number,
  read: (product: number, branch: number) => number
): StatedBlock => {
  const times = new Int32Array(STATED_BLOCK * width)
  for (let p = 0; p < STATED_BLOCK; p++) {
    for (let b = 0; b < width; b++) times[p * width + b] = read(block * STATED_BLOCK + p, b)
  }
  return { kind, block, width, data: new Uint8Array(times.buffer) }
}

/** Lets the image know the times of a block. */
export const restoreStated = (image: StockImage, { kind, block, width, data }: StatedBlock): void => {
  // A database's buffer may start anywhere; the array needs bytes of its own.
  const times = new Int32Array(new Uint8Array(data).buffer)
  const priceType = kind === STOCK_KIND ? null : kind.slice("price/".length)
  for (let i = 0; i < times.length; i++) {
    const stated = times[i]!
    if (stated === 0) continue
    const product = block * STATED_BLOCK + Math.floor(i / width)
    const column = i % width
    // Column 0 of a price block is the whole network.
    // A row written since the block was saved knows its own, later time.
    if (priceType === null) image.stated[image.cell(product, column)] = Math.max(stated, image.stated[image.cell(product, column)]!)
    else image.setPriceStated(priceType, product, column === 0 ? null : column - 1, stated)
  }
}

/** Fills the image from the database: at a start, and after another replica's import. */
export const loadImage = async (driver: Driver, image: StockImage): Promise<void> => {
  for (const { id, slot } of await driver.read("productSlots", undefined)) image.addProduct(id as ProductId, slot)
  const { branches } = await driver.read("settings", undefined)
  for (const { id, slot } of branches) image.addBranch(id as BranchId, slot)
  await driver.scan("select cell, on_hand, reserved, as_of from stock_levels", ([cell, onHand, reserved, asOf]) => {
    const product = productOf(Number(cell))
    const branch = branchOf(Number(cell))
    image.setLevel(product, branch, Number(onHand), Number(reserved))
    image.stated[image.cell(product, branch)] = toStated(Number(asOf))
  })
  const types = await driver.read("priceTypes", undefined)
  await driver.scan("select id, amount, as_of from prices", ([id, amount, asOf]) => {
    const { type, product, branch } = priceParts(Number(id))
    const column = branch < 0 ? null : branch
    image.setPrice(types[type]!.id, product, column, Number(amount))
    image.setPriceStated(types[type]!.id, product, column, toStated(Number(asOf)))
  })
  for (const block of await driver.read("statedTimes", undefined)) restoreStated(image, block)
}

/** What waiting orders will take first, once, at a start (D11). */
export const loadAwaited = async (driver: Driver, image: StockImage): Promise<void> => {
  for (const { productId, branchId, units } of await driver.read("awaitedDemand", undefined)) {
    const product = image.productSlot(productId as ProductId)
    const branch = image.branchSlot(branchId as BranchId)
    if (product !== undefined && branch !== undefined) image.addAwaited(product, branch, Number(units))
  }
}
