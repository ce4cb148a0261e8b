import { ChannelId, normalisePhone, OrderId, PushSubscription, Schema, subscribe, unsubscribe } from "@aptekit/core"
import { placesFor } from "../access.ts"
import type { Call, Operation } from "../operation.ts"
import { HttpProblem } from "../problems.ts"
import { decoder, json } from "./shared.ts"

const Subscribe = Schema.Struct({
  /** The key's own if left out. */
  channel: Schema.optionalKey(ChannelId),
  /** Whose orders are told here: all of a phone, in any spelling, … */
  phone: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(64))),
  /** … or one order. */
  orderId: Schema.optionalKey(OrderId),
  subscription: PushSubscription
}).check(Schema.makeFilter(
  ({ phone, orderId }: { readonly phone?: string; readonly orderId?: string }) => (phone === undefined) !== (orderId === undefined) || "exactly one of phone, orderId"
)).annotate({ identifier: "PushSubscriptionRequest" })
const decodeSubscribe = decoder(Subscribe)
const Unsubscribe = Schema.Struct({
  channel: Schema.optionalKey(ChannelId),
  endpoint: Schema.NonEmptyString.check(Schema.isMaxLength(2_000))
}).annotate({ identifier: "PushSubscriptionRemoval" })
const decodeUnsubscribe = decoder(Unsubscribe)
const Answer = Schema.Struct({ subscribed: Schema.Boolean })

const wrong = (path: string, message: string): HttpProblem =>
  new HttpProblem("invalidInput", `${path}: ${message}`, { errors: [{ path, message }] })

const channelOf = ({ key, network }: Call, named: ChannelId | undefined): ChannelId => {
  const channel = named ?? key.channelId
  if (!placesFor(key, channel)) throw new HttpProblem("forbidden", "This key is of another channel.")
  if (network().channel(channel) === undefined) throw wrong("channel", "no such channel")
  return channel
}

const ownerOf = async (call: Call, channel: ChannelId, { phone, orderId }: typeof Subscribe.Type): Promise<string> => {
  if (orderId !== undefined) {
    const order = await call.hub.run(call.storage.orders.byId(orderId))
    if (order?.channelId !== channel) throw wrong("orderId", "no such order of this channel")
    return orderId
  }
  const read = normalisePhone(phone!, call.network().policy(channel, null).phoneCountry)
  if (read === null) throw wrong("phone", "no phone can be read")
  return read
}

const PROBLEMS = ["badRequest", "tooLarge", "unsupportedMediaType", "invalidInput"] as const

const put: Operation = {
  id: "putPushSubscription",
  method: "put",
  path: "/push-subscriptions",
  tag: "messages",
  summary: "Tell a buyer in this browser too",
  description: "`subscription` as the browser gives it (Push API). It stands for all orders of a phone in this channel, or for one order; " +
    "five are kept for each. Put again it is renewed. One that its push service no longer knows is forgotten.",
  body: {
    schema: Subscribe,
    required: true,
    example: {
      phone: "8 701 000 00 00",
      subscription: { endpoint: "https://push.example.com/x", keys: { p256dh: "BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA", auth: "tBHItJI5svbpez7KI4CCXg" } }
    }
  },
  answers: { 200: { description: "It is kept.", schema: Answer } },
  problems: PROBLEMS,
  handle: async (call) => {
    const wish = await decodeSubscribe(call.body)
    const channelId = channelOf(call, wish.channel)
    await call.hub.run(subscribe({ channelId, owner: await ownerOf(call, channelId, wish) }, wish.subscription))
    return json({ subscribed: true })
  }
}

const remove: Operation = {
  id: "removePushSubscription",
  method: "post",
  path: "/push-subscriptions/remove",
  tag: "messages",
  summary: "Tell nobody in this browser any more",
  description: "Forgets all that this channel put of it. The endpoint stands in the body, since who knows it can write to the browser.",
  body: { schema: Unsubscribe, required: true, example: { endpoint: "https://push.example.com/x" } },
  answers: { 200: { description: "It is forgotten, or was never there.", schema: Answer } },
  problems: PROBLEMS,
  handle: async (call) => {
    const { channel, endpoint } = await decodeUnsubscribe(call.body)
    await call.hub.run(unsubscribe(channelOf(call, channel), endpoint))
    return json({ subscribed: false })
  }
}

export const pushOperations: ReadonlyArray<Operation> = [put, remove]
