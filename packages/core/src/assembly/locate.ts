import { Effect } from "effect"
import type { PortService } from "../adapter/port.ts"
import type { Point } from "../network/model.ts"
import { type AddressCandidate, judgeAddress, type Judgement, type Precision } from "./address.ts"
import { askInTurn, type Link } from "./chain.ts"
import { type geocodingPort, MAX_CANDIDATES } from "./geocoding.ts"

/**
 * What became of an address (ASM-2). `unreachable`: nothing was found, and not everybody could be asked. `candidates`:
 * the places that it may mean, where a person must choose. `notes` hold no address.
 */
export interface Located {
  readonly kind: "point" | "unclear" | "unreachable"
  readonly point: Point | null
  readonly candidates: ReadonlyArray<AddressCandidate>
  readonly notes: ReadonlyArray<string>
}

export const NOT_ASKED: Located = { kind: "point", point: null, candidates: [], notes: [] }

type Geocoder = PortService<typeof geocodingPort.methods>

const SAID: Readonly<Record<Judgement["kind"], string>> = {
  sure: "address located",
  ambiguous: "address is ambiguous: several places",
  imprecise: "address is imprecise",
  none: "address unknown"
}

const noteOf = (connection: string, judged: Judgement): string => {
  const precision = judged.kind === "sure" ? judged.candidate.precision : judged.candidates[0]?.precision
  return `${SAID[judged.kind]} (${[connection, ...(precision === undefined ? [] : [precision])].join(", ")})`
}

/**
 * Asks the geocoders in turn. The next one is asked where one fails, knows nothing or is not precise enough; an
 * ambiguous address is a person's question, whatever the next one would make of it.
 */
export const locator = (geocoders: ReadonlyArray<Link<Geocoder>>) => {
  const ask = askInTurn(geocoders)
  return (address: string, least: Precision, patience: number): Effect.Effect<Located> =>
    Effect.map(
      ask(
        patience,
        (geocoder) => Effect.map(geocoder.geocode({ address }), ({ candidates }) => judgeAddress(candidates, least)),
        ({ kind }) => kind === "sure" || kind === "ambiguous"
      ),
      ({ answers, failures }): Located => {
        const notes = [
          ...failures.map(({ connection, why }) => `geocoder ${connection}: ${why}`),
          ...answers.map(({ connection, answer }) => noteOf(connection, answer))
        ]
        const last = answers.at(-1)?.answer
        if (last?.kind === "sure") return { kind: "point", point: last.candidate.point, candidates: [], notes }
        const candidates = last?.kind === "ambiguous" ? last.candidates : answers.flatMap(({ answer }) => listed(answer))
        const kind = candidates.length === 0 && failures.length > 0 ? "unreachable" : "unclear"
        return { kind, point: null, candidates: candidates.slice(0, MAX_CANDIDATES), notes }
      }
    )
}

const listed = (judged: Judgement): ReadonlyArray<AddressCandidate> => (judged.kind === "sure" ? [] : judged.candidates)
