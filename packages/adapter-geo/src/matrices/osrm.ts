import { defineAdapter, distanceMatrixPort, type Point, Schema } from "@aptekit/core"
import { ask, outcomeOf, reader } from "../parts/ask.ts"
import { fault } from "../parts/fault.ts"
import { MatrixBudget, matrixWith } from "../parts/matrix.ts"
import { type Outside, outside } from "../parts/outside.ts"
import { RoadCache } from "../parts/road-cache.ts"

const Rows = Schema.Array(Schema.Array(Schema.NullOr(Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0)))))
const readCode = reader("osrm", Schema.Struct({ code: Schema.String }))
const read = reader("osrm", Schema.Struct({ durations: Rows, distances: Rows }))
const isCoded = Schema.is(Schema.Struct({ code: Schema.String.check(Schema.isPattern(/^[A-Za-z]{1,40}$/u)) }))

const Config = Schema.Struct({
  /** Your server: there is none for the public to lean on. */
  url: Schema.URLFromString,
  /** The profile it was built with. */
  profile: Schema.optionalKey(Schema.String.check(Schema.isPattern(/^[\w-]+$/u))),
  /** Points from and to together; `--max-table-size` of the server, 100 if left out. */
  maxLocations: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 2, maximum: 10_000 }))),
  budget: Schema.optionalKey(MatrixBudget),
  cache: Schema.optionalKey(RoadCache)
})

export const osrmMatrixOver = (world: Outside) =>
  defineAdapter({
    name: "matrix-osrm",
    config: Config,
    ports: { distanceMatrix: distanceMatrixPort },
    setup: (config, context) => {
      const base = config.url.href.replace(/\/+$/u, "")
      const question = (from: ReadonlyArray<Point>, to: ReadonlyArray<Point>): URL => {
        // Longitude first (reference/partners-geo.md §1).
        const points = [...from, ...to].map(({ lat, lon }) => `${lon},${lat}`).join(";")
        const url = new URL(`${base}/table/v1/${config.profile ?? "driving"}/${points}`)
        url.searchParams.set("sources", from.map((_, i) => i).join(";"))
        url.searchParams.set("destinations", to.map((_, j) => from.length + j).join(";"))
        url.searchParams.set("annotations", "duration,distance")
        return url
      }
      return {
        distanceMatrix: {
          matrix: matrixWith({
            service: "osrm",
            limits: { locations: config.maxLocations ?? 100 },
            // A server of your own, whose roads change when you build it anew.
            cache: config.cache ?? { days: 1 },
            budget: config.budget,
            ask: async (from, to, signal) => {
              const { status, body } = await ask(world, "osrm", question(from, to), { signal })
              const noWay = () => from.map(() => to.map(() => null))
              if (status !== 200) {
                const code = isCoded(body) ? body.code : undefined
                // No way between any of them is an answer.
                if (status === 400 && code === "NoTable") return noWay()
                throw fault(`osrm answered ${status}${code === undefined ? "" : `: ${code}`}`, outcomeOf(status))
              }
              if (readCode(body).code !== "Ok") throw fault("osrm: the answer is not what its documents say", "unknown")
              const { durations, distances } = read(body)
              const sized = (rows: typeof durations): boolean =>
                rows.length === from.length && rows.every((row) => row.length === to.length)
              if (!sized(durations) || !sized(distances)) {
                throw fault("osrm: the answer is not of the size of the question", "unknown")
              }
              return durations.map((row, i) =>
                row.map((seconds, j) => {
                  const metres = distances[i]![j]!
                  return seconds === null || metres === null ? null : { seconds, metres }
                })
              )
            }
          }, context, world)
        }
      }
    }
  })

/** The table service of OSRM. */
export const osrmMatrix = osrmMatrixOver(outside)
