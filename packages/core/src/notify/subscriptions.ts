import { Clock, Effect, Schema } from "effect"
import type { ChannelId } from "../kernel/ids.ts"
import { Storage } from "../store/ports.ts"

const Key = Schema.String.check(Schema.isPattern(/^[A-Za-z0-9_-]{16,128}={0,2}$/u, { expected: "base64url" }))

/**
 * Only push services are meant: no address within our own network. A simulator on this machine is one too; which services are
 * called at all is the adapter's setting.
 */
const isService = (text: string): boolean => {
  if (!URL.canParse(text)) return false
  const { protocol, hostname, username, password } = new URL(text)
  if (protocol === "http:" && ["localhost", "127.0.0.1"].includes(hostname) && username === "") return true
  return protocol === "https:" && username === "" && password === "" && /^(?:[a-z0-9-]+\.)+[a-z][a-z0-9-]*$/u.test(hostname) &&
    !/\.(?:local|localhost|internal|lan|home|arpa)$/u.test(hostname)
}

/** What a browser gives a site that its user lets tell them (Push API). Whoever has it can write to this browser. */
export const PushSubscription = Schema.Struct({
  endpoint: Schema.String.check(
    Schema.isMaxLength(2_000),
    Schema.makeFilter((text: string) => isService(text) || "the https address of a push service")
  ),
  keys: Schema.Struct({ p256dh: Key, auth: Key })
})
export type PushSubscription = typeof PushSubscription.Type

/** Whom a subscription is of: whoever orders with a phone, or the buyer of one order. Only for orders of the channel that put it. */
export interface SubscriptionOwner {
  readonly channelId: ChannelId
  /** E.164, or the id of an order. */
  readonly owner: string
}

/** A browser more than so many puts the oldest out. */
export const KEPT_SUBSCRIPTIONS = 5

/** From now on a buyer is told in this browser too. */
export const subscribe = (owner: SubscriptionOwner, subscription: PushSubscription) =>
  Effect.gen(function*() {
    const { messages } = yield* Storage
    yield* messages.subscribe({ ...owner, ...subscription }, yield* Clock.currentTimeMillis)
  })

/** Forgets what a channel put of this browser. */
export const unsubscribe = (channelId: ChannelId, endpoint: string) =>
  Effect.flatMap(Storage, ({ messages }) => messages.unsubscribe(endpoint, channelId))
