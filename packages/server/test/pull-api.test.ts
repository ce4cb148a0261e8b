import { defineAdapter, type InboundHub, Schema } from "@aptekit/core"
import { beforeEach, expect, test } from "vitest"
import { type Order, problem, useServer } from "./support/server.ts"

/** A partner that asks: its HTTP entrance gives what it is told, takes confirmations and facts, as 1C's does. */
let hub: InboundHub
const partner = defineAdapter({
  name: "erp",
  config: Schema.Struct({}),
  ports: {},
  setup: (_, context) => {
    hub = context.hub
    return {
      orders: { takes: (branchId: string) => branchId === "north" },
      http: async (request: Request) => {
        const url = new URL(request.url)
        if (request.method === "POST") return Response.json(await hub.orders.facts(await request.json() as never))
        const orders = await hub.orders.pull(10)
        if (url.searchParams.get("success") !== null) {
          await hub.orders.confirm(orders.map(({ order, version }) => ({ orderId: order.id, version })))
        }
        return Response.json(orders.map(({ order, parts, offers }) => [`${order.number}-${parts[0]!.part}`, parts[0]!.status, offers]))
      }
    }
  }
})

const server = await useServer({ adapters: [partner({})] })
const { call, command, order } = server
const exchange = (query = "", body?: unknown) =>
  fetch(`${server.url}/exchange/erp${query}`, body === undefined ? {} : { method: "POST", body: JSON.stringify(body) })
    .then((response) => response.json())
const fact = (of: Order, state: string) => ({
  number: of.fulfilments[0]!.number, documentId: null, at: null, state, lines: null, reason: null
})
const read = async (id: string) => (await (await call("operator", "GET", `/orders/${id}`)).json()) as Order
const outbox = async (state: string) =>
  ((await (await call("admin", "GET", `/outbox?state=${state}`)).json()) as { items: Array<Record<string, unknown>> }).items

beforeEach(async () => {
  await exchange("?success")
})

test("R-ORD-6: R-SDK-2: a partner fetches an order until it confirms it, and its facts move it", async () => {
  const placed = await order()
  const number = placed.fulfilments[0]!.number
  expect(await exchange()).toEqual([[number, "assigned", 1]])
  expect(await exchange()).toEqual([[number, "assigned", 2]])
  const [message] = await outbox("waiting")
  expect(message).toMatchObject({ lane: "erp", orderId: placed.id, orderVersion: 1, attempts: 2, state: "waiting", lastError: null })
  await exchange("?success")
  expect([await exchange(), await outbox("waiting")]).toEqual([[], []])
  expect(await exchange("", [fact(placed, "assembled"), { ...fact(placed, "accepted"), number: "77-1" }]))
    .toMatchObject([{ outcome: "applied" }, { outcome: "unknownOrder" }])
  expect((await read(placed.id)).status).toBe("assembled")
  // A customer's cancellation is news; what the partner said itself was none.
  expect(await exchange()).toEqual([])
  expect((await call("shop", "POST", `/orders/${placed.id}/cancel`, { reason: "customerAsks" })).status).toBe(200)
  expect(await exchange("?success")).toEqual([[number, "cancelled", 1]])
})

