import { type ChannelWebhooks, CHANNEL_STATUS, isTold, webhookLane } from "./channel-status.ts"
import type { LaneMethod } from "./lanes.ts"

/** What channels are told of their orders (ORD-13), each channel in a lane of its own. */
export const channelStatus = (webhooks: ChannelWebhooks["Service"]): LaneMethod => ({
  name: CHANNEL_STATUS,
  // A receiver knows a delivery by its id, which is the same at every try.
  repeat: "safe",
  lanes: ({ view }) => view.channels.filter(isTold).map(({ id }) => webhookLane(id)),
  deliver: (message, { order }) => webhooks.deliver(message, order!)
})
