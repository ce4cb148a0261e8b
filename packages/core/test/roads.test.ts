import {
  type AssemblyPlan, BranchId, defineAdapter, distanceMatrixPort, geocodingPort, greatCircle, MAX_CONTENDERS, measureBy,
  nearestAssembly, NO_ROADS, type Order, type PlanRequest, type Point, type RoadWay, Schema
} from "@aptekit/core"
import { makeBranch, smallNetwork } from "@aptekit/core/testing"
import { describe, expect, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { CLIENT, type Place, requestOf } from "./assembly-kit.ts"
import { line, place, policy } from "./intake-kit.ts"
import { inWorld, openCases, type WorldOptions } from "./world.ts"

const POLICY = { detourFactor: 1.4, nearestBy: "metres" } as const
const one = [{ product: 0, quantity: 1 }]

/** A whole table of roads, as one matrix might have answered it. */
const roadsBy = (road: (from: Point, to: Point) => RoadWay | null) => ({ get: road, sources: ["test"] })

const chosen = (plan: AssemblyPlan): ReadonlyArray<string> => plan.parts.map(({ branchId }) => branchId)
const planBy = (places: ReadonlyArray<Place>, over: Partial<PlanRequest>, wants = one) =>
  nearestAssembly.plan(requestOf(places, wants, over))

const Km = Schema.Int.check(Schema.isBetween({ minimum: -30, maximum: 30 }))
const Kms = Schema.Array(Km).check(Schema.isMinLength(2), Schema.isMaxLength(30))

describe("ASM-2: roads decide where they are known", () => {
  const NEAR: Place = { id: "near", km: 1, units: [10] }
  const FAR: Place = { id: "far", km: 5, units: [10] }
  const eastOf = ({ lon }: Point): number => (lon - CLIENT.lon) * 81

  it("the nearer one by air may be the farther one by road", () => {
    const roads = roadsBy((from) => ({ metres: eastOf(from) < 2 ? 20_000 : 6_000, seconds: 60 }))
    const plan = planBy([NEAR, FAR], measureBy(roads, POLICY))
    expect(plan).toMatchObject({ tripMetres: 6_000, tripSeconds: 60, distances: "road (test), elsewhere great-circle × 1.4" })
    expect(chosen(plan)).toEqual(["far"])
    expect(plan.branches).toMatchObject([
      { branchId: "far", distance: 6_000, seconds: 60, by: "road" },
      { branchId: "near", distance: 20_000, seconds: 60, by: "road" }
    ])
  })

  it("by policy the quicker way wins over the shorter one", () => {
    const roads = roadsBy((from) => eastOf(from) < 2 ? { metres: 1_200, seconds: 900 } : { metres: 6_000, seconds: 500 })
    expect(chosen(planBy([NEAR, FAR], measureBy(roads, POLICY)))).toEqual(["near"])
    const quick = planBy([NEAR, FAR], measureBy(roads, { ...POLICY, nearestBy: "seconds" }))
    expect([chosen(quick), quick.tripMetres, quick.tripSeconds]).toEqual([["far"], 6_000, 500])
  })

  it("a branch to which no road leads comes last, and is taken where there is no other", () => {
    const roads = roadsBy((from) => (eastOf(from) < 2 ? null : { metres: 9_000, seconds: 700 }))
    expect(chosen(planBy([NEAR, FAR], measureBy(roads, POLICY)))).toEqual(["far"])
    const alone = planBy([NEAR], measureBy(roads, POLICY))
    expect([chosen(alone), alone.tripMetres]).toEqual([["near"], null])
  })

  it("a way that nobody measured is the great circle with its detour, beside those by road", () => {
    const roads = roadsBy((from) => (eastOf(from) < 2 ? { metres: 6_500, seconds: 700 } : undefined) as RoadWay | null)
    const plan = planBy([NEAR, { ...FAR, km: 4 }], measureBy(roads, POLICY))
    expect(chosen(plan)).toEqual(["far"])
    const air = greatCircle({ lat: CLIENT.lat, lon: CLIENT.lon + 4 / 81 }, CLIENT)
    expect(plan.branches[0]).toMatchObject({ by: "straight", distance: Math.round(air * 1.4), seconds: null })
    expect(plan.tripSeconds).toBeNull()
  })

  it("without roads a plan is the same as ever, but for its detour", () => {
    const plain = planBy([NEAR, FAR], {})
    const measured = planBy([NEAR, FAR], measureBy(NO_ROADS, POLICY))
    expect(chosen(measured)).toEqual(chosen(plain))
    expect(measured.tripMetres! / plain.tripMetres!).toBeCloseTo(1.4, 2)
    expect(measured.branches[0]).not.toHaveProperty("by")
  })

  it.prop("with all roads known the nearest deep branch by road is taken, whatever the map", { Kms }, ({ Kms: kms }) => {
    const places = kms.map((km, i): Place => ({ id: `b${i}`, km, units: [10] }))
    const metres = ({ lon }: Point): number => 1 + Math.round(Math.abs(Math.sin(lon * 1_000)) * 1e6)
    const plan = planBy(places, measureBy(roadsBy((from) => ({ metres: metres(from), seconds: 1 })), POLICY))
    const least = Math.min(...kms.map((km) => metres({ lat: 0, lon: CLIENT.lon + km / 81 })))
    expect(plan.tripMetres).toBe(least)
  }, { arbitrary: { runs: 100 } })

  it.prop("however many branches there are, few contend: the chosen ones and the nearest of their kind", { Kms }, ({ Kms: kms }) => {
    const places = kms.map((km, i): Place => ({ id: `b${i}`, km, units: [i % 2 === 0 ? 2 : 0, i % 2 === 0 ? 0 : 2] }))
    for (const wants of [one, [{ product: 0, quantity: 1 }, { product: 1, quantity: 1 }]]) {
      const request = requestOf(places, wants)
      const plan = nearestAssembly.plan(request)
      const { branches, between } = nearestAssembly.contenders!(request, plan)
      expect(branches.length).toBeLessThanOrEqual(MAX_CONTENDERS)
      expect((between ? branches.length + 1 : 1) * branches.length).toBeLessThanOrEqual(100)
      expect(branches.map(({ id }) => id)).toEqual(expect.arrayContaining([...chosen(plan)]))
    }
  }, { arbitrary: { runs: 100 } })
})

interface Asked {
  readonly from: ReadonlyArray<Point>
  readonly to: ReadonlyArray<Point>
}

/** A matrix of a test: answers by a function, or never. */
const matrix = (id: string, asked: Array<Asked>, cell: ((from: Point, to: Point) => RoadWay | null) | "never" | "odd") =>
  defineAdapter({
    name: "matrix",
    config: Schema.Struct({}),
    ports: { distanceMatrix: distanceMatrixPort },
    setup: () => ({
      distanceMatrix: {
        matrix: ({ from, to }: Asked) => {
          asked.push({ from, to })
          if (cell === "never") return Effect.never
          if (cell === "odd") return { cells: [[null], [null], [null], [null]], source: id }
          return { cells: from.map((a) => to.map((b) => cell(a, b))), source: id }
        }
      }
    })
  })({}, { id })

/** So many branches in a row to the east of the client, each with aspirin; by `more` each has more than the one before. */
const street = (count: number, more = 0): WorldOptions["network"] => {
  const ids = Array.from({ length: count }, (_, i) => `b${String(i + 1).padStart(2, "0")}`)
  return smallNetwork({
    branches: ids.map((id, i) => makeBranch(id, { point: { lat: CLIENT.lat, lon: CLIENT.lon + (i + 1) / 81 } })),
    levels: ids.map((id, i) => ["aspirin", id, 10 + i * more] as const)
  })
}
const order = {
  delivery: { type: "courier" as const, address: { text: "дом", point: CLIENT } },
  lines: [line("aspirin")] as const
}
const branchOf = (placed: Order): BranchId | null => placed.fulfilments[0]!.branchId

describe("ASM-2: only the roads that decide are asked for", () => {
  for (const count of [2, 40]) {
    it.effect(`a matrix that knows no road to the client leaves the nearest by air, of ${count} branches, and the plan says so`, () => {
      const asked: Array<Asked> = []
      return inWorld(
        Effect.gen(function*() {
          const { order: placed } = yield* place(order)
          expect([placed.fulfilments[0]!.status, branchOf(placed)]).toEqual(["assigned", "b01"])
          expect(asked.length).toBeGreaterThan(0)
          expect(placed.plan).toMatchObject({
            distances: "great-circle × 1.4",
            notes: ["no road to the client is known: as the crow flies"]
          })
        }),
        { network: street(count, 1)!, hub: { adapters: [matrix("m", asked, (_, { lon }) => lon === CLIENT.lon ? null : { metres: 1, seconds: 1 })] } }
      )
    })
  }

  it.effect("of forty branches nine; and once more, where by their roads another one came to the front", () => {
    const asked: Array<Asked> = []
    // The nine nearest by air lie behind a river.
    const road = ({ lon }: Point) => ({ metres: lon < CLIENT.lon + 9.5 / 81 ? 50_000 : 15_000, seconds: 1_000 })
    return inWorld(
      Effect.gen(function*() {
        const { order: placed } = yield* place(order)
        expect([placed.fulfilments[0]!.status, branchOf(placed)]).toEqual(["assigned", "b10"])
        expect(placed.plan!.branches[0]).toMatchObject({ by: "road", distance: 15_000 })
        expect(asked.map(({ from, to }) => [from.length, to.length])).toEqual([[9, 1], [9, 1]])
      }),
      { network: street(40)!, hub: { adapters: [matrix("m", asked, road)] } }
    )
  })

  it.effect("nobody is asked where one branch only has the goods, for pickup, or without a point", () => {
    const asked: Array<Asked> = []
    return inWorld(
      Effect.gen(function*() {
        expect(branchOf((yield* place({ ...order, externalId: "A" })).order)).toBe("b01")
        yield* place({ externalId: "B", delivery: { type: "pickup", branchId: BranchId.make("b01") } })
        const lost = yield* place({ externalId: "C", delivery: { type: "courier", address: { text: "дом" } } })
        expect(openCases(lost.order)).toEqual(["addressUnclear"])
        expect(asked).toEqual([])
      }),
      { network: street(1)!, hub: { adapters: [matrix("m", asked, "never")] } }
    )
  })

  it.effect("an answer of another size is not believed; the next matrix is asked, and the plan says so", () => {
    const asked: Array<Asked> = []
    const good = matrix("good", asked, ({ lon }) => ({ metres: lon > CLIENT.lon + 1.5 / 81 ? 10 : 900, seconds: 1 }))
    return inWorld(
      Effect.gen(function*() {
        const { order: placed } = yield* place(order)
        expect(branchOf(placed)).toBe("b02")
        expect(placed.plan!.notes).toEqual(["distance matrix odd: its answer does not fit the question"])
        expect(placed.plan!.distances).toBe("road (good), elsewhere great-circle × 1.4")
      }),
      { network: street(2)!, hub: { adapters: [matrix("odd", [], "odd"), good] } }
    )
  })

  it.effect("one that hangs leaves time to the next; after three times it is left alone for ten seconds", () => {
    const [slow, quick]: [Array<Asked>, Array<Asked>] = [[], []]
    const adapters = [matrix("slow", slow, "never"), matrix("quick", quick, () => ({ metres: 5, seconds: 5 }))]
    return inWorld(
      Effect.gen(function*() {
        for (let i = 0; i < 5; i++) {
          const placing = yield* Effect.forkChild(place({ ...order, externalId: `E-${i}` }))
          while (placing.pollUnsafe() === undefined) yield* TestClock.adjust("50 millis")
          const { order: placed } = yield* Fiber.join(placing)
          expect(placed.plan!.distances).toContain("road (quick)")
          expect(placed.plan!.notes[0]).toMatch(i < 3 ? /slow: no answer within 300 ms/u : /slow: resting after failures/u)
        }
        expect([slow.length, quick.length]).toEqual([3, 5])
      }),
      { network: street(2)!, hub: { adapters } }
    )
  })

  it.effect("the detour is a policy, and the plan names it", () =>
    inWorld(
      Effect.gen(function*() {
        const { order: placed } = yield* place(order)
        expect(placed.plan!.distances).toBe("great-circle × 2")
      }),
      { network: { ...street(2), ...policy({ detourFactor: 2 }) } }
    ))
})

const geocoder = defineAdapter({
  name: "two-places",
  config: Schema.Struct({}),
  ports: { geocoding: geocodingPort },
  setup: () => ({
    geocoding: {
      geocode: () => ({
        candidates: [44, 45].map((lat) => ({ address: `Место ${lat}`, point: { lat, lon: 76 }, precision: "exact" as const }))
      })
    }
  })
})

describe("ASM-2: an ambiguous address", () => {
  it.effect("goes to a person with the places in its case", () =>
    inWorld(
      Effect.gen(function*() {
        const { order: placed } = yield* place({ delivery: { type: "courier", address: { text: "дом" } } })
        expect(openCases(placed)).toEqual(["addressUnclear"])
        expect(placed.cases[0]!.candidates!.map(({ address }) => address)).toEqual(["Место 44", "Место 45"])
      }),
      { hub: { adapters: [geocoder({})] } }
    ))
})
