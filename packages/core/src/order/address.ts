import { Context, Effect, Layer, Result, Schema } from "effect"
import { MAX_CANDIDATES } from "../assembly/geocoding.ts"
import { askedBy } from "../exchange/log.ts"
import { NotFound, Refused } from "../kernel/errors.ts"
import type { OrderId } from "../kernel/ids.ts"
import { Network } from "../network/service.ts"
import { Point } from "../network/model.ts"
import type { OperatorCase } from "../operator/model.ts"
import { VersionConflict } from "../store/errors.ts"
import { Storage } from "../store/ports.ts"
import { changeOfOrder } from "./change.ts"
import { intakeDecider } from "./deciding.ts"
import { closeCase, newPart } from "./edit.ts"
import type { Delivery, Order } from "./model.ts"
import { INTAKE_PATIENCE, Planner } from "./planner.ts"
import { decidedAnew, isReplaced, withOwnHolds } from "./resend.ts"
import type { CommandOptions } from "./service.ts"
import { OrderUnit, type UpdateError } from "./unit.ts"

/** Which place a person says that an unclear address means: one of the case's candidates, or a point on the map. */
export const ConfirmedAddress = Schema.Struct({
  /** A candidate of the case, counted from 0. */
  candidate: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: MAX_CANDIDATES - 1 }))),
  point: Schema.optionalKey(Point),
  /** How the address should read; left out, the buyer's words stay, with the flat that no geocoder knows. */
  address: Schema.optionalKey(Schema.NonEmptyString.check(Schema.isMaxLength(500)))
}).check(
  Schema.makeFilter(({ candidate, point }: { readonly candidate?: number; readonly point?: Point }) =>
    (candidate === undefined) !== (point === undefined) || "exactly one of candidate, point")
).annotate({ identifier: "ConfirmedAddress" })
export type ConfirmedAddress = typeof ConfirmedAddress.Type

/** Kept with the case and the event: a code, for an address is personal (D25). */
const CONFIRMED = "addressConfirmed"

const refused = (code: string, state: string, message: string): Refused =>
  new Refused({ code, command: "confirmAddress", state, allowed: [], message: `confirmAddress refused: ${message}` })

/** Where the order is delivered once the address is confirmed, or why that cannot be said here. */
const confirmed = (order: Order, found: OperatorCase, wish: ConfirmedAddress): Result.Result<Delivery, Refused> => {
  const { delivery } = order
  if (found.closedAt !== null) {
    return Result.fail(refused("caseClosed", "closed", "this case is closed already; read the order again."))
  }
  if (found.reason !== "addressUnclear" || delivery.type !== "courier") {
    return Result.fail(refused("notAnAddress", "open", "this case is not about an address; settle it by a command of its part."))
  }
  const point = wish.point ?? found.candidates?.[wish.candidate!]?.point
  if (point === undefined) {
    const count = found.candidates?.length ?? 0
    const choice = count === 0 ? "the case has no candidates; give the point" : `the case has the candidates 0 to ${count - 1}`
    return Result.fail(refused("noCandidate", "open", `${choice}.`))
  }
  return Result.succeed({ type: "courier", address: { text: wish.address ?? delivery.address.text, point } })
}

/** Nothing of it is with a branch, sold or over: only then may a plan deal its lines out anew. */
const mayPlan = ({ fulfilments }: Order): boolean =>
  fulfilments.every((f) => isReplaced(f) || f.status === "operator" && f.lines.every((line) => line.sold === 0))

/** The order as it came, with what operators have made of its lines since. */
const unplanned = (order: Order, delivery: Delivery): Order => {
  const lines = order.fulfilments.filter((f) => !isReplaced(f)).flatMap((f) => f.lines)
    .toSorted((a, b) => a.lineId - b.lineId).map((line) => ({ ...line, held: 0, scanned: 0 }))
  return { ...order, delivery, cases: [], plan: null, fulfilments: [newPart(order.fulfilments[0]!.id, 1, lines)] }
}

/** Unclear addresses, settled by a person (ASM-2, ORD-4). */
export class Addresses extends Context.Service<Addresses, {
  /**
   * Confirms the address of an open `addressUnclear` case: the order gets its point, the case is closed, and the order
   * is planned as if it had come with that point. Where a part has gone to a branch meanwhile, nothing is planned: the
   * rest stays with the operator.
   * @throws NotFound, Refused, VersionConflict
   */
  readonly confirm: (
    orderId: OrderId,
    caseId: number,
    address: ConfirmedAddress,
    options: Pick<CommandOptions, "actor" | "ifMatch">
  ) => Effect.Effect<Order, UpdateError>
}>()("@aptekit/core/order/Addresses") {
  static readonly layer = Layer.effect(
    Addresses,
    Effect.gen(function*() {
      const [storage, network, planner, unit] = [yield* Storage, yield* Network, yield* Planner, yield* OrderUnit]
      const { decideIntake } = intakeDecider({ storage, network, planner, unit })

      const confirm: Addresses["Service"]["confirm"] = (orderId, caseId, wish, { actor, ifMatch }) => {
        const attempt = Effect.gen(function*() {
          const before = yield* storage.orders.byId(orderId)
          const found = before?.cases.find((one) => one.caseId === caseId)
          if (before === null || found === undefined) return yield* NotFound.of("case", `${orderId}/${caseId}`)
          if (ifMatch !== undefined && ifMatch !== before.version) return yield* VersionConflict.of(before.id)
          const delivery = yield* Effect.fromResult(confirmed(before, found, wish))
          const own = before.fulfilments.flatMap((f) => f.lines).flatMap((l) => (l.productId === null ? [] : [l.productId]))
          const facts = yield* unit.facts(before.channelId, actor, yield* unit.products(own))
          const seen = closeCase(before, caseId, facts.now, CONFIRMED)
          const meta = { ...(yield* unit.meta(facts, "order.located")), reason: CONFIRMED }
          if (!mayPlan(before)) {
            const change = changeOfOrder(before, { ...seen, delivery }, meta)
            return { order: change.orders[0]!.after, change }
          }
          const placed = unplanned(before, delivery)
          const { known, located } = yield* planner.lookAround(placed, withOwnHolds(facts, before), INTAKE_PATIENCE)
          const around = { known, located: { ...located, notes: ["address confirmed by a person"] } }
          const decided = yield* decideIntake(placed, facts, around, before)
          const change = changeOfOrder(before, decidedAnew(seen, decided, facts, CONFIRMED), meta)
          return { order: change.orders[0]!.after, change }
        })
        return unit.commit(attempt).pipe(
          askedBy(actor),
          Effect.retry({ times: 3, while: (error) => error._tag === "VersionConflict" && ifMatch === undefined }),
          Effect.map(({ order }) => order),
          // It carries no key.
          Effect.catchTag("Duplicate", (error) => Effect.die(error))
        )
      }

      return Addresses.of({ confirm })
    })
  )
}
