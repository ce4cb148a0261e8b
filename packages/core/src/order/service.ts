import { Clock, Context, Effect, Layer, Result } from "effect"
import { askedBy } from "../exchange/log.ts"
import { type Actor, SYSTEM } from "../kernel/actor.ts"
import { InvalidInput, KeyConflict, NotFound, type Refused } from "../kernel/errors.ts"
import { FulfilmentId, OrderId, type ProductId } from "../kernel/ids.ts"
import { MINUTE } from "../kernel/time.ts"
import { nextUuid } from "../kernel/uuid.ts"
import type { Channel } from "../network/model.ts"
import { Network } from "../network/service.ts"
import type { IdempotencyKey } from "../store/change.ts"
import { type Duplicate, StorageUnavailable, type VersionConflict } from "../store/errors.ts"
import { Storage } from "../store/ports.ts"
import { changeOfOrder } from "./change.ts"
import type { Command } from "./commands.ts"
import { intakeDecider } from "./deciding.ts"
import { openCase, ruled } from "./edit.ts"
import { type IntakeFacts, placedOrder } from "./intake.ts"
import { isEnded } from "./life.ts"
import type { Order } from "./model.ts"
import { OrderNumbers } from "./numbers.ts"
import { type PaymentReport, reportPayment as applyPayment } from "./payment.ts"
import { INTAKE_PATIENCE, JOB_PATIENCE, type Patience, Planner } from "./planner.ts"
import { productsAsked } from "./products-asked.ts"
import { differingFields, fingerprint, type OrderRequest } from "./request.ts"
import { mayChange, resent, withOwnHolds } from "./resend.ts"
import { decideAll, decideById } from "./rules.ts"
import { OrderUnit, type UpdateError } from "./unit.ts"

/** An answered order: `created` false when the same request came before. */
export interface Placed {
  readonly order: Order
  readonly created: boolean
}

/** How taking an order in may fail. */
export type PlaceError = InvalidInput | KeyConflict | NotFound | Refused | StorageUnavailable | VersionConflict

/** How a command came. */
export interface CommandOptions {
  readonly actor: Actor
  readonly ifMatch?: number | undefined
  readonly idempotencyKey?: string | undefined
}

/** The answer waits no longer for planning (D15). */
const PLANNING_PATIENCE = "2 seconds"
/** An address that no service could look up for so long goes to a person. */
const GEOCODER_PATIENCE = MINUTE

