import { greatCircle, nearestAssembly } from "@aptekit/core"
import { describe, expect, it } from "@effect/vitest"
import { type Place, planned, requestOf, type Want } from "./assembly-kit.ts"

const NEAR: Place = { id: "near", km: 1, units: [10, 3] }
const FAR: Place = { id: "far", km: 5, units: [15, 3] }
const one = (quantity: number): ReadonlyArray<Want> => [{ product: 0, quantity }]

interface Row {
  readonly title: string
  readonly places: ReadonlyArray<Place>
  readonly wants: ReadonlyArray<Want>
  readonly over?: Parameters<typeof planned>[2]
  readonly plan: string
}

const ROWS: ReadonlyArray<Row> = [
  { title: "the nearest with deep stock", places: [FAR, NEAR], wants: one(8), plan: "deepAndNearest; near: 1×8" },
  {
    title: "deep stock wins over a nearer branch that has just enough",
    places: [NEAR, FAR],
    wants: one(9),
    plan: "deepAndNearest; far: 1×9"
  },
  {
    title: "where nobody is deep, the nearest that has everything",
    places: [NEAR, { ...FAR, units: [11] }],
    wants: one(10),
    plan: "presentAndNearest; near: 1×10"
  },
  {
    title: "13 of 10 and 15: one branch has them",
    places: [NEAR, FAR],
    wants: one(13),
    plan: "deepAndNearest; far: 1×13"
  },
  {
    title: "20 of 10 and 15: never more than a branch has, nearest first",
    places: [FAR, NEAR],
    wants: one(20),
    plan: "fewestBranches; near: 1×10; far: 1×10"
  },
  { title: "26 of 10 and 15: nobody has them", places: [NEAR, FAR], wants: one(26), plan: "notEnoughStock" },
  {
    title: "a split that is forbidden",
    places: [NEAR, FAR],
    wants: one(20),
    over: { split: false },
    plan: "splitForbidden"
  },
  { title: "no address", places: [NEAR], wants: one(1), over: { client: null }, plan: "noAddress" },
  {
    title: "two lines of one product want the sum of their units from one row",
    places: [NEAR, FAR],
    wants: [{ product: 0, quantity: 8 }, { product: 0, quantity: 7 }],
    plan: "presentAndNearest; far: 1×8 2×7"
  },
  {
    title: "two lines of one product dealt out over two branches",
    places: [NEAR, FAR],
    wants: [{ product: 0, quantity: 12 }, { product: 0, quantity: 8 }],
    plan: "fewestBranches; near: 1×10; far: 1×2 2×8"
  },
  {
    title: "two branches rather than three, though the three are nearer",
    places: [
      { id: "a", km: 1, units: [2, 0, 0] },
      { id: "b", km: 2, units: [0, 2, 0] },
      { id: "c", km: 3, units: [0, 0, 2] },
      { id: "d", km: 30, units: [0, 2, 2] }
    ],
    wants: [{ product: 0, quantity: 2 }, { product: 1, quantity: 2 }, { product: 2, quantity: 2 }],
    plan: "fewestBranches; a: 1×2; d: 2×2 3×2"
  },
  {
    title: "of the sets of two the one with the shortest trip",
    places: [
      { id: "east", km: 4, units: [2, 0] },
      { id: "west", km: -3, units: [0, 2] },
      { id: "easter", km: 5, units: [0, 2] }
    ],
    wants: [{ product: 0, quantity: 2 }, { product: 1, quantity: 2 }],
    plan: "fewestBranches; east: 1×2; easter: 2×2"
  },
  {
    title: "more than three are found greedily, and the reason says so",
    places: [0, 1, 2, 3].map((i) => ({ id: `b${i}`, km: i + 1, units: [0, 0, 0, 0].map((_, p) => (p === i ? 1 : 0)) })),
    wants: [0, 1, 2, 3].map((product) => ({ product, quantity: 1 })),
    plan: "greedy; b0: 1×1; b1: 2×1; b2: 3×1; b3: 4×1"
  },
  {
    title: "a tie of distance goes to the greater depth left",
    places: [{ ...NEAR, id: "x", units: [20] }, { ...NEAR, id: "y", units: [30] }],
    wants: one(5),
    plan: "deepAndNearest; y: 1×5"
  },
  {
    title: "a full tie goes to the branch's id, never to chance",
    places: [{ ...NEAR, id: "y" }, { ...NEAR, id: "x" }],
    wants: one(5),
    plan: "deepAndNearest; x: 1×5"
  },
  {
    title: "closed and inactive branches are left out",
    places: [{ ...NEAR, open: false }, { ...NEAR, id: "off", active: false }, FAR],
    wants: one(5),
    plan: "deepAndNearest; far: 1×5"
  },
  {
    title: "a branch without a point comes last",
    places: [{ ...NEAR, placed: false }, FAR],
    wants: one(5),
    plan: "deepAndNearest; far: 1×5"
  },
  {
    title: "a branch without a point is better than none",
    places: [{ ...NEAR, placed: false }],
    wants: one(5),
    plan: "deepAndNearest; near: 1×5"
  },
  {
    title: "a product without stock control is everywhere",
    places: [{ ...NEAR, units: [] }],
    wants: [{ product: 0, quantity: 9, tracked: false }],
    plan: "deepAndNearest; near: 1×9"
  },
  {
    title: "a branch without stock control has everything",
    places: [{ ...FAR, units: [], stockControl: false }, { ...NEAR, units: [1] }],
    wants: one(9),
    plan: "deepAndNearest; far: 1×9"
  },
  {
    title: "a stopped product is nowhere",
    places: [NEAR, FAR],
    wants: [{ product: 0, quantity: 1, stopped: true }],
    plan: "notEnoughStock"
  }
]

