import { Effect } from "effect"
import { geocodingPort } from "../assembly/geocoding.ts"
import type { Point } from "../network/model.ts"
import {
  ensure, faultCases, faultsOf, mustFail, portCase, type PortCheck, type PortHarness, type PortSuite
} from "./port-suite.ts"

export interface GeocodingHarness extends PortHarness {
  /** Addresses that the partner knows, at least two. */
  readonly known: ReadonlyArray<{ readonly address: string; readonly point: Point }>
  /** An address that nobody knows. */
  readonly unknown: string
}

const geocodingCase = (name: string, check: PortCheck<typeof geocodingPort.methods, GeocodingHarness>) =>
  portCase(geocodingPort, name, check)

const addressOf = (harness: GeocodingHarness, index = 0): string => harness.known[index]?.address ?? ""

/** About 11 m. */
const NEAR = 0.0001

const isNear = (a: Point | null, b: Point): boolean =>
  a !== null && Math.abs(a.lat - b.lat) < NEAR && Math.abs(a.lon - b.lon) < NEAR

/** What the planner relies on when it asks where an address is (ASM-2). */
export const geocodingSuite: PortSuite<GeocodingHarness> = {
  port: geocodingPort.name,
  cases: [
    geocodingCase("finds the points of known addresses, asked at once", (partner, harness) =>
      Effect.gen(function*() {
        ensure(harness.known.length >= 2, "the harness must know two addresses")
        const found = yield* Effect.forEach(harness.known, partner.geocode, { concurrency: "unbounded" })
        found.forEach(({ point }, i) => {
          const { address, point: expected } = harness.known[i]!
          ensure(isNear(point, expected), `${address}: ${JSON.stringify(point)}, not ${JSON.stringify(expected)}`)
        })
      })),
    geocodingCase("gives no point for an address that nobody knows", (partner, harness) =>
      Effect.map(partner.geocode({ address: harness.unknown }), ({ point }) => {
        ensure(point === null, "a point was made up")
      })),
    geocodingCase("an empty, a very long and an odd address have no point", (partner) =>
      Effect.gen(function*() {
        for (const address of ["", " ,. ", "я".repeat(500), "💊\n'\"%00<&"]) {
          const { point } = yield* partner.geocode({ address })
          ensure(point === null, `a point was made up for ${JSON.stringify(address.slice(0, 20))}`)
        }
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
        const { point } = yield* partner.geocode({ address })
        ensure(point !== null, "asked again, the partner has no point")
      }))
  ]
}
