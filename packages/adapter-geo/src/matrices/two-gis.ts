import { defineAdapter, distanceMatrixPort, type Point, type RoadWay, Schema } from "@aptekit/core"
import { Redacted } from "effect"
import { ask, failed, reader } from "../parts/ask.ts"
import { fault } from "../parts/fault.ts"
import { MatrixBudget, matrixWith } from "../parts/matrix.ts"
import { type Outside, outside } from "../parts/outside.ts"
import { RoadCache } from "../parts/road-cache.ts"

const Amount = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))
const Route = Schema.Struct({
  source_id: Schema.Int,
  target_id: Schema.Int,
  status: Schema.String,
  distance: Schema.optionalKey(Schema.NullOr(Amount)),
  duration: Schema.optionalKey(Schema.NullOr(Amount))
})
const read = reader("2gis matrix", Schema.Struct({ routes: Schema.Array(Route) }))

const WORDS = {
  400: "a parameter is wrong", 401: "no or a wrong key", 403: "a wrong key, or its rights end here",
  422: "it does not take this body", 429: "too many requests"
}

/** Anything but OK is no way: other states are not in the documents. */
const wayOf = ({ status, distance, duration }: typeof Route.Type): RoadWay | null => {
  if (status !== "OK") return null
  if (distance === undefined || distance === null || duration === undefined || duration === null) {
    throw fault("2gis matrix: a way without its length or time", "unknown")
  }
  return { seconds: duration, metres: distance }
}

const Side = Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 100 })))

const Config = Schema.Struct({
  key: Schema.RedactedFromValue(Schema.NonEmptyString),
  url: Schema.optionalKey(Schema.URLFromString),
  transport: Schema.optionalKey(Schema.Literals(["driving", "walking", "taxi", "bicycle", "truck"])),
  /** `jam`: by the roads now; `statistics`: as they usually are; `shortest`: the shortest way. */
  type: Schema.optionalKey(Schema.Literals(["jam", "statistics", "shortest"])),
  /** What the plan of your key allows at once: 10 × 10 if left out, up to 25 × 25 is known of. */
  maxFrom: Side,
  maxTo: Side,
  budget: Schema.optionalKey(MatrixBudget),
  cache: Schema.optionalKey(RoadCache)
})

export const twoGisMatrixOver = (world: Outside) =>
  defineAdapter({
    name: "matrix-2gis",
    config: Config,
    ports: { distanceMatrix: distanceMatrixPort },
    setup: (config, context) => {
      const url = new URL(config.url ?? "https://routing.api.2gis.com/get_dist_matrix")
      url.searchParams.set("key", Redacted.value(config.key))
      url.searchParams.set("version", "2.0")
      const question = (from: ReadonlyArray<Point>, to: ReadonlyArray<Point>): string =>
        JSON.stringify({
          points: [...from, ...to].map(({ lat, lon }) => ({ lat, lon })),
          sources: from.map((_, i) => i),
          targets: to.map((_, j) => from.length + j),
          transport: config.transport ?? "driving",
          ...(config.type === undefined ? {} : { type: config.type })
        })
      return {
        distanceMatrix: {
          matrix: matrixWith({
            service: "2gis",
            limits: { from: config.maxFrom ?? 10, to: config.maxTo ?? 10 },
            // What may be kept is in your contract.
            cache: config.cache ?? false,
            budget: config.budget,
            ask: async (from, to, signal) => {
              const { status, body } = await ask(world, "2gis matrix", url, {
                method: "POST",
                headers: { "content-type": "application/json" },
                body: question(from, to),
                signal
              })
              if (status !== 200) throw failed("2gis matrix", status, WORDS)
              // A flat list in any order: the ids say which way it is.
              const routes = new Map(read(body).routes.map((route) => [`${route.source_id} ${route.target_id}`, route]))
              return from.map((_, i) =>
                to.map((__, j) => {
                  const route = routes.get(`${i} ${from.length + j}`)
                  if (route === undefined) throw fault("2gis matrix: a way is missing in the answer", "unknown")
                  return wayOf(route)
                })
              )
            }
          }, context, world)
        }
      }
    }
  })

/** 2GIS Distance Matrix 2.0, synchronous. */
export const twoGisMatrix = twoGisMatrixOver(outside)