describe("smart assembly", () => {
  for (const { title, places, wants, over, plan } of ROWS) {
    it(`ASM-1: ${title}`, () => expect(planned(places, wants, over)).toBe(plan))
  }

  it("ASM-3: the explanation names each branch with verdict, distance and depth, the chosen ones first", () => {
    const places = [
      NEAR,
      FAR,
      { ...FAR, id: "shut", open: false },
      { ...FAR, id: "bare", units: [] },
      { ...NEAR, id: "lost", placed: false }
    ]
    const notes = ["geocoder unavailable"]
    const plan = nearestAssembly.plan(requestOf(places, one(9), { notes }))
    expect(plan).toMatchObject({ policy: "nearest", outcome: "planned", considered: 5, notes })
    expect(plan.branches.map(({ branchId, verdict, depth, linesPresent }) => [branchId, verdict, depth, linesPresent]))
      .toEqual([
        ["far", "chosen", 6, 1],
        ["near", "present", 1, 1],
        ["shut", "closed", 6, 1],
        ["bare", "nothing", null, 0],
        ["lost", "unplaced", 1, 1]
      ])
    const kilometres = plan.branches.map(({ distance }) => (distance === null ? null : Math.round(distance / 1000)))
    expect(kilometres).toEqual([5, 1, 5, 5, null])
    expect(Math.round(plan.tripMetres! / 1000)).toBe(5)
  })

  it("ASM-3: of many branches the explanation keeps twenty", () => {
    const places = Array.from({ length: 60 }, (_, i) => ({ ...NEAR, id: `b${i}`, km: i + 1 }))
    const plan = nearestAssembly.plan(requestOf(places, one(1)))
    expect([plan.considered, plan.branches.length, plan.branches[19]!.branchId]).toEqual([60, 20, "b19"])
  })

  it("ASM-2: the great circle is right within a thousandth", () => {
    const astana = { lat: 51.1694, lon: 71.4491 }
    const almaty = { lat: 43.222, lon: 76.8512 }
    expect(greatCircle(almaty, astana) / 972_600).toBeCloseTo(1, 2)
    expect(greatCircle(almaty, almaty)).toBe(0)
  })
})
