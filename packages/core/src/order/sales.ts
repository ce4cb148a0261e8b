import { Context, Effect, Layer } from "effect"
import type { Actor } from "../kernel/actor.ts"
import { InvalidInput } from "../kernel/errors.ts"
import { ChannelId, type ProductId } from "../kernel/ids.ts"
import { Network } from "../network/service.ts"
import type { Duplicate, StorageUnavailable, VersionConflict } from "../store/errors.ts"
import { countChange } from "../store/metrics.ts"
import { type Committed, Storage } from "../store/ports.ts"
import { changeOfOrder, changeOfWalkIn } from "./change.ts"
import { isTracked, openCase } from "./edit.ts"
import type { Order } from "./model.ts"
import { decideSale, type Sale } from "./sale.ts"
import { OrderUnit } from "./unit.ts"

/** What became of a sale: the order it closed or touched, null for a walk-in. */
export interface RecordedSale {
  readonly order: Order | null
  /** False when this sale came before: nothing was done again. */
  readonly created: boolean
}

const VERSION_RETRIES = 5
/** Walk-in sales belong to no channel; policies of the network and the branch apply. */
const NO_CHANNEL = ChannelId.make("-")

/** Sales as facts of the cash registers (ORD-6, D7). */
export class Sales extends Context.Service<Sales, {
  readonly record: (
    sale: Sale,
    actor: Actor
  ) => Effect.Effect<RecordedSale, InvalidInput | StorageUnavailable | VersionConflict>
  /** Opens cases for the reservations that no longer fit where a fact took goods away (D7). */
  readonly settleShortages: (cells: Committed["short"]) => Effect.Effect<void, StorageUnavailable>
}>()("@aptekit/core/order/Sales") {
  static readonly layer = Layer.effect(
    Sales,
    Effect.gen(function*() {
      const storage = yield* Storage
      const network = yield* Network
      const unit = yield* OrderUnit

      /** `<order>-<part>`; without its part, the only one, or the only one of the branch that sold. */
      const find = (number: string, branchId: Sale["branchId"]) =>
        Effect.gen(function*() {
          const [, orderNumber, part] = /^(.+?)(?:-(\d))?$/u.exec(number) ?? []
          const order = yield* storage.orders.byNumber(orderNumber ?? "")
          if (order === null) return null
          const own = order.fulfilments.filter((f) => order.fulfilments.length === 1 || f.branchId === branchId)
          const f = part === undefined
            ? (own.length === 1 ? own[0] : undefined)
            : order.fulfilments.find((candidate) => candidate.part === Number(part))
          return f === undefined ? null : { order, f }
        })

      const check = (sale: Sale): Effect.Effect<void, InvalidInput> => {
        const issue = (path: string, message: string) =>
          Effect.fail(new InvalidInput({ message: `The sale cannot be recorded: ${path}: ${message}`, issues: [{ path, message }] }))
        if (network.view().branch(sale.branchId) === undefined) return issue("branchId", "unknown branch")
        return Effect.void
      }

      const attempt = (sale: Sale, actor: Actor) =>
        Effect.gen(function*() {
          const number = sale.kind === "return" ? undefined : sale.fulfilmentNumber
          const found = number === undefined ? null : yield* find(number, sale.branchId)
          const products = yield* unit.products(sale.lines.map((line) => line.productId))
          const facts = yield* unit.facts(found?.order.channelId ?? NO_CHANNEL, actor, products)
          const branch = facts.branch(sale.branchId)
          const missing = sale.lines.findIndex((line) => !products.has(line.productId))
          if (missing >= 0) {
            const path = `lines[${missing}].productId`
            return yield* new InvalidInput({
              message: `${path}: unknown product`,
              issues: [{ path, message: "unknown product; sync the catalogue first" }]
            })
          }
          const ruling = decideSale(found?.order ?? null, found?.f.id ?? null, sale, {
            now: facts.now,
            partialSale: facts.policy(sale.branchId).partialSale,
            isTracked: (id: ProductId) => isTracked(facts, id, branch)
          })
          const meta = { ...(yield* unit.meta(facts, "fulfilment.sell")), sale, movements: ruling.movements }
          if (found === null || ruling.order === null) {
            return { order: null, change: changeOfWalkIn(sale, ruling.movements, { ...meta, type: "sale.recorded" }) }
          }
          const change = changeOfOrder(found.order, ruling.order, meta)
          return { order: change.orders[0]!.after, change }
        })

      /**
       * A fact took onHand below what is reserved: the youngest reservations, not yet assembled, that no longer fit
       * go to a person (D7).
       */
      const settleShortage = (cell: Committed["short"][number]): Effect.Effect<void, StorageUnavailable> =>
        Effect.gen(function*() {
          const [level] = yield* storage.stock.levels([cell])
          let over = level === undefined ? 0 : level.reserved - level.onHand
          if (over <= 0) return
          for (const orderId of yield* storage.orders.holders(cell.productId, cell.branchId)) {
            if (over <= 0) return
            over -= yield* letGo(orderId, cell, over)
          }
        })

      const letGo = (orderId: Order["id"], cell: Committed["short"][number], over: number) =>
        Effect.gen(function*() {
          const before = yield* storage.orders.byId(orderId)
          if (before === null) return 0
          const facts = yield* unit.facts(before.channelId, { kind: "system", id: "stock" }, new Map())
          let left = over
          let after = before
          for (const f of before.fulfilments) {
            if (f.branchId !== cell.branchId || !["operator", "assigned", "accepted", "awaiting"].includes(f.status)) continue
            const lines = f.lines.map((line) => {
              const units = line.productId === cell.productId && line.tracked ? Math.min(line.held, left) : 0
              left -= units
              return units === 0 ? line : { ...line, held: line.held - units }
            })
            const lost = f.lines.findIndex((line, i) => line !== lines[i])
            if (lost < 0) continue
            after = openCase(
              { ...after, fulfilments: after.fulfilments.map((old) => (old.id === f.id ? { ...f, lines } : old)) },
              f.part,
              "shortage",
              facts.now,
              { lineId: f.lines[lost]!.lineId }
            )
          }
          if (after === before) return 0
          yield* storage.commit(
            changeOfOrder(before, after, { ...(yield* unit.meta(facts, "order.changed")), reason: "shortage" })
          )
          return over - left
        }).pipe(
          // Somebody changed the order meanwhile: what it holds now is looked at again.
          Effect.retry({ times: VERSION_RETRIES, while: (error) => error._tag === "VersionConflict" }),
          // The next sale or statement meets what is left; a person sees the case of whoever won.
          Effect.catchTags({
            VersionConflict: () => Effect.succeed(0),
            InsufficientStock: () => Effect.succeed(0),
            Duplicate: () => Effect.succeed(0)
          })
        )

      /** What follows from a receipt may have been cut off after it was stored: its repetition sees to it (P10). */
      const repeated = (sale: Sale, error: Duplicate): Effect.Effect<RecordedSale, StorageUnavailable> =>
        Effect.gen(function*() {
          yield* Effect.forEach(sale.lines, ({ productId }) => settleShortage({ productId, branchId: sale.branchId }), { discard: true })
          const order = error.orderId === null ? null : yield* storage.orders.byId(error.orderId as Order["id"])
          return { order, created: false }
        })

      const record = (sale: Sale, actor: Actor): Effect.Effect<RecordedSale, InvalidInput | StorageUnavailable | VersionConflict> =>
        Effect.gen(function*() {
          yield* check(sale)
          const { order, change } = yield* attempt(sale, actor)
          const committed = yield* storage.commit(change)
          countChange(change)
          yield* Effect.forEach(committed.short, settleShortage, { discard: true })
          return { order, created: true }
        }).pipe(
          Effect.retry({ times: VERSION_RETRIES, while: (error) => error._tag === "VersionConflict" }),
          Effect.catchTags({
            Duplicate: (error) => repeated(sale, error),
            // A sale never raises a reservation, so nothing can be refused for want of stock.
            InsufficientStock: (error) => Effect.die(error)
          })
        )

      return Sales.of({ record, settleShortages: (cells) => Effect.forEach(cells, settleShortage, { discard: true }) })
    })
  )
}
