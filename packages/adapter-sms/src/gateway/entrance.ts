import { createHash, timingSafeEqual } from "node:crypto"
import { AdapterFault, type HttpEntrance, type InboundHub, type MessageReport, Schema } from "@aptekit/core"
import { Redacted } from "effect"
import { parseJson, textOf } from "./call.ts"

/** A gateway that signs nothing is known by a secret in its address (`?key=`) or by a name and a password. */
export const Guard = Schema.Union([
  Schema.Struct({ key: Schema.RedactedFromValue(Schema.String.check(Schema.isMinLength(16))) }),
  Schema.Struct({ user: Schema.NonEmptyString, password: Schema.RedactedFromValue(Schema.NonEmptyString) })
])
export type Guard = typeof Guard.Type

/** Delivery reports are short; bytes. */
const LONGEST_REPORT = 256 * 1024

/** Compares without telling by its time how much was right. */
export const sameSecret = (given: string, expected: string): boolean =>
  timingSafeEqual(createHash("sha256").update(given).digest(), createHash("sha256").update(expected).digest())

export const mayEnter = (request: Request, guard: Guard): boolean => {
  if ("key" in guard) {
    return sameSecret(new URL(request.url).searchParams.get("key") ?? "", Redacted.value(guard.key))
  }
  const expected = Buffer.from(`${guard.user}:${Redacted.value(guard.password)}`).toString("base64")
  return sameSecret(request.headers.get("authorization") ?? "", `Basic ${expected}`)
}

/** Says no to a report: 400 what cannot be read, 403 what is not from the gateway. */
export class Refusal extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** A report as JSON, null where it is none. */
export const jsonReport = (body: string): unknown => {
  try {
    return parseJson(body)
  } catch {
    return null
  }
}

/** What a gateway said, and what it wants to hear. */
export interface Heard {
  readonly reports: ReadonlyArray<MessageReport>
  readonly answer?: string
}

interface Door {
  readonly methods: ReadonlyArray<"GET" | "POST">
  /** @throws Refusal; AdapterFault where the gateway had to be asked and did not answer */
  readonly hear: (request: Request, body: string) => Heard | Promise<Heard>
}

/**
 * The entrance for delivery reports. What cannot be kept now is answered 503: gateways come again. A report may come
 * twice, so telling the hub again does no harm.
 */
export const reportEntrance = ({ methods, hear }: Door, hub: InboundHub): HttpEntrance => async (request) => {
  if (!methods.some((method) => method === request.method)) {
    return new Response(null, { status: 405, headers: { allow: methods.join(", ") } })
  }
  try {
    const body = await textOf(request.body, LONGEST_REPORT).catch(() => {
      throw new Refusal(413, "the report is too long")
    })
    const { reports, answer = "OK" } = await hear(request, body)
    for (const report of reports) await hub.messages.report(report)
    return new Response(answer)
  } catch (error) {
    if (error instanceof Refusal) {
      hub.log("a delivery report was refused", { reason: error.message })
      return new Response(error.message, { status: error.status })
    }
    const reason = error instanceof AdapterFault ? error.message : "it could not be kept"
    hub.log("a delivery report was put off", { reason })
    return new Response("come again", { status: 503 })
  }
}

/** How a message stands, as `status` of the port tells it. */
export interface Standing {
  readonly state: MessageReport["state"]
  readonly at: string | null
  readonly detail: string | null
}

/** The gateway says that it has no such message. */
export const NOT_FOUND: Standing = { state: "unknown", at: null, detail: "not found" }

/** Gateways want their answer in 5 s, Mobizon says so: what is asked in between must be quicker. Milliseconds. */
const REREAD_IN = 4_000
/** Asked at a time for one report. */
const AT_ONCE = 5

/**
 * What a report says is only a hint where its signature covers nothing: the gateway is asked how these messages stand.
 * Messages that it does not know are not ours. What it has not told in time is left out, unless that is all.
 */
export const reread = async (
  ids: ReadonlyArray<string>,
  status: (providerId: string, signal: AbortSignal) => Promise<Standing>
): Promise<ReadonlyArray<MessageReport>> => {
  const signal = AbortSignal.timeout(REREAD_IN)
  const unique = [...new Set(ids)]
  const reports: Array<MessageReport> = []
  for (let i = 0; i < unique.length; i += AT_ONCE) {
    const batch = unique.slice(i, i + AT_ONCE)
    const told = await Promise.all(batch.map((id) => status(id, signal))).catch((error: unknown) => {
      // Coming again, it would not get further; the hub asks for the rest by its own clock.
      if (signal.aborted && reports.length > 0) return null
      throw error
    })
    if (told === null) break
    reports.push(...told.map((standing, index) => ({ providerId: batch[index]!, ...standing })))
  }
  return reports.filter((report) => report.state !== "unknown")
}
