import { expect, test } from "vitest"
import { type Order, problem, useServer } from "./support/server.ts"

const server = await useServer()
const { call, command } = server

const sale = (order: Order, id: string, over: Record<string, unknown> = {}) => ({
  source: "till-1",
  id,
  branchId: "north",
  occurredAt: "2026-11-23T12:00:00+05:00",
  fulfilmentNumber: order.fulfilments[0]!.number,
  lines: [{ productId: "aspirin", quantity: 1 }],
  ...over
})

test("R-ORD-5: R-ORD-6: accept, assemble, sell: the order closes itself", async () => {
  const order = await server.order()
  const accepted = (await (await command(order, "accept")).json()) as Order
  expect([accepted.status, accepted.version, accepted.fulfilments[0]?.allowed]).toEqual([
    "accepted",
    2,
    expect.arrayContaining(["assemble", "cancel"])
  ])
  const assembled = await command(order, "assemble")
  expect(assembled.headers.get("etag")).toBe('"3"')
  const sold = await call("register", "POST", "/sales", sale(order, "R-1"))
  const body = (await sold.json()) as { order: Order; created: boolean }
  expect([sold.status, body.created, body.order.status, body.order.payment.state]).toEqual([
    201,
    true,
    "closed",
    "paid"
  ])
  const again = await call("register", "POST", "/sales", sale(order, "R-1"))
  expect([again.status, ((await again.json()) as { created: boolean }).created]).toEqual([200, false])
})

test("R-ORD-9: what the life cycle forbids is 409 and names the state and what it allows", async () => {
  const order = await server.order()
  const response = await command(order, "assemble")
  const refused = await problem(response)
  expect([response.status, refused.code, refused.reason, refused.state]).toEqual([409, "refused", "state", "assigned"])
  expect(refused.allowed).toContain("accept")
})

test("R-ORD-9: another version than If-Match names is 412 and changes nothing", async () => {
  const order = await server.order()
  const stale = await command(order, "accept", {}, "branch", { "if-match": '"7"' })
  expect([stale.status, (await problem(stale)).code]).toEqual([412, "versionMismatch"])
  const right = await command(order, "accept", {}, "branch", { "if-match": '"1"' })
  expect(right.status).toBe(200)
  const nonsense = await command(order, "assemble", {}, "branch", { "if-match": "yesterday" })
  expect([nonsense.status, (await problem(nonsense)).code]).toEqual([400, "badRequest"])
})

test("R-ORD-9: the same Idempotency-Key acts once; with another wish it is a conflict", async () => {
  const order = await server.order()
  const key = { "idempotency-key": "press-1" }
  const first = (await (await command(order, "accept", {}, "branch", key)).json()) as Order
  const again = await command(order, "accept", {}, "branch", key)
  expect([again.status, ((await again.json()) as Order).version]).toEqual([200, first.version])
  const other = await command(order, "assemble", {}, "branch", key)
  expect([other.status, (await problem(other)).code]).toEqual([409, "keyConflict"])
  const bad = await command(order, "assemble", {}, "branch", { "idempotency-key": "a b" })
  expect(bad.status).toBe(400)
})

test("R-ORD-9: a command takes its own fields only; one that needs none needs no body", async () => {
  const order = await server.order()
  const extra = await command(order, "accept", { force: true })
  expect([extra.status, (await problem(extra)).errors?.[0]?.path]).toEqual([422, "force"])
  const missing = await command(order, "defer", {})
  expect([missing.status, (await problem(missing)).errors?.[0]?.path]).toEqual([422, "minutes"])
  const bodiless = await call("branch", "POST", `/fulfilments/${order.fulfilments[0]!.id}/accept`)
  expect(bodiless.status).toBe(200)
  const unknown = await call("branch", "POST", "/fulfilments/no-such/accept")
  expect([unknown.status, (await problem(unknown)).code]).toEqual([404, "notFound"])
})

test("R-ORD-4: an operator replaces a line and sends the order to a branch", async () => {
  const order = await server.order({ lines: [{ productId: "rare", quantity: 1 }] })
  expect(order.status).toBe("operator")
  const replaced = await command(order, "substitute", { lineId: 1, productId: "ibuprofen" }, "operator")
  expect(replaced.status).toBe(200)
  const assigned = (await (await command(order, "assign", { branchId: "north" }, "operator")).json()) as Order
  expect([assigned.status, assigned.cases.every(({ closedAt }) => closedAt !== null)]).toEqual(["assigned", true])
})

test("R-ORD-6: a walk-in sale moves stock; an unknown branch or product is 422 with its path", async () => {
  const order = await server.order()
  const body = sale(order, "R-9", { lines: [{ productId: "ibuprofen", quantity: 2 }] })
  const { fulfilmentNumber: _, ...walkIn } = body
  const stock = async () => {
    const response = await call("shop", "GET", "/stock?productId=ibuprofen&branchId=north")
    return ((await response.json()) as { items: ReadonlyArray<{ available: number }> }).items[0]!.available
  }
  const before = await stock()
  expect((await call("register", "POST", "/sales", walkIn)).status).toBe(201)
  expect(await stock()).toBe(before - 2)
  const branch = await problem(await call("register", "POST", "/sales", { ...walkIn, id: "R-10", branchId: "nowhere" }))
  expect([branch.status, branch.errors?.[0]?.path]).toEqual([422, "branchId"])
  const product = await problem(
    await call("register", "POST", "/sales", { ...walkIn, id: "R-11", lines: [{ productId: "ghost", quantity: 1 }] })
  )
  expect([product.status, product.errors?.[0]?.path]).toEqual([422, "lines[0].productId"])
})

test("R-ORD-8: the chronology tells every step in order with before and after", async () => {
  const order = await server.order()
  await command(order, "accept")
  const { items } = (await (await call("shop", "GET", `/orders/${order.id}/events`)).json()) as {
    items: ReadonlyArray<{ type: string; seq: number; data: { status?: ReadonlyArray<string | null> } }>
  }
  expect(items.map(({ type }) => type)).toEqual(["order.placed", "fulfilment.accept"])
  expect(items[1]?.data.status).toEqual(["assigned", "accepted"])
  expect(items[1]!.seq).toBeGreaterThan(items[0]!.seq)
  expect(JSON.stringify(items)).not.toMatch(/Сәрсенова|7010000001/)
})

test("R-ORD-4: a changed line is an old one or a new one; to name both is a mistake that is told", async () => {
  const placed = await server.order()
  await command(placed, "accept")
  const both = await command(placed, "changeLines", { lines: [{ lineId: 1, productId: "ibuprofen", quantity: 1 }] })
  expect((await problem(both)).errors?.[0]).toMatchObject({ path: "lines[0]" })
})
