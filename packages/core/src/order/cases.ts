import { Context, Effect, Layer, Result } from "effect"
import type { Actor } from "../kernel/actor.ts"
import { Refused } from "../kernel/errors.ts"
import type { FulfilmentId, OrderId } from "../kernel/ids.ts"
import type { CaseReason } from "../operator/model.ts"
import { Storage } from "../store/ports.ts"
import { closeCase, closeReason, noteCase, ruled } from "./edit.ts"
import type { Order } from "./model.ts"
import type { CommandOptions } from "./service.ts"
import { OrderUnit, type UpdateError } from "./unit.ts"

/** A comment of a case at the longest; screens show it whole. */
const LONGEST = 2_000

/** Cases that no command opens or closes: those of partners, and those that a person has seen to. */
export class Cases extends Context.Service<Cases, {
  /** Opens a case once, on an ended order too; the same comment again changes nothing. */
  readonly note: (
    fulfilmentId: FulfilmentId,
    reason: CaseReason,
    comment: string,
    actor: Actor
  ) => Effect.Effect<Order, UpdateError>
  /** What was to be seen to has settled itself: closes the part's open cases of these reasons. */
  readonly settle: (
    fulfilmentId: FulfilmentId,
    reasons: ReadonlyArray<CaseReason>,
    actor: Actor
  ) => Effect.Effect<Order, UpdateError>
  /** A person has seen to it. @throws NotFound, Refused where it is closed already */
  readonly close: (
    orderId: OrderId,
    caseId: number,
    comment: string,
    options: CommandOptions
  ) => Effect.Effect<Order, UpdateError>
}>()("@aptekit/core/order/Cases") {
  static readonly layer = Layer.effect(
    Cases,
    Effect.gen(function*() {
      const storage = yield* Storage
      const unit = yield* OrderUnit
      const partOf = (order: Order, id: FulfilmentId): number => order.fulfilments.find((f) => f.id === id)!.part

      const note = (id: FulfilmentId, reason: CaseReason, comment: string, actor: Actor) =>
        unit.update({
          load: storage.orders.byFulfilment(id),
          what: { kind: "fulfilment", id },
          type: "case.opened",
          about: `/${reason}`,
          actor,
          decide: (order, { now }) => ruled(noteCase(order, partOf(order, id), reason, comment.slice(0, LONGEST), now), reason)
        })

      const settle = (id: FulfilmentId, reasons: ReadonlyArray<CaseReason>, actor: Actor) =>
        unit.update({
          load: storage.orders.byFulfilment(id),
          what: { kind: "fulfilment", id },
          type: "case.closed",
          about: `/${reasons.join()}`,
          actor,
          decide: (order, { now }) =>
            ruled(reasons.reduce((next, reason) => closeReason(next, partOf(order, id), reason, now), order), "settled")
        })

      const close = (orderId: OrderId, caseId: number, comment: string, options: CommandOptions) =>
        unit.update({
          load: Effect.map(storage.orders.byId(orderId), (order) =>
            order?.cases.some((c) => c.caseId === caseId) === true ? order : null),
          what: { kind: "case", id: `${orderId}/${caseId}` },
          type: "case.closed",
          actor: options.actor,
          ifMatch: options.ifMatch,
          decide: (order, { now }) => {
            const next = closeCase(order, caseId, now, comment)
            return next === order ? refusedClosed : ruled(next, "seenTo")
          }
        })

      return Cases.of({ note, settle, close })
    })
  )
}

const refusedClosed = Result.fail(
  new Refused({
    code: "caseClosed",
    command: "closeCase",
    state: "closed",
    allowed: [],
    message: "This case is closed already; read the order again."
  })
)
