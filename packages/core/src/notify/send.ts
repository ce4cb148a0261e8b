import { Effect, Schema } from "effect"
import type { AdapterError } from "../adapter/errors.ts"
import type { PortService } from "../adapter/port.ts"
import { requirePort } from "../adapter/registry.ts"
import type { LaneContext, LaneMethod } from "../exchange/lanes.ts"
import type { OutboxMessage } from "../exchange/outbox.ts"
import type { Order } from "../order/model.ts"
import { messagesPort } from "./ports.ts"
import { keptUntil, lateReason, type Notice } from "./rules.ts"

const noticeOf = (message: OutboxMessage): Notice => message.payload["notice"] as Notice

const gateway = (
  message: OutboxMessage,
  { registry }: LaneContext
): Effect.Effect<PortService<typeof messagesPort.methods>, AdapterError> => requirePort(registry, messagesPort, message.lane)

const endOf = ({ payload }: OutboxMessage, order: Order): number | null =>
  keptUntil(order, payload["branchId"] as string | null, payload["expiresAt"] as number | null)

const textOf = (message: OutboxMessage, { order, view }: LaneContext): string => {
  const branchId = message.payload["branchId"] as string | null
  const branch = view.branches.find((candidate) => candidate.id === branchId)
  return view.texts.render({ notice: noticeOf(message), order: order!, branch, expiresAt: endOf(message, order!) })
}

/** What buyers are told, through the connections that send messages (SMS-1). Name and phone are read from the order. */
export const messagesSend: LaneMethod = {
  name: "messages.send",
  lanes: ({ registry }) =>
    [...registry.all.values()].filter(({ ports }) => ports.has(messagesPort.name)).map(({ id }) => id),
  // A later notice is worth more than a person's look at an old one.
  doubt: "dropped",
  // What may have arrived is sent again where our id makes that safe, and looked up where the gateway can be asked.
  repeat: ({ lane }, { registry }) => {
    const { idempotentSend = false, lookUp = false } = registry.all.get(lane)?.capabilities ?? {}
    return idempotentSend ? "safe" : lookUp ? "ask" : "never"
  },
  deadline: (message, order, now) =>
    order === null ? null : lateReason(noticeOf(message), order, endOf(message, order), now),
  find: (message, context) =>
    Effect.gen(function*() {
      const to = context.order?.customer.phone ?? null
      if (to === null) return null
      const service = yield* gateway(message, context)
      return (yield* service.find({ id: message.id, to })).providerId
    }),
  deliver: (message, context) =>
    Effect.gen(function*() {
      const { order } = context
      const to = order?.customer.phone ?? null
      if (order === null || to === null) return { state: "dropped", error: "the order has no phone" }
      if (context.optedOut.has(to)) return { state: "dropped", error: "the buyer wants no messages" }
      const service = yield* gateway(message, context)
      const sent = yield* service.send({ id: message.id, to, text: textOf(message, context), language: order.customer.language, kind: "sms" })
      return { state: "done", partnerRef: sent.providerId }
    }),
  mendable: Schema.Struct({
    /** The branch that the text names. */
    branchId: Schema.optionalKey(Schema.NullOr(Schema.String)),
    /** Until when it is kept, in ms since 1970. */
    expiresAt: Schema.optionalKey(Schema.NullOr(Schema.Int))
  })
}
