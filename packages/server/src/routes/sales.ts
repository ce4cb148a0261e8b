import { OrderView, Sale, Schema } from "@aptekit/core"
import type { Operation } from "../operation.ts"
import { json } from "./shared.ts"

const RecordedSale = Schema.Struct({
  /** The order that the sale closed or touched; null for a walk-in. */
  order: Schema.NullOr(OrderView),
  created: Schema.Boolean
})

const recordSale: Operation = {
  id: "recordSale",
  method: "post",
  path: "/sales",
  tag: "sales",
  summary: "Record a sale of a cash register, or a return",
  description:
    "A fact: never refused for the state of the order. Idempotent by `source` and `id`. Without `fulfilmentNumber` " +
    "it is a walk-in sale, which moves stock only. `kind: return` brings the lines back to the branch's stock; no order " +
    "changes by it.",
  body: {
    schema: Sale,
    required: true,
    example: {
      source: "register-3",
      id: "R-000451",
      branchId: "b03",
      occurredAt: "2026-11-21T10:15:00+05:00",
      fulfilmentNumber: "100001-1",
      lines: [{ productId: "p00001", quantity: 1 }]
    }
  },
  answers: {
    200: { description: "This sale came before; nothing was done again.", schema: RecordedSale },
    201: { description: "Recorded.", schema: RecordedSale }
  },
  problems: ["badRequest", "versionConflict", "tooLarge", "unsupportedMediaType", "invalidInput"],
  handle: async ({ hub, key, body }) => {
    const recorded = await hub.sales.record(body as typeof Sale.Encoded, { kind: "register", id: key.label })
    return json(recorded, recorded.created ? 201 : 200)
  }
}

export const saleOperations: ReadonlyArray<Operation> = [recordSale]
