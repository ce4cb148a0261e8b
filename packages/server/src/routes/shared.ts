import { type AnyCodec, decodeInput, type Order, OrderView, Schema, viewOrder } from "@aptekit/core"
import { Effect } from "effect"
import type { Answer, Call, Operation, Parameter } from "../operation.ts"
import { HttpProblem } from "../problems.ts"
import { seesChannel } from "../access.ts"

export const JSON_HEADERS = { "content-type": "application/json; charset=utf-8", "cache-control": "no-store" }

export const json = (body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers: { ...JSON_HEADERS, ...headers } })

/** An order with its version as ETag, to be sent back as If-Match. */
export const orderResponse = (order: typeof OrderView.Encoded, status = 200): Response =>
  json(order, status, { etag: `"${order.version}"` })

export const ORDER_ANSWER = (description: string): Answer => ({
  description,
  schema: OrderView,
  headers: { ETag: "The order's version, for If-Match." }
})

/** How a command on an order can fail. */
export const COMMAND_PROBLEMS = [
  "badRequest",
  "notFound",
  "refused",
  "keyConflict",
  "versionConflict",
  "versionMismatch",
  "tooLarge",
  "unsupportedMediaType",
  "invalidInput"
] as const satisfies Operation["problems"]

/** Checks a body strictly. @throws InvalidInput */
export const decoder = <S extends AnyCodec>(schema: S): ((body: unknown) => Promise<S["Type"]>) => {
  const decode = decodeInput(schema)
  return (body) => Effect.runPromise(decode(body))
}

/** An order that the key may see; for others it does not exist. @throws HttpProblem notFound */
export const visibleOrder = (call: Call, order: Order | null): typeof OrderView.Encoded => {
  if (order === null || !seesChannel(call.key, order.channelId)) throw new HttpProblem("notFound", NO_ORDER)
  return viewOrder(order)
}

const NO_ORDER = "No such order. Check the id, and that this key may see it."

export const page = <S extends AnyCodec>(item: S) =>
  Schema.Struct({
    items: Schema.Array(item),
    /** Give it back as `cursor` for the next page; null on the last one. */
    next: Schema.NullOr(Schema.String)
  })

export const LIMIT = (most: number, usual: number): Parameter => ({
  in: "query",
  name: "limit",
  description: `How many at most (${usual} if left out).`,
  schema: { type: "integer", minimum: 1, maximum: most, default: usual }
})
export const CURSOR: Parameter = {
  in: "query",
  name: "cursor",
  description: "`next` of the page before.",
  schema: { type: "string" }
}
export const ID = (of: string): Parameter => ({
  in: "path",
  name: "id",
  description: `The id of the ${of}.`,
  required: true,
  schema: { type: "string", minLength: 1, maxLength: 100 }
})
export const IF_MATCH: Parameter = {
  in: "header",
  name: "If-Match",
  description: "The version that the caller has seen (ETag). If the order has another one, nothing happens (412).",
  schema: { type: "string" }
}
export const IDEMPOTENCY_KEY: Parameter = {
  in: "header",
  name: "Idempotency-Key",
  description: "The same key with the same command acts once; the answer is the order as it is now.",
  schema: { type: "string", minLength: 1, maxLength: 128 }
}
