/**
 * MyPartner as its documents describe it, for tests: faults by switches, and a ledger of what it was asked.
 * @module
 */
import { createSimulator, type Simulator } from "@aptekit/core/testing"
import { myPartner } from "../adapter.ts"

type Pair = readonly [lat: number, lon: number]

/** A question: how many points from, and how many to. */
export interface MyPartnerTable {
  readonly sources: number
  readonly targets: number
}

export const MY_PARTNER_KEY = "my-partner-simulated-key"

/** No road leads to the north of it. */
export const MY_PARTNER_SHORE = 44

/** Along the streets, and slower to the south: ways there and back differ. */
export const myPartnerWay = (from: Pair, to: Pair): { readonly minutes: number; readonly metres: number } | null => {
  if (Math.max(from[0], to[0]) > MY_PARTNER_SHORE) return null
  const [north, east] = [to[0] - from[0], to[1] - from[1]]
  const metres = Math.round((Math.abs(north) * 110_000 + Math.abs(east) * 80_000) * 1.3)
  return { minutes: Math.ceil(metres / 600) + (north < 0 ? 3 : 0), metres }
}

export const myPartnerSimulator = (): Simulator<MyPartnerTable> =>
  createSimulator<MyPartnerTable>({
    handle: async (request, ledger) => {
      if (request.headers.get("x-api-key") !== MY_PARTNER_KEY) return Response.json({ code: "BAD_KEY" }, { status: 401 })
      type Question = { readonly [key in keyof MyPartnerTable]: ReadonlyArray<Pair> }
      const { sources, targets } = (await request.json()) as Question
      if (Math.max(sources.length, targets.length) > 10) return Response.json({ code: "TOO_MANY" }, { status: 400 })
      ledger.push({ sources: sources.length, targets: targets.length })
      return Response.json({ rows: sources.map((from) => targets.map((to) => myPartnerWay(from, to))) })
    }
  })

/** The adapter as it speaks to the simulator. */
export const simulatedMyPartner = (
  { fetch }: Pick<Simulator<MyPartnerTable>, "fetch">,
  over: Partial<Parameters<typeof myPartner>[0]> = {}
) => myPartner({ url: "https://api.my-partner.example", apiKey: MY_PARTNER_KEY, fetch, ...over })
