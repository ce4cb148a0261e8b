import { defineAdapter, distanceMatrixPort, type Point, Schema } from "@aptekit/core"
import { Redacted } from "effect"
import { ask, failed, reader } from "../parts/ask.ts"
import { fault } from "../parts/fault.ts"
import { MatrixBudget, matrixWith } from "../parts/matrix.ts"
import { type Outside, outside } from "../parts/outside.ts"
import { RoadCache } from "../parts/road-cache.ts"

const Amount = Schema.Struct({ value: Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0)) })
const Element = Schema.Union([
  Schema.Struct({ status: Schema.Literal("OK"), distance: Amount, duration: Amount }),
  Schema.Struct({ status: Schema.Literal("FAIL") })
])
const read = reader(
  "yandex matrix",
  Schema.Struct({ rows: Schema.Array(Schema.Struct({ elements: Schema.Array(Element) })) })
)

/** Latitude first (reference/partners-geo.md §1). */
const list = (points: ReadonlyArray<Point>): string => points.map(({ lat, lon }) => `${lat},${lon}`).join("|")

const WORDS = { 400: "a parameter is wrong", 401: "no key", 403: "a wrong key, or its rights end here", 429: "too many requests" }

const Config = Schema.Struct({
  key: Schema.RedactedFromValue(Schema.NonEmptyString),
  url: Schema.optionalKey(Schema.URLFromString),
  mode: Schema.optionalKey(Schema.Literals(["driving", "truck", "walking", "transit", "bicycle", "scooter"])),
  /** False: roads as they are empty. */
  traffic: Schema.optionalKey(Schema.Boolean),
  /** Points from × points to of one request. */
  maxCells: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 100 }))),
  budget: Schema.optionalKey(MatrixBudget),
  cache: Schema.optionalKey(RoadCache)
})

export const yandexMatrixOver = (world: Outside) =>
  defineAdapter({
    name: "matrix-yandex",
    config: Config,
    ports: { distanceMatrix: distanceMatrixPort },
    setup: (config, context) => {
      const question = (from: ReadonlyArray<Point>, to: ReadonlyArray<Point>): URL => {
        const url = new URL(config.url ?? "https://api.routing.yandex.net/v2/distancematrix")
        const { searchParams: query } = url
        query.set("origins", list(from))
        query.set("destinations", list(to))
        query.set("mode", config.mode ?? "driving")
        if (config.traffic === false) query.set("traffic", "disabled")
        query.set("apikey", Redacted.value(config.key))
        return url
      }
      return {
        distanceMatrix: {
          matrix: matrixWith({
            service: "yandex",
            limits: { cells: config.maxCells ?? 100 },
            // The standard licence forbids storing results (§3.1).
            cache: config.cache ?? false,
            budget: config.budget,
            ask: async (from, to, signal) => {
              const { status, body } = await ask(world, "yandex matrix", question(from, to), { signal })
              if (status !== 200) throw failed("yandex matrix", status, WORDS)
              const { rows } = read(body)
              if (rows.length !== from.length || rows.some((row) => row.elements.length !== to.length)) {
                throw fault("yandex matrix: the answer is not of the size of the question", "unknown")
              }
              return rows.map(({ elements }) =>
                elements.map((cell) =>
                  cell.status === "OK" ? { seconds: cell.duration.value, metres: cell.distance.value } : null
                )
              )
            }
          }, context, world)
        }
      }
    }
  })

/** Yandex Distance Matrix v2. */
export const yandexMatrix = yandexMatrixOver(outside)
