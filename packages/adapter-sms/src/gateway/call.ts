import { AdapterFault, type FaultOutcome, holding, neverSent, retryAfterMs, Schema } from "@aptekit/core"

/** Web-standard `fetch` that takes a `Request`: the simulators' as well as Node's own. */
export type Fetch = (request: Request) => Promise<Response>

export const Fetch = Schema.declare((value): value is Fetch => typeof value === "function", {
  expected: "a fetch function"
})

/** How a gateway's answer is taken: as done, or as one of the three faults. */
export type Outcome = "done" | FaultOutcome

/** It is about the account with this gateway, and does not pass by itself: another gateway may take the message. */
export type Account = "account"

/** A gateway's codes: what each means for the message, in words without personal data. */
export type CodeTable = Readonly<Record<string, readonly [Outcome, string, Account?]>>

export const fault = (outcome: FaultOutcome, message: string, cause?: unknown): AdapterFault =>
  new AdapterFault(message, { outcome, cause })

/** The fault of an entry of such a table. */
export const faultOf = ([outcome, , account]: readonly [FaultOutcome, string, (Account | undefined)?], message: string, wait?: number): AdapterFault =>
  new AdapterFault(message, {
    outcome,
    ...(account === undefined ? {} : { because: "gateway" }),
    ...(wait === undefined || outcome !== "unavailable" ? {} : { retryAfterMs: wait })
  })

/** No answer of a gateway is longer: what is longer is something else. Bytes. */
const LONGEST_ANSWER = 1_000_000

/** What an HTTP status means where the gateway says nothing else. Undefined: read the body. */
const HTTP_STATUS: Readonly<Record<number, readonly [FaultOutcome, string, Account?]>> = {
  400: ["rejected", "does not take this request"],
  401: ["unavailable", "does not know the account; check its settings", "account"],
  402: ["unavailable", "wants the account topped up", "account"],
  403: ["unavailable", "does not let the account in; check its settings and rights", "account"],
  404: ["unavailable", "has no such address; check the connection's `url`", "account"],
  422: ["rejected", "does not take this request"],
  429: ["unavailable", "takes no more requests for now"],
  503: ["unavailable", "is out of service"]
}

/**
 * One request to a gateway, and its answer as JSON. The address may hold a key, so no error holds it.
 * @throws AdapterFault `unavailable` where nothing arrived or nothing was taken, `unknown` where nobody knows
 */
export const callGateway = (gateway: string, fetch: Fetch, url: URL, init: RequestInit): Promise<unknown> =>
  // A redirect would show the key to another host.
  holding(new Request(url, { ...init, redirect: "manual" }), async (request) => {
    const response = await fetch(request).catch((error: unknown) => {
      throw neverSent(error)
        ? fault("unavailable", `${gateway} cannot be reached`)
        : fault("unknown", `the connection to ${gateway} was lost before its answer`)
    })
    if (!response.ok) {
      await response.body?.cancel()
      const entry = HTTP_STATUS[response.status] ?? (["unknown", "failed"] as const)
      const wait = retryAfterMs(response.headers.get("retry-after"), Date.now())
      throw faultOf(entry, `${gateway} ${entry[1]} (HTTP ${response.status})`, wait)
    }
    try {
      return parseJson(await textOf(response.body, LONGEST_ANSWER))
    } catch {
      throw fault("unknown", `the answer of ${gateway} is no JSON`)
    }
  })

type Revive = (key: string, value: unknown, context?: { readonly source?: string }) => unknown

/** Whole numbers that a JavaScript number cannot hold, such as ids of 64 bits, stay the text that they are. */
const keepDigits: Revive = (_, value, context) => {
  const isLong = Number.isInteger(value) && !Number.isSafeInteger(value)
  return isLong && /^-?\d+$/u.test(context?.source ?? "") ? context?.source : value
}

/** JSON with its long ids whole. @throws SyntaxError */
export const parseJson = (text: string): unknown =>
  JSON.parse(text, keepDigits as Parameters<typeof JSON.parse>[1]) as unknown

/** A body as text, refused when it is longer than `limit` bytes. @throws RangeError */
export const textOf = async (body: ReadableStream<Uint8Array> | null, limit: number): Promise<string> => {
  if (body === null) return ""
  const decoder = new TextDecoder()
  let text = ""
  let size = 0
  for await (const chunk of body) {
    size += chunk.byteLength
    if (size > limit) throw new RangeError("the body is too long")
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

/** The answer as its documents promise it. @throws AdapterFault `unknown` */
export const understood = <A>(gateway: string, answer: Schema.Codec<A>, body: unknown): A => {
  if (!Schema.is(answer)(body)) throw fault("unknown", `the answer of ${gateway} is not what its documents promise`)
  return body
}

const UNNAMED = ["unknown", "answered with a code that its documents do not name"] as const

/** Ends as the table says of a code; a code that no table holds is `unknown`. @throws AdapterFault */
export const mustBeDone = (gateway: string, table: CodeTable, code: string | number): void => {
  const [outcome, words, account] = table[String(code)] ?? UNNAMED
  if (outcome !== "done") throw faultOf([outcome, words, account], `${gateway}: ${words} (${safeCode(code)})`)
}

/** A gateway's own code or word, for reports and logs; null where it is no plain one and may hold anything. */
export const plainWord = (code: string | number): string | null =>
  /^-?\w{1,60}$/u.test(String(code)) ? String(code) : null

/** The same for errors. */
export const safeCode = (code: string | number): string => (plainWord(code) === null ? "no code" : `code ${code}`)

/** A form body: what is undefined is left out. */
export const form = (fields: Readonly<Record<string, string | number | undefined>>): URLSearchParams =>
  new URLSearchParams(
    Object.entries(fields).flatMap(([name, value]): Array<[string, string]> =>
      value === undefined ? [] : [[name, String(value)]]
    )
  )

/** Ids of gateways, which come as text or as a number. */
export const Id = Schema.Union([Schema.NonEmptyString, Schema.Int])

/** Amounts of gateways: `"12.50"` or `12.5`. */
export const Decimal = Schema.Union([Schema.Finite, Schema.String.check(Schema.isPattern(/^-?\d+(\.\d+)?$/u))])

/** ISO 8601 of a time in seconds, or of a text with a zone; null of everything else. */
export const isoTime = (time: unknown): string | null => {
  if (typeof time === "string" && /^\d{9,11}$/u.test(time)) return isoTime(Number(time))
  if (typeof time !== "number" && (typeof time !== "string" || !/T.*(Z|[+-]\d\d:?\d\d)$/u.test(time))) return null
  const date = new Date(typeof time === "number" ? time * 1000 : time)
  return Number.isNaN(date.getTime()) || date.getTime() <= 0 ? null : date.toISOString()
}
