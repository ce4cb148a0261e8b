import { defineAdapter, type InboundHub, type PartFact, Schema } from "@aptekit/core"
import { expect, test } from "vitest"
import { type Order, useServer } from "./support/server.ts"

/** A partner that tells of its documents by webhooks, each with an id of its own. */
const Event = Schema.Struct({ id: Schema.String, number: Schema.String, state: Schema.Literals(["accepted", "assembled", "cancelled"]) })

let hub: InboundHub
const erp = defineAdapter({
  name: "erp",
  config: Schema.Struct({}),
  ports: {},
  setup: (_, context) => {
    hub = context.hub
    return {
      orders: { takes: () => true },
      http: async (request: Request) => {
        const event = Schema.decodeUnknownSync(Event)(await request.json())
        const said: PartFact = { number: event.number, documentId: event.number, at: null, state: event.state, lines: null, reason: null }
        const first = await hub.inbox.once(event.id, async (bound) => void (await bound.orders.facts([said])))
        return Response.json({ first })
      }
    }
  }
})({}, { id: "erp" })

const server = await useServer({ adapters: [erp] })

const tell = async (id: string, order: Order, state: string): Promise<boolean> => {
  const response = await fetch(`${server.url}/exchange/erp`, {
    method: "POST",
    body: JSON.stringify({ id, number: `${order.number}-1`, state })
  })
  return ((await response.json()) as { first: boolean }).first
}
const events = async (order: Order): Promise<ReadonlyArray<string>> => {
  const { items } = (await (await server.call("admin", "GET", `/orders/${order.id}/events`)).json()) as {
    items: ReadonlyArray<{ type: string }>
  }
  return items.map(({ type }) => type).filter((type) => type.startsWith("fulfilment."))
}
const told = async (): Promise<Order> => {
  const order = await server.order()
  const pulled = await hub.orders.pull(50)
  await hub.orders.confirm(pulled.map(({ order: one, version }) => ({ orderId: one.id, version })))
  return order
}

test("R-ARC-2, D27: events of a partner, each up to five times, shuffled and at once, have one effect each", async () => {
  const orders = [await told(), await told(), await told()]
  const all = orders.flatMap((order, n) =>
    ["accepted", "assembled", "cancelled"].flatMap((state, i) =>
      Array.from({ length: 1 + ((n + i * 2) % 5) }, () => ({ id: `${order.number}-${state}`, order, state }))
    )
  )
  // A fixed shuffle: late ones come after the cancel, doubles side by side and apart.
  const shuffled = all.map((one, i) => ({ one, at: (i * 7919) % 31 })).sort((a, b) => a.at - b.at).map(({ one }) => one)
  const answers = await Promise.all(shuffled.map(async (one) => ({ id: one.id, first: await tell(one.id, one.order, one.state) })))
  for (const id of new Set(answers.map((answer) => answer.id))) {
    expect(answers.filter((answer) => answer.id === id && answer.first)).toEqual([{ id, first: true }])
  }
  for (const order of orders) {
    const seen = await events(order)
    expect(seen.filter((type) => type === "fulfilment.cancel")).toHaveLength(1)
    expect(new Set(seen).size).toBe(seen.length)
    // A late copy of any of them changes nothing any more.
    for (const state of ["accepted", "assembled", "cancelled"]) expect(await tell(`${order.number}-${state}`, order, state)).toBe(false)
    expect(await events(order)).toEqual(seen)
  }
})
