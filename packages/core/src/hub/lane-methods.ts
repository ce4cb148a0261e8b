import { Effect, Layer } from "effect"
import { AdapterRegistry } from "../adapter/registry.ts"
import { ChannelWebhooks } from "../exchange/channel-status.ts"
import { type LaneOptions, Lanes, makeLanes } from "../exchange/lanes.ts"
import { channelStatus } from "../exchange/status-lane.ts"
import { messagesSend } from "../notify/send.ts"

/** Every kind of message that the hub sends by itself; an area that has one adds it here. */
export const lanesLayer = (options: LaneOptions, messages: ReadonlyArray<string> | null = null) =>
  Layer.effect(
    Lanes,
    Effect.gen(function*() {
      const webhooks = yield* ChannelWebhooks
      const send = messagesSend(messages, yield* AdapterRegistry)
      return Lanes.of(makeLanes([send, channelStatus(webhooks)], options))
    })
  )
