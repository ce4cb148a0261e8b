import {
  BranchId,
  ChannelId,
  FulfilmentStatus,
  OrderId,
  type OrderQuery,
  OrderRequest,
  Orders,
  OrderView,
  PaymentReport,
  Schema,
  viewOrder
} from "@aptekit/core"
import { Clock, Effect } from "effect"
import { actorOf, placesFor } from "../access.ts"
import { choicesOf, cursorOf, cursorText, flagOf, idempotencyKeyOf, idOf, ifMatchOf, limitOf, textOf } from "../http/query.ts"
import type { Call, Operation } from "../operation.ts"
import { HttpProblem } from "../problems.ts"
import { MessageView, viewMessage } from "./message-view.ts"
import { EventView, viewEvent } from "./event-view.ts"
import {
  COMMAND_PROBLEMS,
  CURSOR,
  decoder,
  ID,
  IDEMPOTENCY_KEY,
  IF_MATCH,
  json,
  LIMIT,
  ORDER_ANSWER,
  orderResponse,
  page,
  visibleOrder
} from "./shared.ts"

const STATUSES = FulfilmentStatus.literals

const place = async ({ hub, key, body }: Call): Promise<Response> => {
  const channel = (body as { readonly channel?: unknown } | null)?.channel
  if (typeof channel === "string" && !placesFor(key, channel)) {
    throw new HttpProblem("forbidden", `This key places orders for the channel ${key.channelId} only.`)
  }
  // The hub decodes: checking the body here too would do the work twice.
  const { order, created } = await hub.orders.place(body as typeof OrderRequest.Encoded, actorOf(key))
  return orderResponse(order, created ? 201 : 200)
}

const placeOrder: Operation = {
  id: "placeOrder",
  method: "post",
  path: "/orders",
  tag: "orders",
  summary: "Take an order in",
  description:
    "Idempotent by `channel` and `externalId`: the same order again is answered with 200 and the order as it is now; " +
    "the same key with other contents is a conflict. An order that cannot be completed by itself is taken in too " +
    "(201) and goes to an operator: see `status` and `cases`. Each line names its product by exactly one of " +
    "`productId`, `sku`, `barcode`. Amounts are in minor units.",
  body: {
    schema: OrderRequest,
    required: true,
    example: {
      channel: "shop",
      externalId: "W-1001",
      customer: { name: "Айгерим", phone: "8 701 000 00 00", email: "aigerim@example.kz" },
      delivery: { type: "pickup", branchId: "b03" },
      lines: [{ productId: "p00001", quantity: 1 }],
      payment: { method: "card" }
    }
  },
  answers: {
    200: ORDER_ANSWER("The same order came before; this is it as it is now."),
    201: ORDER_ANSWER("Taken in.")
  },
  problems: ["badRequest", "keyConflict", "versionConflict", "tooLarge", "unsupportedMediaType", "invalidInput"],
  handle: place
}

/** A part's number (`100001-1`) names its order too. */
const byNumber = async (call: Call, number: string): Promise<Response> => {
  const { storage, hub } = call
  const [order, position] = await hub.run(
    Effect.all([storage.orders.byNumber(number.replace(/-\d$/u, "")), storage.feed.position])
  )
  const visible = order !== null && (call.key.role !== "channel" || order.channelId === call.key.channelId)
  return json({ items: visible ? [viewOrder(order)] : [], next: null }, 200, { "feed-position": String(position) })
}

const list = async (call: Call): Promise<Response> => {
  const { c, hub, key, storage } = call
  const number = textOf(c, "number", 20)
  if (number !== undefined) return byNumber(call, number)
  if (key.role === "register") {
    throw new HttpProblem("forbidden", "A register's key reads an order by its number: ?number=…")
  }
  const branchId = textOf(c, "branchId", 100)
  const due = flagOf(c, "due")
  const query: OrderQuery = {
    channelId: key.role === "channel" ? ChannelId.make(key.channelId) : undefined,
    branchId: branchId === undefined ? undefined : BranchId.make(branchId),
    status: choicesOf(c, "status", STATUSES),
    text: textOf(c, "text"),
    dueBefore: due ? await hub.run(Clock.currentTimeMillis) : undefined,
    limit: limitOf(c, 50, 200),
    after: cursorOf(c, "orders")
  }
  const found = await hub.run(storage.orders.list(query))
  return json({ items: found.items.map(viewOrder), next: cursorText("orders", found.next) }, 200, {
    "feed-position": String(found.position)
  })
}