/** Orders: intake, automatic processing, the commands of their parts. */
export class Orders extends Context.Service<Orders, {
  readonly place: (request: OrderRequest, actor: Actor) => Effect.Effect<Placed, PlaceError>
  /** One transition of a fulfilment (`TRANSITIONS`). */
  readonly command: (
    fulfilmentId: FulfilmentId,
    command: Command,
    options: CommandOptions
  ) => Effect.Effect<Order, UpdateError>
  /** Cancels every open part, or none (ORD-13). */
  readonly cancel: (orderId: OrderId, reason: string, options: CommandOptions) => Effect.Effect<Order, UpdateError>
  /** Money came or went back: a fact, once (ORD-21). */
  readonly reportPayment: (orderId: OrderId, report: PaymentReport, options: CommandOptions) => Effect.Effect<Order, UpdateError>
  /** Plans an order that is still `placed`: what intake could not finish in time. */
  readonly settle: (orderId: OrderId) => Effect.Effect<Order, UpdateError>
  /** Ends what is due in one order (D10, D11). */
  readonly sweep: (orderId: OrderId) => Effect.Effect<Order, UpdateError>
}>()("@aptekit/core/order/Orders") {
  static readonly layer = Layer.effect(
    Orders,
    Effect.gen(function*() {
      const storage = yield* Storage
      const network = yield* Network
      const numbers = yield* OrderNumbers
      const planner = yield* Planner
      const unit = yield* OrderUnit

      const update = unit.update

      const { decideIntake, sweep, sweepAll } = intakeDecider({ storage, network, planner, unit })

      const check = (request: OrderRequest): Effect.Effect<Channel, InvalidInput> => {
        const view = network.view()
        const channel = view.channel(request.channel)
        const issue = (path: string, message: string) =>
          Effect.fail(new InvalidInput({ message: `The order cannot be taken: ${path}: ${message}`, issues: [{ path, message }] }))
        if (channel === undefined || !channel.active) return issue("channel", "unknown or closed channel; use one of this network")
        const { delivery } = request
        if (delivery.type === "pickup" && view.branch(delivery.branchId) === undefined) {
          return issue("delivery.branchId", "unknown branch; GET /api/v1/branches lists them")
        }
        return Effect.succeed(channel)
      }

      const place = (request: OrderRequest, actor: Actor): Effect.Effect<Placed, PlaceError> =>
        Effect.gen(function*() {
          const channel = yield* check(request)
          const products = yield* productsAsked(storage, request)
          const policy = network.view().policy(channel.id, null)
          if (policy.unknownProduct === "refuse" && products.includes(null)) {
            const path = `lines[${products.indexOf(null)}]`
            const message = "unknown product; this channel takes only products of the catalogue"
            return yield* new InvalidInput({ message: `${path}: ${message}`, issues: [{ path, message }] })
          }
          const known = new Map(products.flatMap((p) => (p === null ? [] : [[p.id, p] as const])))
          const orderId = OrderId.make(yield* nextUuid)
          const fulfilmentId = FulfilmentId.make(yield* nextUuid)
          const number = yield* numbers.next
          const attempt = Effect.gen(function*() {
            const facts = yield* unit.facts(channel.id, actor, known)
            const intake: IntakeFacts = {
              facts, channel, orderId, number, fulfilmentIds: [fulfilmentId], products, replaces: null
            }
            const placed = placedOrder(request, intake)
            const decided = planner.asksOutside(placed)
              ? placed
              : yield* Effect.flatMap(planner.lookAround(placed, facts, INTAKE_PATIENCE), (around) =>
                decideIntake(placed, facts, around))
            const change = changeOfOrder(null, decided, yield* unit.meta(facts, "order.placed"))
            return { order: change.orders[0]!.after, change }
          })
          const { order } = yield* unit.commit(attempt).pipe(
            Effect.tapError((error) => Effect.sync(() => {
              // Its own commit may be what it met, where an answer was lost (D18): then the number is taken.
              if (error._tag === "Duplicate" && error.orderId !== orderId) numbers.giveBack(number)
            }))
          )
          if (order.fulfilments[0]!.status !== "placed") return { order, created: true }
          const planned = yield* settleWithin(order.id, INTAKE_PATIENCE).pipe(
            Effect.timeoutOption(PLANNING_PATIENCE),
            Effect.catch(() => Effect.succeedNone)
          )
          return { order: planned._tag === "Some" ? planned.value : order, created: true }
        }).pipe(Effect.catchTag("Duplicate", (error) => repeated(request, error, actor)), askedBy(actor))

      /** The customer's own change, sent again under the same key (ORD-13): decided anew, or refused with the reason. */
      const change = (found: Order, request: OrderRequest, actor: Actor) =>
        Effect.gen(function*() {
          const channel = yield* check(request)
          const products = yield* productsAsked(storage, request)
          const own = found.fulfilments.flatMap((f) => f.lines).flatMap((l) => (l.productId === null ? [] : [l.productId]))
          const known = new Map([
            ...(yield* unit.products(own)),
            ...products.flatMap((p) => (p === null ? [] : [[p.id, p] as const]))
          ])
          const attempt = Effect.gen(function*() {
            const before = yield* storage.orders.byId(found.id)
            if (before === null) return yield* NotFound.of("order", found.id)
            const allowed = mayChange(before)
            if (Result.isFailure(allowed)) return yield* allowed.failure
            const facts = yield* unit.facts(channel.id, actor, known)
            const placed = placedOrder(request, {
              facts,
              channel,
              orderId: before.id,
              number: before.number,
              fulfilmentIds: before.fulfilments.map((f) => f.id),
              products,
              replaces: before.replaces
            })
            const around = yield* planner.lookAround(placed, withOwnHolds(facts, before), INTAKE_PATIENCE)
            if (around.located.kind === "unreachable") {
              // Without a point the order would lose what it holds: the change waits, the order stays as it is.
              const message = "The service that looks addresses up does not answer; send the change again later."
              return yield* new StorageUnavailable({ message, outcome: "notApplied" })
            }
            const decided = yield* decideIntake(placed, facts, around, before)
            const changed = changeOfOrder(before, resent(before, decided, facts), {
              ...(yield* unit.meta(facts, "order.changed")),
              reason: "changedByCustomer"
            })
            return { order: changed.orders[0]!.after, change: changed }
          })
          return (yield* unit.commit(attempt).pipe(
            Effect.retry({ times: 3, while: (error) => error._tag === "VersionConflict" }),
            Effect.catchTag("Duplicate", (error) => Effect.die(error))
          )).order
        })

      /** The intake key came before: the same order as it is now, or a conflict that names the fields (D15). */
      const repeated = (request: OrderRequest, error: Duplicate, actor: Actor): Effect.Effect<Placed, PlaceError> =>
        Effect.gen(function*() {
          const order = yield* storage.orders.byKey(request.channel, request.externalId)
          if (order === null) return yield* Effect.die(error)
          const country = network.view().policy(request.channel, null).phoneCountry
          const again = fingerprint(request, country)
          if (again === order.request) return { order, created: false }
          if (network.view().policy(request.channel, null).resendIsChange) {
            return { order: yield* change(order, request, actor), created: false }
          }
          const fields = differingFields(order.request, again)
          return yield* new KeyConflict({
            fields,
            message: `Order ${request.externalId} of this channel exists with other contents (${fields.join(", ")}). ` +
              "Send a new externalId, or the same body."
          })
        })

      const settleWithin = (orderId: OrderId, patience: Patience): Effect.Effect<Order, UpdateError> =>
        Effect.gen(function*() {
          const found = yield* storage.orders.byId(orderId)
          if (found === null) return yield* NotFound.of("order", orderId)
          if (found.fulfilments.some((f) => f.status !== "placed")) return found
          const ids = found.fulfilments[0]!.lines.flatMap((line) => (line.productId === null ? [] : [line.productId]))
          const known = yield* unit.products(ids)
          // Outside of the commit, which may be tried again: nobody is asked twice.
          const around = yield* planner.lookAround(found, yield* unit.facts(found.channelId, SYSTEM, known), patience)
          const unreachable = around.located.kind === "unreachable"
          const now = yield* Clock.currentTimeMillis
          if (unreachable && now - found.createdAt < GEOCODER_PATIENCE) return found
          const attempt = Effect.gen(function*() {
            const order = yield* storage.orders.byId(orderId)
            if (order === null) return yield* NotFound.of("order", orderId)
            if (order.fulfilments.some((f) => f.status !== "placed")) return { order, change: null }
            const facts = yield* unit.facts(order.channelId, SYSTEM, known)
            const planned = yield* decideIntake(order, facts, around)
            const decided = unreachable ? openCase(planned, 1, "partnerUnreachable", facts.now) : planned
            const change = changeOfOrder(order, decided, yield* unit.meta(facts, "order.settled"))
            return { order: change.orders[0]!.after, change }
          })
          return (yield* unit.commit(attempt)).order
        }).pipe(Effect.catchTag("Duplicate", (error) => Effect.die(error)))

      const keyOf = (target: string, name: string, input: unknown, options: CommandOptions): IdempotencyKey | null =>
        options.idempotencyKey === undefined
          ? null
          : {
            scope: `${options.actor.kind}/${options.actor.id}`,
            key: options.idempotencyKey,
            fingerprint: JSON.stringify([target, name, input])
          }

      /**
       * A wish refused for want of stock while due reservations still hold it: they are let go, and it is decided once
       * more (D10).
       */
      const withDueReleased = (attempt: Effect.Effect<Order, UpdateError>): Effect.Effect<Order, UpdateError> =>
        Effect.catchTag(attempt, "Refused", (refused) =>
          Effect.gen(function*() {
            const now = yield* Clock.currentTimeMillis
            const due = refused.code === "insufficientStock" ? yield* storage.orders.dueUnits(now) : []
            if (due.length === 0) return yield* refused
            yield* sweepAll(due)
            return yield* attempt
          }))

      const command = (fulfilmentId: FulfilmentId, wish: Command, options: CommandOptions) =>
        withDueReleased(update({
          load: storage.orders.byFulfilment(fulfilmentId),
          what: { kind: "fulfilment", id: fulfilmentId },
          type: `fulfilment.${wish.name}`,
          actor: options.actor,
          ifMatch: options.ifMatch,
          key: keyOf(fulfilmentId, wish.name, wish.input, options),
          products: productsOf(wish),
          decide: (order, facts) => decideById(order, fulfilmentId, wish, facts)
        }))

      const cancel = (orderId: OrderId, reason: string, options: CommandOptions) =>
        update({
          load: storage.orders.byId(orderId),
          what: { kind: "order", id: orderId },
          type: "fulfilment.cancel",
          actor: options.actor,
          ifMatch: options.ifMatch,
          key: keyOf(orderId, "cancel", { reason }, options),
          decide: (order, facts) =>
            order.fulfilments.every((f) => isEnded(f.status))
              ? decideById(order, order.fulfilments[0]!.id, { name: "cancel", input: { reason } }, facts)
              : decideAll(order, { name: "cancel", input: { reason } }, facts)
        })

      const reportPayment = (orderId: OrderId, report: PaymentReport, options: CommandOptions) =>
        update({
          load: storage.orders.byId(orderId),
          what: { kind: "order", id: orderId },
          type: report.state === "paid" ? "order.paid" : "order.refunded",
          actor: options.actor,
          decide: (order) => ruled(applyPayment(order, report), report.reference)
        })

      const settle = (orderId: OrderId) => settleWithin(orderId, JOB_PATIENCE)

      return Orders.of({ place, command, cancel, reportPayment, settle, sweep })
    })
  )
}

/** Products that a command names beyond those of the order. */
const productsOf = (command: Command): ReadonlyArray<ProductId> => {
  if (command.name === "substitute") return [command.input.productId]
  if (command.name === "changeLines") {
    return command.input.lines.flatMap((line) => (line.productId === undefined ? [] : [line.productId]))
  }
  return []
}
