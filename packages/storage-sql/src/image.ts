import { type BranchId, type ProductId, type StockImage, toStated } from "@aptekit/core"
import type { Driver } from "./driver.ts"
import { restoreStated } from "./runs/stated.ts"
import { branchOf, cellOf, priceParts, productOf } from "./schema.ts"

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

/** What waiting orders will take first, by cell (D11). */
export const awaitedDemand = async (driver: Driver, image: StockImage): Promise<ReadonlyMap<number, number>> => {
  const demand = new Map<number, number>()
  for (const { productId, branchId, units } of await driver.read("awaitedDemand", undefined)) {
    const product = image.productSlot(productId as ProductId)
    const branch = image.branchSlot(branchId as BranchId)
    if (product !== undefined && branch !== undefined) demand.set(cellOf(product, branch), Number(units))
  }
  return demand
}

export const loadAwaited = async (driver: Driver, image: StockImage): Promise<void> => {
  for (const [cell, units] of await awaitedDemand(driver, image)) image.setAwaited(productOf(cell), branchOf(cell), units)
}