const listOrders: Operation = {
  id: "listOrders",
  method: "get",
  path: "/orders",
  tag: "orders",
  summary: "List orders, newest first",
  description:
    "A channel's key sees its own orders; a register's key asks by `number`. The live feed goes on without a gap " +
    "from `Feed-Position`.",
  parameters: [
    { in: "query", name: "branchId", description: "Orders with a part at this branch.", schema: { type: "string" } },
    {
      in: "query",
      name: "status",
      description:
        "Orders in one of these states; with `branchId` or `due`, orders with such a part in one. Repeated or with commas.",
      schema: { type: "array", items: { type: "string", enum: STATUSES } }
    },
    {
      in: "query",
      name: "text",
      description: "Number, phone or name of the buyer.",
      schema: { type: "string", maxLength: 200 }
    },
    {
      in: "query",
      name: "number",
      description: "The number of an order or of one of its parts.",
      schema: { type: "string", maxLength: 20 }
    },
    {
      in: "query",
      name: "due",
      description: "Only parts whose reservation has ended and that wait for a person.",
      schema: { type: "boolean", default: false }
    },
    LIMIT(200, 50),
    CURSOR
  ],
  answers: {
    200: {
      description: "A page of orders.",
      schema: page(OrderView),
      headers: { "Feed-Position": "The number of the feed at this read." }
    }
  },
  problems: ["invalidInput"],
  handle: list
}

const load = (call: Call) =>
  call.hub.run(call.storage.orders.byId(OrderId.make(idOf(call.c, "order")))).then((order) => visibleOrder(call, order))

const getOrder: Operation = {
  id: "getOrder",
  method: "get",
  path: "/orders/:id",
  tag: "orders",
  summary: "Read an order",
  parameters: [ID("order")],
  answers: { 200: ORDER_ANSWER("The order as it is now.") },
  problems: ["notFound"],
  handle: async (call) => orderResponse(await load(call))
}

const getOrderEvents: Operation = {
  id: "getOrderEvents",
  method: "get",
  path: "/orders/:id/events",
  tag: "orders",
  summary: "Read the chronology of an order, oldest first",
  parameters: [ID("order")],
  answers: { 200: { description: "What happened to it.", schema: Schema.Struct({ items: Schema.Array(EventView) }) } },
  problems: ["notFound"],
  handle: async (call) => {
    const order = await load(call)
    const events = await call.hub.orders.events(order.id)
    return json({ items: events.map(viewEvent) })
  }
}

const getOrderMessages: Operation = {
  id: "getOrderMessages",
  method: "get",
  path: "/orders/:id/messages",
  tag: "orders",
  summary: "Read what the buyer of an order was told, oldest first",
  description: "`report`: what the gateway says became of the message; null where it has said nothing.",
  parameters: [ID("order")],
  answers: { 200: { description: "Its messages.", schema: Schema.Struct({ items: Schema.Array(MessageView) }) } },
  problems: ["notFound"],
  handle: async (call) => {
    const order = await load(call)
    const messages = await call.hub.run(call.storage.messages.ofOrder(OrderId.make(order.id)))
    return json({ items: messages.map(viewMessage) })
  }
}

const CancelRequest = Schema.Struct({ reason: Schema.NonEmptyString.check(Schema.isMaxLength(200)) })
const decodeCancel = decoder(CancelRequest)

const cancelOrder: Operation = {
  id: "cancelOrder",
  method: "post",
  path: "/orders/:id/cancel",
  tag: "orders",
  summary: "Cancel every open part of an order, or none",
  parameters: [ID("order"), IF_MATCH, IDEMPOTENCY_KEY],
  body: { schema: CancelRequest, required: true, example: { reason: "the customer changed their mind" } },
  answers: { 200: ORDER_ANSWER("Cancelled.") },
  problems: COMMAND_PROBLEMS,
  handle: async (call) => {
    const { c, hub, key, body } = call
    const options = { actor: actorOf(key), ifMatch: ifMatchOf(c), idempotencyKey: idempotencyKeyOf(c) }
    const { reason } = await decodeCancel(body)
    const { id } = await load(call)
    return orderResponse(await hub.orders.cancel(id, reason, options))
  }
}

const decodeReport = decoder(PaymentReport)

const reportPayment: Operation = {
  id: "reportPayment",
  method: "post",
  path: "/orders/:id/payment",
  tag: "orders",
  summary: "Report that an order was paid or refunded",
  description: "A fact: reported twice, it counts once. Money for an order that has ended makes a refund due.",
  parameters: [ID("order")],
  body: { schema: PaymentReport, required: true, example: { state: "paid", reference: "psp-2026-000123" } },
  answers: { 200: ORDER_ANSWER("The order with its payment.") },
  problems: ["badRequest", "notFound", "versionConflict", "tooLarge", "unsupportedMediaType", "invalidInput"],
  handle: async (call) => {
    const report = await decodeReport(call.body)
    const { id } = await load(call)
    const order = await call.hub.run(
      Effect.flatMap(Orders, (orders) => orders.reportPayment(OrderId.make(id), report, { actor: actorOf(call.key) }))
    )
    return orderResponse(viewOrder(order))
  }
}

export const orderOperations: ReadonlyArray<Operation> = [
  placeOrder,
  listOrders,
  getOrder,
  getOrderEvents,
  getOrderMessages,
  cancelOrder,
  reportPayment
]
