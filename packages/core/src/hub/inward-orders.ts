import { Effect, Schema } from "effect"
import type { OrderTaker } from "../adapter/adapter.ts"
import type { InboundHub } from "../adapter/inward.ts"
import { confirmOrders, ordersByNumbers, pullOrders } from "../exchange/pull.ts"
import type { PartnerDesk } from "../exchange/desk.ts"
import { PartFacts } from "../exchange/facts.ts"
import type { Taker } from "../exchange/news.ts"
import type { Actor } from "../kernel/actor.ts"
import { decodeInput } from "../kernel/decode.ts"
import { FulfilmentId, OrderId } from "../kernel/ids.ts"
import { Sale } from "../order/sale.ts"
import type { StorageService } from "../store/ports.ts"

type Run = <A, E>(effect: Effect.Effect<A, E>) => Promise<A>

const decodeSale = decodeInput(Sale)
const decodeFacts = decodeInput(PartFacts)
/** A reason of one's own would be a case that no screen and no reader knows. */
const decodeCase = decodeInput(Schema.Struct({
  id: FulfilmentId, reason: Schema.Literals(["needsErpAction", "erpDiffers"]), comment: Schema.String
}))

/** A pull is one answer to a partner: more than it can take at once only makes it slower. */
const MOST = 1_000
const REASON = 500

/** Called after commits, beside others who listen: whatever it does ends here. */
const quietly = (listener: () => unknown) => (): void => {
  try {
    const done = listener()
    if (done instanceof Promise) done.catch(() => undefined)
  } catch {
    // Its adapter asks again by its own clock.
  }
}

/**
 * The orders' side of the inward face (D28, D29). What the connection takes is known when its `setup` has returned;
 * until then, and where it takes nothing, it has no orders.
 */
export const inboundOrders = (
  connection: string,
  storage: StorageService,
  run: Run,
  orders: () => OrderTaker | undefined,
  desk: Effect.Effect<PartnerDesk["Service"]>
): Pick<InboundHub, "orders" | "sales"> => {
  const actor: Actor = { kind: "partner", id: connection }
  const taker = (): Taker => {
    const found = orders()
    if (found === undefined) {
      throw new Error(`[${connection}] takes no orders: let setup return { orders: { takes } }, and ask after setup.`)
    }
    return { connection, ...found }
  }
  const asTaker = <A, E>(ask: (taker: Taker) => Effect.Effect<A, E>): Promise<A> =>
    run(Effect.suspend(() => ask(taker())))
  const most = (limit: number): number => (Number.isFinite(limit) ? Math.max(1, Math.min(MOST, Math.floor(limit))) : MOST)
  return {
    sales: {
      record: (sale) =>
        run(Effect.flatMap(decodeSale(sale), (decoded) => Effect.flatMap(desk, (one) => one.recordSale(connection, decoded))))
    },
    orders: {
      pull: (limit) => asTaker((own) => pullOrders(storage, own, most(limit))),
      waiting: (limit) => asTaker(() => Effect.map(storage.pull.pending(connection, most(limit)), (news) => news.length)),
      confirm: (confirmed) =>
        asTaker((own) =>
          confirmOrders(storage, own, confirmed.map(({ orderId, version }) => ({ orderId: OrderId.make(orderId), version })))
        ),
      quarantine: (orderId, reason) =>
        asTaker(() =>
          Effect.asVoid(storage.pull.quarantine(connection, OrderId.make(orderId), reason.slice(0, REASON), actor))
        ),
      byNumbers: (numbers) => asTaker((own) => ordersByNumbers(storage, own, numbers)),
      facts: (facts) =>
        asTaker((own) => Effect.flatMap(decodeFacts(facts), (decoded) => Effect.flatMap(desk, (one) => one.facts(own, decoded)))),
      needsAction: (id, reason, comment) =>
        asTaker(() =>
          Effect.flatMap(decodeCase({ id, reason, comment }), (told) =>
            Effect.flatMap(desk, (one) => one.needsAction(connection, told.id, told.reason, told.comment)))
        ),
      resolved: (id, reason) =>
        asTaker(() =>
          Effect.flatMap(decodeCase({ id, reason, comment: "" }), (told) =>
            Effect.flatMap(desk, (one) => one.resolved(connection, told.id, told.reason)))
        ),
      onNews: (listener) => storage.feed.subscribe(quietly(listener))
    }
  }
}
