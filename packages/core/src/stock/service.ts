import { Clock, Context, Effect, Layer } from "effect"
import type { BranchId, ChannelId, ProductId } from "../kernel/ids.ts"
import type { Money } from "../kernel/money.ts"
import { Network } from "../network/service.ts"
import type { StorageUnavailable } from "../store/errors.ts"
import { Storage } from "../store/ports.ts"

/** What a channel may sell of a product at a branch (STK-8). */
export interface Availability {
  readonly productId: ProductId
  readonly branchId: BranchId
  /** Units a reservation would get at this moment; null: no stock control, always there. */
  readonly available: number | null
  readonly price: Money | null
}

/** Live stock for whoever asks: the answer is what a reservation would get. */
export class Stock extends Context.Service<Stock, {
  readonly availability: (
    channel: ChannelId,
    products: ReadonlyArray<ProductId>,
    branches: ReadonlyArray<BranchId>
  ) => Effect.Effect<ReadonlyArray<Availability>, StorageUnavailable>
}>()("@aptekit/core/stock/Stock") {
  static readonly layer = Layer.effect(
    Stock,
    Effect.gen(function*() {
      const storage = yield* Storage
      const network = yield* Network
      const image = storage.stock.image
      return Stock.of({
        availability: (channelId, products, branches) =>
          Effect.gen(function*() {
            const now = yield* Clock.currentTimeMillis
            // A due reservation counts as free from its very end, swept or not (P4, D10).
            const due = new Map<string, number>()
            for (const held of yield* storage.orders.dueUnits(now)) {
              const key = `${held.productId}\n${held.branchId}`
              due.set(key, (due.get(key) ?? 0) + held.units)
            }
            const known = yield* storage.catalogue.byIds(products)
            const view = network.view()
            const channel = view.channel(channelId)
            return known.flatMap((product) =>
              branches.map((branchId): Availability => {
                const tracked = product.stockControl && (view.branch(branchId)?.stockControl ?? true)
                const free = image.available(product.id, branchId, due.get(`${product.id}\n${branchId}`))
                const amount = channel === undefined ? null : image.price(channel.priceType, product.id, branchId)
                return {
                  productId: product.id,
                  branchId,
                  available: product.stopped ? 0 : tracked ? free : null,
                  price: amount === null ? null : { amount, currency: channel!.currency }
                }
              })
            )
          })
      })
    })
  )
}
