import { defineAdapter, distanceMatrixPort, type Point, Schema } from "@aptekit/core"
import { caller, connection, fault } from "./call.ts"

const Amount = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))
const Way = Schema.Struct({ minutes: Amount, metres: Amount })
const Table = Schema.Struct({ rows: Schema.Array(Schema.Array(Schema.NullOr(Way))) })

/** The most points from, and the most points to, that the partner takes in one request. */
const MOST = 10

const pieces = (points: ReadonlyArray<Point>): ReadonlyArray<ReadonlyArray<Point>> =>
  Array.from({ length: Math.ceil(points.length / MOST) }, (_, i) => points.slice(i * MOST, (i + 1) * MOST))

const pair = ({ lat, lon }: Point): readonly [number, number] => [lat, lon]

/** Ways by road, by MyPartner. */
export const myPartner = defineAdapter({
  name: "my-partner",
  config: Schema.Struct(connection),
  ports: { distanceMatrix: distanceMatrixPort },
  setup: (settings) => {
    const call = caller(settings)
    const ask = async (from: ReadonlyArray<Point>, to: ReadonlyArray<Point>, signal: AbortSignal) => {
      const body = JSON.stringify({ sources: from.map(pair), targets: to.map(pair) })
      const { rows } = await call("/v1/table", { method: "POST", body, signal }, Table)
      if (rows.length !== from.length || rows.some((row) => row.length !== to.length)) {
        throw fault("unknown", "MyPartner's answer is not of the size of the question")
      }
      return rows.map((row) => row.map((way) => (way === null ? null : { seconds: way.minutes * 60, metres: way.metres })))
    }
    const rowsOf = async (from: ReadonlyArray<Point>, to: ReadonlyArray<Point>, signal: AbortSignal) => {
      const tables = await Promise.all(pieces(to).map((piece) => ask(from, piece, signal)))
      return from.map((_, i) => tables.flatMap((table) => table[i] ?? []))
    }
    return {
      distanceMatrix: {
        matrix: async ({ from, to }, { signal }) => {
          const rows = await Promise.all(pieces(from).map((piece) => rowsOf(piece, to, signal)))
          return { cells: rows.flat(), source: "my-partner" }
        }
      }
    }
  }
})
