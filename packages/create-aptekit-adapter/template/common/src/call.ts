import { AdapterFault, type FaultOutcome, holding, Schema } from "@aptekit/core"
import { Redacted } from "effect"

export type Fetch = (request: Request) => Promise<Response>
const Fetch = Schema.declare((value): value is Fetch => typeof value === "function", { expected: "a fetch function" })

/** What the configuration says of the connection. It is checked before the hub starts; the key is shown in no log. */
export const connection = {
  /** Such as `https://api.my-partner.example`. */
  url: Schema.URLFromString,
  apiKey: Schema.RedactedFromValue(Schema.NonEmptyString),
  /** For tests: the simulator's `fetch` instead of the real one. */
  fetch: Schema.optionalKey(Fetch)
}
const Connection = Schema.Struct(connection)

/** Before the connection stood: the partner got nothing, so trying later is safe. */
const NEVER_SENT = ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "UND_ERR_CONNECT_TIMEOUT"]

/** What the partner's statuses mean. The words are shown to people: no key, no phone, no address in them. */
const REFUSALS: Readonly<Record<number, readonly [FaultOutcome, string]>> = {
  400: ["rejected", "MyPartner does not take this request"],
  // The account's trouble is not the request's: it waits until somebody has mended the account.
  401: ["unavailable", "MyPartner does not know the API key; check `apiKey`"],
  402: ["unavailable", "the MyPartner account is empty; top it up"],
  422: ["rejected", "MyPartner will not do this"],
  429: ["unavailable", "MyPartner takes no more requests for now"],
  503: ["unavailable", "MyPartner is out of service"]
}

export const fault = (outcome: FaultOutcome, message: string): AdapterFault => new AdapterFault(message, { outcome })

const wasNeverSent = (error: unknown): boolean =>
  error instanceof Error && NEVER_SENT.includes((error.cause as { readonly code?: string } | undefined)?.code ?? "")

/** Calls the partner and reads its JSON. @throws AdapterFault: in doubt `unknown` */
export const caller = ({ url, apiKey, fetch = globalThis.fetch }: typeof Connection.Type) =>
<A>(path: string, init: RequestInit, answer: Schema.Codec<A>): Promise<A> => {
  const headers = { "x-api-key": Redacted.value(apiKey), "content-type": "application/json" }
  // Held, or Node may forget to end it when the hub gives it up.
  return holding(new Request(new URL(path, url), { ...init, headers }), async (request) => {
    const response = await fetch(request).catch((error: unknown) => {
      throw wasNeverSent(error)
        ? fault("unavailable", "MyPartner cannot be reached")
        : fault("unknown", "the connection to MyPartner was lost before its answer")
    })
    const { ok, status } = response
    if (!ok) throw fault(...(REFUSALS[status] ?? (["unknown", `MyPartner answered ${status}`] as const)))
    const body: unknown = await response.json().catch(() => null)
    if (!Schema.is(answer)(body)) throw fault("unknown", "MyPartner's answer is not what its documents promise")
    return body
  })
}
