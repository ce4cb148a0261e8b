import { Effect } from "effect"
import { distanceMatrixPort, type RoadWay } from "../assembly/matrix.ts"
import { hasShape } from "../assembly/roads.ts"
import type { Point } from "../network/model.ts"
import {
  ensure, faultCases, faultsOf, mustFail, portCase, type PortCheck, type PortHarness, type PortSuite
} from "./port-suite.ts"

/** Plays a service of distances. */
export interface MatrixHarness extends PortHarness {
  /** At least three points with roads between all of them, not the same there and back. */
  readonly points: ReadonlyArray<Point>
  /** The ways as the partner knows them. */
  readonly road: (from: Point, to: Point) => RoadWay | null
  /** A point to which no road leads. */
  readonly island?: Point
  /** More points than the partner answers at once. */
  readonly many?: ReadonlyArray<Point>
}

type Points = readonly [Point, ...ReadonlyArray<Point>]

const matrixCase = (name: string, check: PortCheck<typeof distanceMatrixPort.methods, MatrixHarness>) =>
  portCase(distanceMatrixPort, name, check)

const some = (points: ReadonlyArray<Point> | undefined, key: string): Points => {
  ensure(points !== undefined && points.length > 0, `this case needs \`${key}\` of the harness; or skip it by its name with a reason`)
  return points as Points
}

/** Partners round to whole seconds and metres, or to tenths. */
const same = (a: RoadWay | null, b: RoadWay | null): boolean =>
  a === null || b === null ? a === b : Math.abs(a.metres - b.metres) <= 1 && Math.abs(a.seconds - b.seconds) <= 1

const mustBe = (
  cells: ReadonlyArray<ReadonlyArray<RoadWay | null>>,
  from: ReadonlyArray<Point>,
  to: ReadonlyArray<Point>,
  harness: MatrixHarness
): void => {
  ensure(hasShape(cells, from, to), `not a row for each of ${from.length} with a cell for each of ${to.length}`)
  from.forEach((a, i) =>
    to.forEach((b, j) => {
      const [got, road] = [cells[i]![j]!, harness.road(a, b)]
      ensure(same(got, road), `row ${i}, column ${j}: ${JSON.stringify(got)}, not ${JSON.stringify(road)}`)
    })
  )
}

/** What smart assembly relies on when it asks for roads (ASM-2). */
export const matrixSuite: PortSuite<MatrixHarness> = {
  port: distanceMatrixPort.name,
  cases: [
    matrixCase("a row for each point from, a cell for each point to, in their order", (partner, harness) =>
      Effect.gen(function*() {
        const points = some(harness.points, "points")
        ensure(points.length >= 3, "the harness must know three points")
        const rest = points.slice(1) as unknown as Points
        mustBe((yield* partner.matrix({ from: points, to: [points[0]] })).cells, points, [points[0]], harness)
        mustBe((yield* partner.matrix({ from: [points[0]], to: rest })).cells, [points[0]], rest, harness)
        const { cells, source } = yield* partner.matrix({ from: points, to: points })
        mustBe(cells, points, points, harness)
        ensure(source !== "", "nobody is named who measured")
      })),
    matrixCase("a point without roads has null cells and spoils no others", (partner, harness) =>
      Effect.gen(function*() {
        const island = some(harness.island === undefined ? undefined : [harness.island], "island")
        const points: Points = [harness.points[0]!, island[0], harness.points[1]!]
        mustBe((yield* partner.matrix({ from: points, to: points })).cells, points, points, harness)
      })),
    matrixCase("more than the partner answers at once is split and joined", (partner, harness) =>
      Effect.gen(function*() {
        const many = some(harness.many, "many")
        mustBe((yield* partner.matrix({ from: many, to: many })).cells, many, many, harness)
        const [a, b] = [harness.points[0]!, harness.points[1]!]
        mustBe((yield* partner.matrix({ from: many, to: [a, b] })).cells, many, [a, b], harness)
        mustBe((yield* partner.matrix({ from: [a], to: many })).cells, [a], many, harness)
      })),
    ...faultCases<typeof distanceMatrixPort.methods, MatrixHarness>({
      port: distanceMatrixPort,
      call: (partner, harness) => partner.matrix({ from: [harness.points[0]!], to: [harness.points[1]!] }),
      // Where a client lives is as personal as the address.
      personal: (harness) => harness.points.flatMap(({ lat, lon }) => [`${lat},${lon}`, `${lon},${lat}`])
    }),
    matrixCase("a partner that drops the answer ends as a failure, and answers when asked again", (partner, harness) =>
      Effect.gen(function*() {
        faultsOf(harness).fault("dropAfter", 1)
        const question = { from: [harness.points[0]!], to: [harness.points[1]!] } as const
        mustFail(yield* Effect.result(partner.matrix(question)), ["unknown", "unavailable"], harness, [])
        mustBe((yield* partner.matrix(question)).cells, question.from, question.to, harness)
      }))
  ]
}
