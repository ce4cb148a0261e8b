import { randomBytes } from "node:crypto"
import { askedBy, type Channel, Channel as ChannelSchema, ChannelId, ChannelWebhooks, Network, Schema, WebhookSecret, WebhookTest, WebhookUrl } from "@aptekit/core"
import { Effect } from "effect"
import { actorOf } from "../access.ts"
import { idOf, unknownValue } from "../http/query.ts"
import type { Call, Operation } from "../operation.ts"
import { HttpProblem } from "../problems.ts"
import { decoder, ID, json } from "./shared.ts"

const { webhook: _webhook, ...fields } = ChannelSchema.fields

const ChannelView = Schema.Struct({
  ...fields,
  /** Secrets are never shown: only how many sign. */
  webhook: Schema.NullOr(Schema.Struct({ url: Schema.String, secrets: Schema.Int, stopped: Schema.NullOr(Schema.String) }))
}).annotate({ identifier: "Channel" })

const ChannelInput = Schema.Struct({
  ...fields,
  webhook: Schema.optionalKey(
    Schema.NullOr(Schema.Struct({
      url: WebhookUrl,
      /** Left out: those that are there, or a new one that the answer shows once. */
      secrets: Schema.optionalKey(Schema.NonEmptyArray(WebhookSecret).check(Schema.isMaxLength(2)))
    }))
  )
}).annotate({ identifier: "ChannelInput" })
type ChannelInput = typeof ChannelInput.Type

const PutChannels = Schema.Struct({ channels: Schema.NonEmptyArray(ChannelInput).check(Schema.isMaxLength(200)) })
const decodePut = decoder(PutChannels)

const Channels = Schema.Struct({ items: Schema.Array(ChannelView) })
const PutAnswer = Schema.Struct({
  items: Schema.Array(ChannelView),
  /** Secrets that were made just now, by channel: shown this once. */
  newSecrets: Schema.Record(Schema.String, Schema.String)
})

const viewChannel = ({ webhook, ...rest }: Channel): typeof ChannelView.Encoded => ({
  ...rest,
  webhook: webhook === undefined || webhook === null
    ? null
    : { url: webhook.url, secrets: webhook.secrets.length, stopped: webhook.stopped }
})

const listed = ({ network }: Call) => network().channels.map(viewChannel)

const newSecret = (): string => `whsec_${randomBytes(32).toString("base64")}`

/** The webhook as it will be: left out it stays as it is; put again it is no longer stopped. */
const webhookOf = ({ webhook }: ChannelInput, known: Channel | undefined, made: (secret: string) => void): Channel["webhook"] => {
  if (webhook === undefined) return known?.webhook ?? null
  if (webhook === null) return null
  const kept = webhook.secrets ?? known?.webhook?.secrets
  if (kept !== undefined) return { url: webhook.url, secrets: kept, stopped: null }
  const secret = newSecret()
  made(secret)
  return { url: webhook.url, secrets: [secret], stopped: null }
}

const listChannels: Operation = {
  id: "listChannels",
  method: "get",
  path: "/channels",
  tag: "network",
  summary: "List the channels",
  answers: { 200: { description: "All channels.", schema: Channels } },
  problems: [],
  handle: (call) => Promise.resolve(json({ items: listed(call) }))
}

const putChannels: Operation = {
  id: "putChannels",
  method: "put",
  path: "/channels",
  tag: "network",
  summary: "Put channels, whole",
  description: "New channels are added, known ones replaced by id. A webhook that is left out stays as it is; null takes it " +
    "away. Its secrets are never shown again, except one that is made because none was given: once, in this answer.",
  body: { schema: PutChannels, required: true },
  answers: { 200: { description: "All channels as they are now.", schema: PutAnswer } },
  problems: ["badRequest", "tooLarge", "unsupportedMediaType", "invalidInput"],
  handle: async (call) => {
    const { channels } = await decodePut(call.body)
    const ids = channels.map(({ id }) => id)
    const twice = ids.findIndex((id, i) => ids.indexOf(id) !== i)
    if (twice >= 0) throw unknownValue(`channels[${twice}].id`, "each channel once")
    const newSecrets: Record<string, string> = {}
    const wanted = channels.map(({ webhook, ...channel }): Channel => ({
      ...channel,
      webhook: webhookOf({ ...channel, ...(webhook === undefined ? {} : { webhook }) }, call.network().channel(channel.id), (secret) => {
        newSecrets[channel.id] = secret
      })!
    }))
    await call.hub.run(Effect.flatMap(Network, (network) => network.save({ channels: wanted })))
    return json({ items: listed(call), newSecrets })
  }
}

const testWebhook: Operation = {
  id: "testWebhook",
  method: "post",
  path: "/channels/:id/webhook/test",
  tag: "network",
  summary: "Send a test delivery to a channel's webhook",
  description: "Signed like every other, of type `test`, at once. The answer says how it went.",
  parameters: [ID("channel")],
  answers: { 200: { description: "How it went.", schema: WebhookTest } },
  problems: ["notFound"],
  handle: async ({ c, hub, key, network }) => {
    const id = idOf(c, "channel")
    const channel = network().channels.find((one) => one.id === id)
    if (channel?.webhook === undefined || channel.webhook === null) {
      throw new HttpProblem("notFound", "No such channel, or it has no webhook. Check the id.")
    }
    const test = Effect.flatMap(ChannelWebhooks, (webhooks) => webhooks.test(ChannelId.make(id)))
    return json(await hub.run(askedBy(actorOf(key))(test)))
  }
}

export const channelOperations: ReadonlyArray<Operation> = [listChannels, putChannels, testWebhook]
