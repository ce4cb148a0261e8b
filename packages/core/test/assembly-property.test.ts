import { greatCircle, nearestAssembly } from "@aptekit/core"
import { describe, expect, it } from "@effect/vitest"
import { Schema } from "effect"
import { CLIENT, type Place, planned, requestOf, type Want } from "./assembly-kit.ts"

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))
const Places = Schema.Array(
  Schema.Struct({
    km: between(-20, 20),
    units: Schema.Tuple([between(0, 8), between(0, 8), between(0, 8)]),
    open: Schema.Boolean
  })
).check(Schema.isMinLength(1), Schema.isMaxLength(7))
const Wants = Schema.Array(Schema.Struct({ product: between(0, 2), quantity: between(1, 9) }))
  .check(Schema.isMinLength(1), Schema.isMaxLength(4))

const worldOf = (input: typeof Places.Type): ReadonlyArray<Place> =>
  input.map((place, i) => ({ ...place, id: `b${i}` }))

const demand = (wants: ReadonlyArray<Want>): ReadonlyArray<number> =>
  [0, 1, 2].map((product) => wants.filter((w) => w.product === product).reduce((sum, w) => sum + w.quantity, 0))

/** The least number of open branches that have everything together: by trying every set. */
const leastBranches = (places: ReadonlyArray<Place>, wants: ReadonlyArray<Want>): number => {
  const open = places.filter((place) => place.open === true)
  const need = demand(wants)
  let least = Infinity
  for (let set = 1; set < 1 << open.length; set++) {
    const chosen = open.filter((_, i) => (set & (1 << i)) !== 0)
    if (need.every((units, p) => chosen.reduce((sum, place) => sum + place.units[p]!, 0) >= units)) {
      least = Math.min(least, chosen.length)
    }
  }
  return least
}

const PROPERTY = { arbitrary: { runs: 400, size: 30, seed: 11 } }

describe("smart assembly, by properties", () => {
  it.prop("ASM-1: no plan takes more than there is, nor gives other than was asked", { Places, Wants }, (input) => {
    const places = worldOf(input.Places)
    const plan = nearestAssembly.plan(requestOf(places, input.Wants))
    for (const part of plan.parts) {
      const place = places.find(({ id }) => id === part.branchId)!
      expect(place.open).toBe(true)
      for (const p of [0, 1, 2]) {
        const taken = part.lines.filter((l) => l.productId === `p${p}`).reduce((sum, l) => sum + l.quantity, 0)
        expect(taken).toBeLessThanOrEqual(place.units[p]!)
      }
      for (const line of part.lines) expect(line.quantity).toBeGreaterThan(0)
    }
    if (plan.outcome === "impossible") return
    const given = input.Wants.map((_, i) =>
      plan.parts.flatMap((part) => part.lines).filter((l) => l.lineId === i + 1).reduce((sum, l) => sum + l.quantity, 0)
    )
    expect(given).toEqual(input.Wants.map((want) => want.quantity))
  }, PROPERTY)

  it.prop("ASM-1: what open branches have is found, in the fewest of them up to three", { Places, Wants }, (input) => {
    const places = worldOf(input.Places)
    const plan = nearestAssembly.plan(requestOf(places, input.Wants))
    const least = leastBranches(places, input.Wants)
    expect(plan.outcome).toBe(Number.isFinite(least) ? "planned" : "impossible")
    if (least <= 3) expect(plan.parts.length).toBe(least)
  }, PROPERTY)

  it.prop("ASM-1: where one open branch is deep, the nearest such one is taken", { Places, Wants }, (input) => {
    const places = worldOf(input.Places)
    const need = demand(input.Wants)
    const isDeep = (place: Place) => need.every((units, p) => units === 0 || place.units[p]! >= units + 2)
    const deep = places.filter((place) => place.open === true && isDeep(place))
    if (deep.length === 0) return
    const plan = nearestAssembly.plan(requestOf(places, input.Wants))
    const chosen = places.find(({ id }) => id === plan.parts[0]!.branchId)!
    expect(plan.reason).toBe("deepAndNearest")
    const away = (place: Place) => greatCircle({ lat: CLIENT.lat, lon: CLIENT.lon + place.km / 81 }, CLIENT)
    expect(away(chosen)).toBeLessThanOrEqual(Math.min(...deep.map(away)))
  }, PROPERTY)

  it.prop("D16: the order in which branches are listed changes nothing", { Places, Wants }, (input) => {
    const places = worldOf(input.Places)
    expect(planned(places.toReversed(), input.Wants)).toBe(planned(places, input.Wants))
  }, PROPERTY)
})
