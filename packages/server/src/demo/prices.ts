import type { DemoBranch, DemoPrice } from "./model.ts"
import { randomStream } from "./random.ts"

const TIYN = 100
const STEP = 5 * TIYN
const OWN_PRICE = 0.1

/** To the five tenge that shops round to, in tiyn. */
const rounded = (tiyn: number): number => Math.max(STEP, Math.round(tiyn / STEP) * STEP)

const row = (productId: string, branchId: string | null, amount: number): DemoPrice =>
  ({ productId, branchId, priceType: "retail", currency: "KZT", amount })

/** 0.95-1.08 of the network's price, and never that price itself. */
const branchAmount = (amount: number, draw: number): number => {
  const own = rounded(amount * (0.95 + 0.13 * draw))
  return own === amount ? amount + STEP : own
}

/** One price per product for the network, then the price of its own that about every tenth (product, branch) has. */
export const demoPrices = (
  products: ReadonlyArray<{ readonly id: string; readonly price: number }>,
  branches: ReadonlyArray<DemoBranch>
): ReadonlyArray<DemoPrice> => {
  const random = randomStream(670)
  const prices: Array<DemoPrice> = []
  for (const { id, price } of products) {
    const amount = rounded(price * TIYN * (0.96 + 0.08 * random.next()))
    prices.push(row(id, null, amount))
    for (const branch of branches) {
      if (random.next() < OWN_PRICE) prices.push(row(id, branch.id, branchAmount(amount, random.next())))
    }
  }
  return prices
}
