import { Effect, Result } from "effect"
import type { Located } from "../assembly/locate.ts"
import type { AssemblyPlan } from "../assembly/model.ts"
import { SYSTEM } from "../kernel/actor.ts"
import { FulfilmentId, type OrderId } from "../kernel/ids.ts"
import { nextUuid } from "../kernel/uuid.ts"
import type { Network } from "../network/service.ts"
import type { StorageUnavailable } from "../store/errors.ts"
import type { HeldUnits, StorageService } from "../store/ports.ts"
import { isTracked, missing, ruled, withFulfilment } from "./edit.ts"
import type { Facts } from "./facts.ts"
import { MAX_PARTS, settleIntake } from "./intake.ts"
import type { Order } from "./model.ts"
import type { Planner, Surroundings } from "./planner.ts"
import { withOwnHolds } from "./resend.ts"
import { decideById } from "./rules.ts"
import type { OrderUnit } from "./unit.ts"

interface Parts {
  readonly storage: StorageService
  readonly network: Network["Service"]
  readonly planner: Planner["Service"]
  readonly unit: OrderUnit["Service"]
}

/** Automatic processing with its second look at a shortage, for whoever has an order planned: intake, a change, an address. */
export const intakeDecider = ({ storage, network, planner, unit }: Parts) => {
  const sweep = (orderId: OrderId) =>
    unit.update({
      load: storage.orders.byId(orderId),
      what: { kind: "order", id: orderId },
      type: "fulfilment.expire",
      actor: SYSTEM,
      decide: (order, facts) => {
        const due = order.fulfilments.filter((f) => f.sweepAt !== null && f.sweepAt <= facts.now)
        let swept = order
        let reason = "reservationEnded"
        for (const f of due) {
          const ruling = decideById(swept, f.id, { name: "expire", input: {} }, facts)
          if (Result.isSuccess(ruling)) swept = ruling.success.order
          // Policy has changed since: written anew, the part leaves the sweeper's list for the people's.
          else if (ruling.failure.code === "personDecides") swept = withFulfilment(swept, { ...f })
          if (Result.isFailure(ruling)) reason = ruling.failure.code
        }
        return ruled(swept, reason)
      }
    })

  /** Ends the orders whose due reservations hold these units. */
  const sweepAll = (due: ReadonlyArray<HeldUnits>): Effect.Effect<void, StorageUnavailable> =>
    Effect.forEach(new Set(due.map((held) => held.orderId)), (id) =>
      sweep(id).pipe(Effect.catchTags({
        // Somebody else ended it a moment ago, which is what was wanted.
        Refused: () => Effect.void,
        NotFound: () => Effect.void,
        VersionConflict: () => Effect.void,
        KeyConflict: () => Effect.void
      })), { discard: true })

  /**
   * Before 'nowhere available' becomes a case: goods of due reservations are let go, and the database says what
   * it has, which repairs the image (D5, D10). Asked once per order.
   */
  const confirmShortage = (order: Order, facts: Facts): Effect.Effect<void, StorageUnavailable> =>
    Effect.gen(function*() {
      const ids = new Set(order.fulfilments.flatMap((f) => f.lines).map((line) => line.productId))
      const due = (yield* storage.orders.dueUnits(facts.now)).filter((held) => ids.has(held.productId))
      yield* sweepAll(due)
      const branches = order.delivery.type === "pickup"
        ? [order.delivery.branchId]
        : network.view().branches.map((branch) => branch.id)
      const cells = [...ids].flatMap((productId) =>
        productId === null ? [] : branches.map((branchId) => ({ productId, branchId }))
      )
      yield* storage.stock.levels(cells)
    })

  const isShort = (order: Order, facts: Facts): boolean =>
    order.plan?.outcome === "impossible" ||
    order.fulfilments.some((f) =>
      f.branchId !== null && facts.policy(f.branchId).reserveAt === "intake" &&
      f.lines.some((line) =>
        line.productId !== null && missing(line) > 0 &&
        isTracked(facts, line.productId, facts.branch(f.branchId!))
      )
    )

  /** Part ids go on where the order had parts before; the rest are new. */
  const settled = (order: Order, holder: Order, plan: AssemblyPlan, facts: Facts, located: Located) =>
    Effect.map(
      Effect.forEach(plan.parts.slice(holder.fulfilments.length, MAX_PARTS), () => nextUuid),
      (fresh) => {
        const ids = [...holder.fulfilments.map((f) => f.id), ...fresh.map((id) => FulfilmentId.make(id))]
        return settleIntake(order, plan, ids, facts, located)
      }
    )

  /**
   * Plans and settles; a shortage is confirmed once before it is believed. `holder` is the order as it stands, whose
   * own holds count as free: they are let go in the same commit.
   */
  const decideIntake = (
    order: Order,
    world: Facts,
    around: Surroundings,
    holder: Order = order
  ) =>
    Effect.gen(function*() {
      const facts = holder === order ? world : withOwnHolds(world, holder)
      const decide = Effect.suspend(() =>
        settled(order, holder, planner.plan(order, facts, around), facts, around.located))
      const first = yield* decide
      if (!isShort(first, facts)) return first
      yield* confirmShortage(order, facts)
      return yield* decide
    })

  return { decideIntake, sweep, sweepAll }
}
