import { AdapterFault, defineAdapter, type FaultOutcome, messagesPort, Schema } from "@aptekit/core"
import { Redacted } from "effect"

type Fetch = (request: Request) => Promise<Response>
const Fetch = Schema.declare((value): value is Fetch => typeof value === "function", { expected: "a fetch function" })

/** Before the connection stood: the gateway got nothing, so trying later is safe. */
const NEVER_SENT = ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "UND_ERR_CONNECT_TIMEOUT"]

/** What each answer of Tulpar means; the words go into the exchange log, so no key and no phone. */
const REFUSALS: Readonly<Record<number, readonly [FaultOutcome, string]>> = {
  400: ["rejected", "Tulpar does not take this message"],
  // The account's trouble is not the message's: it waits until somebody has mended the account.
  401: ["unavailable", "Tulpar does not know the API key; check `apiKey`"],
  402: ["unavailable", "the Tulpar account is empty; top it up"],
  422: ["rejected", "Tulpar cannot send to this phone"],
  429: ["unavailable", "Tulpar takes no more messages for now"],
  503: ["unavailable", "Tulpar is out of service"]
}

const Sender = Schema.String.check(Schema.isPattern(/^[A-Za-z0-9]{1,11}$/u))
const isSender = Schema.is(Sender)

const fault = (outcome: FaultOutcome, message: string): AdapterFault => new AdapterFault(message, { outcome })

const wasNeverSent = (error: unknown): boolean =>
  error instanceof Error && NEVER_SENT.includes((error.cause as { readonly code?: string } | undefined)?.code ?? "")

const Sent = Schema.Struct({ sms_id: Schema.NonEmptyString })
const Found = Schema.Struct({ items: Schema.Array(Sent) })

/** Messages over the gateway of Tulpar (imaginary). It takes no idempotency key, so `find` asks by `client_ref`. */
export const tulparMessages = defineAdapter({
  name: "tulpar",
  config: Schema.Struct({
    /** Such as `https://api.tulpar.example`. */
    url: Schema.URLFromString,
    apiKey: Schema.RedactedFromValue(Schema.NonEmptyString),
    /** The sender's name, registered with the operators: at most 11 Latin letters or digits. */
    sender: Sender,
    /** For tests: the simulator's `fetch` instead of the real one. */
    fetch: Schema.optionalKey(Fetch)
  }),
  ports: { messages: messagesPort },
  // What the port leaves open: each is said, and the conformance test holds the adapter to it.
  capabilities: {
    sms: true,
    email: false,
    push: false,
    lookUp: true,
    status: false,
    balance: false,
    deliveryReports: false,
    idempotentSend: false,
    senderNames: true
  },
  setup: ({ url, apiKey, sender, fetch = globalThis.fetch }) => {
    const call = async <A>(path: string, init: RequestInit, answer: Schema.Codec<A>): Promise<A> => {
      const headers = { "x-api-key": Redacted.value(apiKey), "content-type": "application/json" }
      const response = await fetch(new Request(new URL(path, url), { ...init, headers })).catch((error: unknown) => {
        throw wasNeverSent(error)
          ? fault("unavailable", "Tulpar cannot be reached")
          : fault("unknown", "the connection to Tulpar was lost before its answer")
      })
      const { ok, status } = response
      if (!ok) throw fault(...(REFUSALS[status] ?? (["unknown", `Tulpar answered ${status}`] as const)))
      const body: unknown = await response.json().catch(() => null)
      if (!Schema.is(answer)(body)) throw fault("unknown", "Tulpar's answer is not what its documents promise")
      return body
    }
    return {
      messages: {
        send: async ({ id, to, text, sender: name = sender }, { signal }) => {
          if (!isSender(name)) throw fault("rejected", "the sender's name is not 1 to 11 Latin letters or digits")
          if (!/^\+\d{7,15}$/u.test(to)) throw fault("rejected", "the phone is not E.164")
          // Tulpar writes phones without the plus.
          const body = JSON.stringify({ client_ref: id, phone: to.slice(1), message: text, sender: name })
          const { sms_id } = await call("/v1/sms", { method: "POST", body, signal }, Sent)
          return { providerId: sms_id }
        },
        find: async ({ id }, { signal }) => {
          const { items } = await call(`/v1/sms?client_ref=${encodeURIComponent(id)}`, { signal }, Found)
          return { providerId: items[0]?.sms_id ?? null }
        }
      }
    }
  }
})
