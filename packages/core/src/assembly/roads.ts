import type { Branch, Point } from "../network/model.ts"
import type { Policy } from "../network/policy.ts"
import { greatCircle } from "./distance.ts"
import type { RoadWay } from "./matrix.ts"
import type { PlanRequest, Way } from "./ports.ts"

/** Ways by road that a matrix has answered; they are facts of a plan. Null: there is no road. */
export interface Roads {
  readonly get: (from: Point, to: Point) => RoadWay | null | undefined
  /** Who measured, each once; empty where nobody did. */
  readonly sources: ReadonlyArray<string>
}

export const NO_ROADS: Roads = { get: () => undefined, sources: [] }

const keyOf = ({ lat, lon }: Point): string => `${lat},${lon}`

/** An answer that is not a row for each of `from` with a cell for each of `to` says nothing. */
export const hasShape = (
  cells: ReadonlyArray<ReadonlyArray<unknown>>,
  from: ReadonlyArray<unknown>,
  to: ReadonlyArray<unknown>
): boolean => cells.length === from.length && cells.every((row) => row.length === to.length)

/** What was known, and a matrix more. */
export const addMatrix = (
  known: Roads,
  from: ReadonlyArray<Point>,
  to: ReadonlyArray<Point>,
  matrix: { readonly cells: ReadonlyArray<ReadonlyArray<RoadWay | null>>; readonly source: string }
): Roads => {
  const rows = new Map(from.map((a, i) => [keyOf(a), new Map(to.map((b, j) => [keyOf(b), matrix.cells[i]![j]!]))]))
  return {
    get: (a, b) => {
      const cell = rows.get(keyOf(a))?.get(keyOf(b))
      return cell === undefined ? known.get(a, b) : cell
    },
    sources: [...new Set([...known.sources, matrix.source])]
  }
}

/** Metres a second, stops and lights included: only to compare a way without a time with one that has it. */
const TOWN_SPEED = 7

type Measure = Required<Pick<PlanRequest, "distance" | "distances">> & Pick<PlanRequest, "way">

/**
 * How a plan measures (ASM-2): by road where that is known, elsewhere as the crow flies × `detourFactor`, the last
 * matrix. Without any road the plan pays for none of it.
 */
export const measureBy = (roads: Roads, policy: Pick<Policy, "detourFactor" | "nearestBy">): Measure => {
  const straight = (from: Point, to: Point): number => greatCircle(from, to) * policy.detourFactor
  const last = `great-circle × ${policy.detourFactor}`
  if (roads.sources.length === 0) return { distance: straight, distances: last }
  const way = (from: Point, to: Point): Way => {
    const road = roads.get(from, to)
    if (road === undefined) return { metres: straight(from, to), seconds: null, by: "straight" }
    return road === null ? { metres: Infinity, seconds: null, by: "road" } : { ...road, by: "road" }
  }
  const distance = (from: Point, to: Point): number => {
    const { metres, seconds } = way(from, to)
    return policy.nearestBy === "metres" ? metres : (seconds ?? metres / TOWN_SPEED)
  }
  return { distance, way, distances: `road (${roads.sources.join(", ")}), elsewhere ${last}` }
}

/** A question to a matrix: from these branches to the client, and to one another where several may be needed. */
export interface RoadQuestion {
  readonly from: ReadonlyArray<Point>
  readonly to: ReadonlyArray<Point>
}

const pointsOf = (branches: ReadonlyArray<Branch>): ReadonlyArray<Point> =>
  branches.flatMap(({ point }) => (point === null ? [] : [point]))

/** Null where roads cannot change the choice, or all that matter are known. */
export const roadQuestion = (
  contenders: { readonly branches: ReadonlyArray<Branch>; readonly between: boolean },
  client: Point,
  known: Roads
): RoadQuestion | null => {
  const from = pointsOf(contenders.branches)
  const to = contenders.between ? [client, ...from] : [client]
  if (from.length < 2) return null
  const missing = from.some((a) => to.some((b) => a !== b && known.get(a, b) === undefined))
  return missing ? { from, to } : null
}
