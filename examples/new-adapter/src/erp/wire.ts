import { AdapterFault, type FaultOutcome, Schema } from "@aptekit/core"

export type Fetch = (request: Request) => Promise<Response>

/** Before the connection stood: Otau got nothing. */
const NEVER_SENT = ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "UND_ERR_CONNECT_TIMEOUT"]

/** What Otau says, as its documents promise it. Times are ISO 8601. */
export const Statement = Schema.Struct({
  at: Schema.String,
  products: Schema.Array(Schema.Struct({ id: Schema.NonEmptyString, name: Schema.NonEmptyString })),
  stock: Schema.Array(Schema.Struct({ product: Schema.String, place: Schema.String, units: Schema.Number })),
  prices: Schema.Array(Schema.Struct({ product: Schema.String, minor: Schema.Int }))
})
export type Statement = typeof Statement.Type

export const States = Schema.Struct({
  orders: Schema.Array(Schema.Struct({ number: Schema.String, state: Schema.Literals(["new", "accepted", "cancelled"]) }))
})

export const Receipts = Schema.Struct({
  receipts: Schema.Array(Schema.Struct({
    seq: Schema.Int,
    id: Schema.NonEmptyString,
    place: Schema.String,
    at: Schema.String,
    order: Schema.NullOr(Schema.String),
    lines: Schema.Array(Schema.Struct({ product: Schema.String, units: Schema.Int }))
  }))
})

export const Taken = Schema.Struct({ number: Schema.NonEmptyString })

export interface OtauOrder {
  readonly status: string
  readonly order: string
  readonly place: string
  readonly cancelled: boolean
  readonly lines: ReadonlyArray<{ readonly product: string; readonly units: number }>
}

export const fault = (outcome: FaultOutcome, message: string): AdapterFault => new AdapterFault(message, { outcome })

const wasNeverSent = (error: unknown): boolean =>
  error instanceof Error && NEVER_SENT.includes((error.cause as { readonly code?: string } | undefined)?.code ?? "")

export type Ask = <A>(path: string, answer: Schema.Codec<A>, init?: RequestInit) => Promise<A>

/** Calls of one connection: a refusal is `rejected`, no answer or nonsense `unknown`. The words hold no key. */
export const askOtau = (url: URL, token: string, fetch: Fetch): Ask => async (path, answer, init = {}) => {
  const headers = { ...(init.headers as Record<string, string>), authorization: `Bearer ${token}`, "content-type": "application/json" }
  const response = await fetch(new Request(new URL(path, url), { ...init, headers })).catch((error: unknown) => {
    throw wasNeverSent(error) ? fault("unavailable", "Otau cannot be reached") : fault("unknown", "Otau's answer was lost")
  })
  if (response.status === 422) throw fault("rejected", "Otau does not take this")
  if (!response.ok) throw fault("unavailable", `Otau answered ${response.status}`)
  const body: unknown = await response.json().catch(() => null)
  if (!Schema.is(answer)(body)) throw fault("unknown", "Otau's answer is not what its documents promise")
  return body
}
