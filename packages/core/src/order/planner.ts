import { Context, Effect, Layer } from "effect"
import { geocodingPort } from "../assembly/geocoding.ts"
import { AdapterRegistry, findPort } from "../adapter/registry.ts"
import { greatCircle } from "../assembly/distance.ts"
import type { AssemblyPlan } from "../assembly/model.ts"
import type { Candidate, WantedLine } from "../assembly/ports.ts"
import { AssemblyPolicyRef } from "../assembly/service.ts"
import { Network } from "../network/service.ts"
import type { Point } from "../network/model.ts"
import { Storage } from "../store/ports.ts"
import { closedForOrder } from "./edit.ts"
import type { Facts } from "./facts.ts"
import { pickupPlan } from "./intake.ts"
import type { Order } from "./model.ts"

/** What became of an address (ASM-2). */
export type Located =
  | { readonly kind: "point"; readonly point: Point | null; readonly notes: ReadonlyArray<string> }
  | { readonly kind: "unreachable"; readonly notes: ReadonlyArray<string> }

/** Turns orders into plans: from the stock image, by the assembly policy in force. */
export class Planner extends Context.Service<Planner, {
  /** Must somebody outside be asked before this order can be planned? */
  readonly needsGeocoder: (order: Order) => boolean
  readonly locate: (order: Order) => Effect.Effect<Located>
  readonly plan: (order: Order, facts: Facts, point: Point | null, notes: ReadonlyArray<string>) => AssemblyPlan
}>()("@aptekit/core/order/Planner") {
  static readonly layer = Layer.effect(
    Planner,
    Effect.gen(function*() {
      const storage = yield* Storage
      const network = yield* Network
      const registry = yield* AdapterRegistry
      const assembly = yield* AssemblyPolicyRef
      const image = storage.stock.image
      const geocoder = findPort(registry, geocodingPort)

      const locate = (order: Order): Effect.Effect<Located> => {
        const { delivery } = order
        if (delivery.type === "pickup") return Effect.succeed({ kind: "point", point: null, notes: [] })
        if (delivery.address.point !== null) {
          return Effect.succeed({ kind: "point", point: delivery.address.point, notes: [] })
        }
        if (geocoder === undefined) {
          return Effect.succeed({ kind: "point", point: null, notes: ["no geocoder is configured"] })
        }
        return geocoder.service.geocode({ address: delivery.address.text }).pipe(
          Effect.map((answer): Located => ({
            kind: "point",
            point: answer.point,
            notes: [`address located by ${geocoder.connection}`]
          })),
          Effect.catch((error) =>
            Effect.succeed<Located>({ kind: "unreachable", notes: [`geocoder ${geocoder.connection}: ${error.reason}`] })
          )
        )
      }

      const candidates = (facts: Facts): ReadonlyArray<Candidate> =>
        network.view().branches.map((branch) => ({
          branch,
          slot: image.branchSlot(branch.id),
          open: branch.active && !closedForOrder(facts, branch)
        }))

      const wanted = (order: Order, facts: Facts): ReadonlyArray<WantedLine> =>
        order.fulfilments.flatMap((f) => f.lines).flatMap((line) => {
          const product = line.productId === null ? undefined : facts.product(line.productId)
          if (product === undefined) return []
          return [{
            lineId: line.lineId,
            productId: product.id,
            quantity: line.quantity,
            slot: image.productSlot(product.id),
            tracked: product.stockControl,
            stopped: product.stopped
          }]
        })

      const plan = (order: Order, facts: Facts, point: Point | null, notes: ReadonlyArray<string>): AssemblyPlan => {
        if (order.delivery.type === "pickup") return pickupPlan(order, order.delivery.branchId)
        const policy = facts.policy(null)
        return assembly.plan({
          lines: wanted(order, facts),
          candidates: candidates(facts),
          client: point,
          split: policy.split,
          depthMargin: policy.depthMargin,
          available: facts.availableAt,
          distance: greatCircle,
          notes
        })
      }

      return Planner.of({
        needsGeocoder: (order) =>
          order.delivery.type === "courier" && order.delivery.address.point === null && geocoder !== undefined,
        locate,
        plan
      })
    })
  )
}
