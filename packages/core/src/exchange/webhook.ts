import { Schema } from "effect"
import type { FaultOutcome } from "../adapter/errors.ts"

const LOOPBACK = /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])$/u

/** Where a webhook may go: https, or http on this very machine; whose address it really is, its sender looks at. */
const isTarget = (text: string): boolean => {
  if (!URL.canParse(text)) return false
  const { protocol, hostname, username, password } = new URL(text)
  if (username !== "" || password !== "") return false
  return protocol === "https:" || (protocol === "http:" && LOOPBACK.test(hostname))
}

export const WebhookUrl = Schema.String.check(
  Schema.isMaxLength(1_000),
  Schema.makeFilter((text: string) =>
    isTarget(text) || "an https URL without a user name in it (http only for this machine)"
  )
)

/** As Standard Webhooks write it: `whsec_` and 24 to 64 bytes in base64. */
export const WebhookSecret = Schema.String.check(
  Schema.isPattern(/^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/u, { expected: "whsec_ and 24 to 64 bytes in base64" })
)

/** Where a channel is told of its orders. */
export const ChannelWebhook = Schema.Struct({
  url: WebhookUrl,
  /** Each signs; the first is the newest. Two while a receiver changes from one to the other. */
  secrets: Schema.NonEmptyArray(WebhookSecret).check(Schema.isMaxLength(2)),
  /** Why nothing is sent any more; null while it is. */
  stopped: Schema.NullOr(Schema.String)
})
export type ChannelWebhook = typeof ChannelWebhook.Type

/** A delivery, ready to be signed. `id` is the same at every try. */
export interface WebhookDelivery {
  readonly id: string
  /** Of this try, ms. */
  readonly at: number
  readonly url: string
  readonly secrets: ReadonlyArray<string>
  readonly body: string
}

export interface WebhookAnswer {
  readonly status: number
  /** Its header `Retry-After`, as it stands. */
  readonly retryAfter?: string
  /** The beginning of what it said. */
  readonly text: string
}

/**
 * Signs a delivery and makes the call: the server has one, so has `@aptekit/server` for embedders. It does not follow
 * redirects, gives up in time, and bounds what it reads.
 * Throws AdapterFault where there was no answer: `rejected` where the address is not allowed, else `unavailable` or `unknown`.
 */
export type WebhookSender = (delivery: WebhookDelivery) => Promise<WebhookAnswer>

/** What an answer means (D27); `gone`: the receiver wants nothing any more. */
export const answerOutcome = (status: number): "done" | "gone" | FaultOutcome => {
  if (status >= 200 && status < 300) return "done"
  if (status === 410) return "gone"
  return status === 408 || status === 425 || status === 429 || status >= 500 ? "unavailable" : "rejected"
}
