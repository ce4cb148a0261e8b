import { greatCircle, nearestAssembly, type PlanRequest, type Point, ProductId } from "@aptekit/core"
import { makeBranch } from "@aptekit/core/testing"

/** A branch so many kilometres east of the client, with its units of product 0, 1, 2… */
export interface Place {
  readonly id: string
  readonly km: number
  readonly units: ReadonlyArray<number>
  readonly open?: boolean
  readonly active?: boolean
  readonly stockControl?: boolean
  readonly placed?: boolean
}

export interface Want {
  readonly product: number
  readonly quantity: number
  readonly tracked?: boolean
  readonly stopped?: boolean
}

export const CLIENT: Point = { lat: 43.25, lon: 76.9 }
const eastOf = (km: number): Point => ({ lat: CLIENT.lat, lon: CLIENT.lon + km / 81 })

export const requestOf = (
  places: ReadonlyArray<Place>,
  wants: ReadonlyArray<Want>,
  over: Partial<PlanRequest> = {}
): PlanRequest => ({
  lines: wants.map(({ product, quantity, tracked = true, stopped = false }, i) => ({
    lineId: i + 1,
    productId: ProductId.make(`p${product}`),
    quantity,
    slot: product,
    tracked,
    stopped
  })),
  candidates: places.map(({ id, km, open = true, active = true, stockControl = true, placed = true }, slot) => ({
    branch: makeBranch(id, { point: placed ? eastOf(km) : null, active, stockControl }),
    slot,
    open
  })),
  client: CLIENT,
  split: true,
  depthMargin: 2,
  available: (product, branch) => places[branch]!.units[product] ?? 0,
  distance: greatCircle,
  notes: [],
  ...over
})

/** The plan in one line: reason, then `branch: line×quantity …`. */
export const planned = (
  places: ReadonlyArray<Place>,
  wants: ReadonlyArray<Want>,
  over: Partial<PlanRequest> = {}
): string => {
  const plan = nearestAssembly.plan(requestOf(places, wants, over))
  const parts = plan.parts.map(({ branchId, lines }) =>
    `${branchId}: ${lines.map(({ lineId, quantity }) => `${lineId}×${quantity}`).join(" ")}`
  )
  return [plan.reason, ...parts].join("; ")
}
