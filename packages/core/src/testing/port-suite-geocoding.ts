import { Effect } from "effect"
import { type AddressCandidate, judgeAddress, SAME_PLACE } from "../assembly/address.ts"
import { greatCircle } from "../assembly/distance.ts"
import { geocodingPort } from "../assembly/geocoding.ts"
import type { Point } from "../network/model.ts"
import {
  ensure, faultCases, faultsOf, mustFail, portCase, type PortCheck, type PortHarness, type PortSuite
} from "./port-suite.ts"

/** Plays a geocoder. */
export interface GeocodingHarness extends PortHarness {
  /** Houses that the partner knows, at least two. */
  readonly known: ReadonlyArray<{ readonly address: string; readonly point: Point }>
  /** An address that nobody knows. */
  readonly unknown: string
  /** An address that means houses in more than one place. */
  readonly ambiguous?: string
  /** A street that the partner knows, without a house. */
  readonly street?: string
}

const geocodingCase = (name: string, check: PortCheck<typeof geocodingPort.methods, GeocodingHarness>) =>
  portCase(geocodingPort, name, check)

const addressOf = (harness: GeocodingHarness, index = 0): string => harness.known[index]?.address ?? ""

const needed = (text: string | undefined, key: "ambiguous" | "street"): string => {
  ensure(text !== undefined, `this case needs \`${key}\` of the harness; or skip it by its name with a reason`)
  return text
}

/** About 11 m. */
const NEAR = 0.0001

const isNear = (a: Point, b: Point): boolean => Math.abs(a.lat - b.lat) < NEAR && Math.abs(a.lon - b.lon) < NEAR

const judge = (candidates: ReadonlyArray<AddressCandidate>) => judgeAddress(candidates, "number")

const shown = (value: unknown): string => JSON.stringify(value)

/** What the planner relies on when it asks where an address is (ASM-2). */
export const geocodingSuite: PortSuite<GeocodingHarness> = {
  port: geocodingPort.name,
  cases: [
    geocodingCase("finds the points of known houses, asked at once", (partner, harness) =>
      Effect.gen(function*() {
        ensure(harness.known.length >= 2, "the harness must know two addresses")
        const found = yield* Effect.forEach(harness.known, partner.geocode, { concurrency: "unbounded" })
        found.forEach(({ candidates }, i) => {
          const { address, point } = harness.known[i]!
          const judged = judge(candidates)
          ensure(judged.kind === "sure", `${address}: ${judged.kind}, though it is one known house: ${shown(candidates)}`)
          ensure(isNear(judged.candidate.point, point), `${address}: ${shown(judged.candidate)}, not ${shown(point)}`)
        })
      })),
    geocodingCase("has no precise place for an address that nobody knows", (partner, harness) =>
      Effect.map(partner.geocode({ address: harness.unknown }), ({ candidates }) => {
        ensure(judge(candidates).kind !== "sure", `a house was made up: ${shown(candidates)}`)
      })),
    geocodingCase("an empty, a very long and an odd address have no precise place", (partner) =>
      Effect.gen(function*() {
        for (const address of ["", " ,. ", "я".repeat(500), "💊\n'\"%00<&"]) {
          const { candidates } = yield* partner.geocode({ address })
          ensure(judge(candidates).kind !== "sure", `a house was made up for ${shown(address.slice(0, 20))}`)
        }
      })),
    geocodingCase("an address that means several houses gives them all, and chooses none", (partner, harness) =>
      Effect.map(partner.geocode({ address: needed(harness.ambiguous, "ambiguous") }), ({ candidates }) => {
        const judged = judge(candidates)
        ensure(judged.kind === "ambiguous", `${judged.kind}: ${shown(candidates)}`)
        const [first, ...rest] = judged.candidates
        const apart = rest.some(({ point }) => greatCircle(point, first!.point) > SAME_PLACE)
        ensure(apart, "the places are one place")
      })),
    geocodingCase("a street without a house is not precise", (partner, harness) =>
      Effect.map(partner.geocode({ address: needed(harness.street, "street") }), ({ candidates }) => {
        ensure(judge(candidates).kind === "imprecise", shown(candidates))
      })),
    ...faultCases<typeof geocodingPort.methods, GeocodingHarness>({
      port: geocodingPort,
      call: (partner, harness) => partner.geocode({ address: addressOf(harness) }),
      personal: (harness) => [addressOf(harness)]
    }),
    geocodingCase("a partner that drops the answer ends as a failure, and answers when asked again", (
      partner,
      harness
    ) =>
      Effect.gen(function*() {
        faultsOf(harness).fault("dropAfter", 1)
        const address = addressOf(harness)
        mustFail(yield* Effect.result(partner.geocode({ address })), ["unknown", "unavailable"], harness, [address])
        const { candidates } = yield* partner.geocode({ address })
        ensure(candidates.length > 0, "asked again, the partner knows nothing")
      }))
  ]
}
