import { type FaultOutcome, holding, Schema } from "@aptekit/core"
import { Result } from "effect"
import { fault } from "./fault.ts"
import type { Outside } from "./outside.ts"

/** No answer of these services comes near; what is longer is no answer. Characters. */
const LONGEST = 4_000_000

/** An answer that is JSON, or null where an error has none. */
export interface Answer {
  readonly status: number
  readonly body: unknown
}

/** A question changes nothing at the partner: too many, busy and broken all mean "later". */
export const outcomeOf = (status: number): FaultOutcome => {
  if (status === 408 || status === 429 || status >= 500) return "unavailable"
  return status >= 400 ? "rejected" : "unknown"
}

const textOf = async (service: string, response: Response): Promise<string> => {
  const parts: Array<string> = []
  let length = 0
  const decoder = new TextDecoder()
  try {
    for await (const bytes of response.body ?? []) {
      const text = decoder.decode(bytes as Uint8Array, { stream: true })
      length += text.length
      if (length > LONGEST) break
      parts.push(text)
    }
  } catch {
    throw fault(`${service}: the connection was lost before the answer`, "unavailable")
  }
  if (length > LONGEST) throw fault(`${service}: the answer is too long`, "unknown")
  return parts.join("")
}

/**
 * Asks, and reads what comes as JSON. @throws AdapterFault `unavailable` where the service cannot be reached, `unknown`
 * where a good status comes with what is no JSON
 */
export const ask = ({ fetch }: Outside, service: string, url: URL, init: RequestInit): Promise<Answer> =>
  holding(new Request(url, init), async (request) => {
    let response: Response
    try {
      response = await fetch(request)
    } catch {
      // Whether it arrived does not matter: nothing was changed.
      throw fault(`${service} cannot be reached`, "unavailable")
    }
    const text = await textOf(service, response)
    try {
      return { status: response.status, body: JSON.parse(text) as unknown }
    } catch {
      if (response.ok) throw fault(`${service} answered ${response.status} with what is no JSON`, "unknown")
      return { status: response.status, body: null }
    }
  })

/** What is said of a status that is no success; some services have their own words for some of them. */
export const failed = (service: string, status: number, words: Readonly<Record<number, string>> = {}) =>
  fault(`${service} answered ${status}${words[status] === undefined ? "" : `: ${words[status]}`}`, outcomeOf(status))

/** The answer by its schema. Its text is not quoted: it may name an address. */
export const reader = <S extends Schema.Codec<unknown, unknown, never, never>>(service: string, schema: S) => {
  const decode = Schema.decodeUnknownResult(schema)
  return (body: unknown): S["Type"] => {
    const result = decode(body)
    if (Result.isFailure(result)) throw fault(`${service}: the answer is not what its documents say`, "unknown")
    return result.success
  }
}