test("R-ORD-3: a case of an ended order is listed and closed by a person, once; the log keeps none of their words", async () => {
  const placed = await order()
  await exchange("?success")
  await call("shop", "POST", `/orders/${placed.id}/cancel`, { reason: "customerAsks" })
  expect(await exchange("", [fact(placed, "accepted")])).toMatchObject([{ outcome: "recorded" }])
  const list = async (query: string) =>
    ((await (await call("operator", "GET", `/cases?${query}`)).json()) as { items: Array<Record<string, unknown>> }).items
  const [found] = (await list("reason=needsErpAction,erpDiffers&branch=north")).filter((one) => one["orderId"] === placed.id)
  expect(found).toMatchObject({
    reason: "needsErpAction",
    status: "cancelled",
    title: { ru: "Нужно действие в 1С", en: "Needs action in 1C" },
    comment: "accepted in the partner's system; here cancelled"
  })
  const close = (body: unknown, caseId = String(found!["caseId"]), key: "operator" | "branch" | "shop" = "operator") =>
    call(key, "POST", `/orders/${placed.id}/cases/${caseId}/close`, body)
  expect([(await close({ comment: "снято" }, "1", "branch")).status, (await close({ comment: "снято" }, "1", "shop")).status]).toEqual([403, 403])
  expect((await close({}, "1")).status).toBe(422)
  expect((await close({ comment: "снято" }, "99")).status).toBe(404)
  expect((await close({ comment: "снято" }, "x")).status).toBe(422)
  const closed = (await (await close({ comment: "снято в 1С" })).json()) as Order
  expect(closed.cases).toMatchObject([{ resolution: "снято в 1С", closedAt: expect.any(String) }])
  const again = await close({ comment: "снято в 1С" })
  expect([again.status, (await problem(again)).code]).toEqual([409, "refused"])
  expect((await list("reason=needsErpAction")).filter((one) => one["orderId"] === placed.id)).toEqual([])
  const events = await (await call("operator", "GET", `/orders/${placed.id}/events`)).text()
  expect([events.includes("case.closed"), events.includes("desk-1"), events.includes("снято")]).toEqual([true, true, false])
  expect((await call("operator", "GET", "/cases?branch=nowhere")).status).toBe(422)
})

test("R-OPS-2: an order that the partner cannot take is found, replayed or discarded by an administrator", async () => {
  const [poison, good] = [await order(), await order()]
  await hub.orders.quarantine(poison.id, "no GUID of a product")
  expect(await exchange("?success")).toEqual([[good.fulfilments[0]!.number, "assigned", 1]])
  await command(poison, "accept", {}, "branch")
  expect(await exchange()).toEqual([])
  const [dead] = (await outbox("dead")).filter((one) => one["orderId"] === poison.id)
  expect(dead).toMatchObject({ state: "dead", lastError: "no GUID of a product", orderVersion: 1 })
  const decide = (verb: string, body: unknown = { reason: "mapped" }, key: "admin" | "operator" = "admin") =>
    call(key, "POST", `/outbox/${encodeURIComponent(String(dead!["id"]))}/${verb}`, body)
  expect((await decide("replay", { reason: "mapped" }, "operator")).status).toBe(403)
  expect((await decide("replay", {})).status).toBe(422)
  expect((await call("admin", "POST", "/outbox/nobody/replay", { reason: "mapped" })).status).toBe(404)
  expect(await (await decide("replay")).json()).toMatchObject({ id: dead!["id"], state: "waiting", attempts: 0 })
  const refused = await decide("replay")
  expect([refused.status, (await problem(refused)).code]).toEqual([409, "refused"])
  expect(await exchange("?success")).toEqual([[poison.fulfilments[0]!.number, "accepted", 1]])
  await command(poison, "assemble", {}, "branch")
  await hub.orders.quarantine(poison.id, "again")
  const [second] = (await outbox("dead")).filter((one) => one["orderId"] === poison.id)
  const gone = await call("admin", "POST", `/outbox/${encodeURIComponent(String(second!["id"]))}/discard`, { reason: "by hand" })
  expect(await gone.json()).toMatchObject({ state: "dropped" })
  expect([await exchange(), (await outbox("dead")).filter((one) => one["orderId"] === poison.id)]).toEqual([[], []])
  const types = ((await (await call("operator", "GET", `/orders/${poison.id}/events`)).json()) as { items: Array<{ type: string; actor: { id: string } }> })
    .items.filter((event) => event.type.startsWith("outbox.")).map((event) => `${event.type} ${event.actor.id}`)
  expect(types).toEqual(["outbox.quarantined erp", "outbox.replayed root", "outbox.quarantined erp", "outbox.discarded root"])
})
