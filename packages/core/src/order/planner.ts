import { Context, Effect, Layer } from "effect"
import { AdapterRegistry, requirePort, servingPort } from "../adapter/registry.ts"
import type { Port, PortService, PortSpec } from "../adapter/port.ts"
import { type KnownRoads, roadAsker, ROADS_UNASKED } from "../assembly/ask-roads.ts"
import type { Link } from "../assembly/chain.ts"
import { geocodingPort } from "../assembly/geocoding.ts"
import { type Located, locator, NOT_ASKED } from "../assembly/locate.ts"
import { distanceMatrixPort } from "../assembly/matrix.ts"
import type { AssemblyPlan } from "../assembly/model.ts"
import type { Candidate, PlanRequest, WantedLine } from "../assembly/ports.ts"
import { measureBy } from "../assembly/roads.ts"
import { AssemblyPolicyRef, GeoChains } from "../assembly/service.ts"
import { aboutOrder } from "../exchange/log.ts"
import { Network } from "../network/service.ts"
import { Storage } from "../store/ports.ts"
import { closedForOrder } from "./edit.ts"
import type { Facts } from "./facts.ts"
import { pickupPlan } from "./intake.ts"
import type { Order } from "./model.ts"

/** What was learnt outside before an order is planned: where its client is, and the roads there. */
export interface Surroundings {
  readonly located: Located
  readonly known: KnownRoads
}

/** How long those outside are waited for, in milliseconds. */
export interface Patience {
  readonly geocoders: number
  readonly matrices: number
}

/** Intake answers within 2 s (D15): this leaves time for its two commits. */
export const INTAKE_PATIENCE: Patience = { geocoders: 1_100, matrices: 600 }
/** Nobody waits for the job but the order. */
export const JOB_PATIENCE: Patience = { geocoders: 2_500, matrices: 1_000 }

/** Turns orders into plans: from the stock image, by the assembly policy in force. */
export class Planner extends Context.Service<Planner, {
  /** Must somebody outside be asked before this order can be planned? */
  readonly asksOutside: (order: Order) => boolean
  /** Asks geocoders and matrices, each in turn (ASM-2). `facts`: to know which roads matter. */
  readonly lookAround: (order: Order, facts: Facts, patience: Patience) => Effect.Effect<Surroundings>
  readonly plan: (order: Order, facts: Facts, surroundings: Surroundings) => AssemblyPlan
}>()("@aptekit/core/order/Planner") {
  static readonly layer = Layer.effect(
    Planner,
    Effect.gen(function*() {
      const storage = yield* Storage
      const network = yield* Network
      const registry = yield* AdapterRegistry
      const assembly = yield* AssemblyPolicyRef
      const chains = yield* GeoChains
      const image = storage.stock.image

      /** The named connections in their order, or all that serve the port. */
      const linksOf = <M extends PortSpec>(port: Port<string, M>, names: ReadonlyArray<string> | undefined) =>
        Effect.gen(function*() {
          if (names === undefined) return servingPort(registry, port)
          const links: Array<Link<PortService<M>>> = []
          for (const connection of names) links.push({ connection, service: yield* requirePort(registry, port, connection) })
          return links
        })

      const geocoders = yield* linksOf(geocodingPort, chains.geocoders)
      const matrices = yield* linksOf(distanceMatrixPort, chains.matrices)
      const ask = locator(geocoders)
      const askRoads = roadAsker(matrices, assembly)

      const locate = (order: Order, patience: number): Effect.Effect<Located> => {
        const { delivery } = order
        if (delivery.type === "pickup") return Effect.succeed(NOT_ASKED)
        const { point, text } = delivery.address
        if (point !== null) return Effect.succeed({ ...NOT_ASKED, point })
        if (geocoders.length === 0) {
          return Effect.succeed({ ...NOT_ASKED, kind: "unclear", notes: ["no geocoder is configured"] })
        }
        return ask(text, network.view().policy(order.channelId, null).addressPrecision, patience).pipe(aboutOrder(order.id))
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

      const requestOf = (order: Order, facts: Facts, { located, known }: Surroundings): PlanRequest => {
        const policy = facts.policy(null)
        return {
          lines: wanted(order, facts),
          candidates: candidates(facts),
          client: located.point,
          split: policy.split,
          depthMargin: policy.depthMargin,
          available: facts.availableAt,
          notes: [...located.notes, ...known.notes],
          ...measureBy(known.roads, policy)
        }
      }

      const lookAround = (order: Order, facts: Facts, patience: Patience): Effect.Effect<Surroundings> =>
        Effect.gen(function*() {
          const located = yield* locate(order, patience.geocoders)
          const near: Surroundings = { located, known: ROADS_UNASKED }
          if (matrices.length === 0 || located.point === null) return near
          return { located, known: yield* askRoads(requestOf(order, facts, near), facts.policy(null), patience.matrices).pipe(aboutOrder(order.id)) }
        })

      return Planner.of({
        asksOutside: ({ delivery }) =>
          delivery.type === "courier" &&
          (delivery.address.point === null ? geocoders.length > 0 : matrices.length > 0),
        lookAround,
        plan: (order, facts, surroundings) =>
          order.delivery.type === "pickup"
            ? pickupPlan(order, order.delivery.branchId)
            : assembly.plan(requestOf(order, facts, surroundings))
      })
    })
  )
}
