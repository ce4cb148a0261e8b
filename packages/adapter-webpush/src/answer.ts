import { AdapterFault, type FaultOptions, neverSent, retryAfterMs } from "@aptekit/core"

const SERVICE = "the push service"

const fault = (words: string, options: FaultOptions): AdapterFault => new AdapterFault(`${SERVICE} ${words}`, options)

/** RFC 8030 5, RFC 8292 4.2, and what the services say beside them. */
const ANSWERS: Readonly<Record<number, readonly [words: string, options: FaultOptions]>> = {
  400: ["does not take this message", { outcome: "rejected" }],
  401: ["does not believe the hub; check `vapid` and the clock", { outcome: "unavailable", because: "gateway" }],
  403: ["knows the subscription by another key than `vapid.publicKey`", { outcome: "rejected", because: "gateway" }],
  404: ["does not know the subscription any more: subscription gone", { outcome: "rejected", because: "addressGone" }],
  410: ["has ended the subscription: subscription gone", { outcome: "rejected", because: "addressGone" }],
  413: ["does not take a message that large", { outcome: "rejected" }],
  429: ["takes no more messages for now", { outcome: "unavailable" }],
  503: ["is out of service", { outcome: "unavailable" }]
}

/** What is accepted is 201, or 202 where a receipt follows: 200 is something else that answered. */
const ACCEPTED = new Set([201, 202])

/** @throws AdapterFault */
export const mustBeAccepted = ({ status, headers }: Response, now: number): void => {
  if (ACCEPTED.has(status)) return
  const [words, options] = ANSWERS[status] ?? (["failed", { outcome: "unknown" }] as const)
  const wait = options.outcome === "unavailable" ? retryAfterMs(headers.get("retry-after"), now) : undefined
  throw fault(`${words} (HTTP ${status})`, wait === undefined ? options : { ...options, retryAfterMs: wait })
}

/** The request failed. */
export const lost = (error: unknown): AdapterFault =>
  neverSent(error)
    ? fault("cannot be reached", { outcome: "unavailable" })
    : fault("was lost before its answer", { outcome: "unknown" })
