import { type Point, type RoadWay, Schema } from "@aptekit/core"
import { createCache, Kept } from "./cache.ts"

/** How long ways may be kept: what the service's licence allows, or `false`. */
export const RoadCache = Schema.Union([
  Schema.Literal(false),
  Schema.Struct({
    ...Kept.fields,
    /** Points to which a way leads are one if they lie in one square of so many metres; 100 if left out. */
    cellMetres: Schema.optionalKey(Schema.Finite.check(Schema.isBetween({ minimum: 1, maximum: 5_000 })))
  })
])
export type RoadCache = typeof RoadCache.Type

const CELL = 100
const DEGREE = 111_195
const RADIANS = Math.PI / 180

/** The square of a point: of equal height everywhere, and of equal width in metres on its own row. */
export const cellOf = ({ lat, lon }: Point, metres: number): string => {
  const row = Math.floor((lat * DEGREE) / metres)
  const width = DEGREE * Math.max(0.01, Math.cos(((row * metres) / DEGREE) * RADIANS))
  return `${row},${Math.floor((lon * width) / metres)}`
}

export interface KnownWays {
  /** Null: there is no way; undefined: nobody was asked. */
  readonly get: (from: Point, to: Point) => RoadWay | null | undefined
  readonly set: (from: Point, to: Point, way: RoadWay | null) => void
}

/**
 * Ways that were asked for, in memory only: where buyers live is personal data. They begin at branches, which are few and
 * stay where they are, so their points are taken as they are; they lead to buyers, so that neighbours share an answer.
 */
export const knownWays = (cache: RoadCache, now: () => number): KnownWays => {
  const memory = createCache<RoadWay | null>(cache, now)
  const metres = cache === false ? CELL : cache.cellMetres ?? CELL
  const key = (from: Point, to: Point): string => `${from.lat},${from.lon} ${cellOf(to, metres)}`
  return { get: (from, to) => memory.get(key(from, to)), set: (from, to, way) => memory.set(key(from, to), way) }
}
