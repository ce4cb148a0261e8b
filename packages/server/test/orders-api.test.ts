import { Agent, request } from "node:http"
import { connect } from "node:net"
import { expect, test } from "vitest"
import { KEYS, type Order, orderBody, problem, useServer } from "./support/server.ts"

const server = await useServer()
const { call } = server

const post = (body: unknown, headers: Record<string, string> = {}) => call("shop", "POST", "/orders", body, headers)
const count = async (): Promise<number> =>
  ((await (await call("operator", "GET", "/orders?limit=200")).json()) as { items: ReadonlyArray<Order> }).items.length

test("R-ORD-1: R-ORD-2: an order is taken in, held at its branch and assigned; its ETag is its version", async () => {
  const response = await post(orderBody())
  const order = (await response.json()) as Order
  expect([response.status, response.headers.get("etag"), order.status]).toEqual([201, '"1"', "assigned"])
  expect(order.fulfilments[0]).toMatchObject({
    number: `${order.number}-1`,
    branchId: "north",
    reservation: { state: "live" },
    lines: [{ held: 1, quantity: 1, price: { amount: 49_000, currency: "KZT" } }]
  })
  expect(order.customer.phone).toBe("+77010000001")
  const read = await call("shop", "GET", `/orders/${order.id}`)
  expect([read.headers.get("etag"), await read.json()]).toEqual(['"1"', order])
})

test("R-ORD-1: the same order again is the same (200); with other contents a conflict names the field", async () => {
  const body = orderBody()
  const first = (await (await post(body)).json()) as Order
  const again = await post({ ...body, customer: { phone: "+7 701 000-00-01", name: "Айгерім Сәрсенова" } })
  expect([again.status, ((await again.json()) as Order).id]).toEqual([200, first.id])
  const other = await post({ ...body, comment: "second floor" })
  const conflict = await problem(other)
  expect([other.status, conflict.code, conflict.errors?.map(({ path }) => path)]).toEqual([
    409,
    "keyConflict",
    ["comment"]
  ])
  expect(JSON.stringify(conflict)).not.toContain("second floor")
})

/** A connection of its own, unlike fetch, which shares them. */
const postAlone = (body: string): Promise<{ status: number; order: Order }> =>
  new Promise((resolve, reject) => {
    const sent = request(
      `${server.url}/api/v1/orders`,
      {
        method: "POST",
        agent: new Agent({ keepAlive: false }),
        headers: { authorization: `Bearer ${KEYS.shop.text}`, "content-type": "application/json" }
      },
      (response) => {
        let text = ""
        response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk))
        response.on("end", () => resolve({ status: response.statusCode ?? 0, order: JSON.parse(text) as Order }))
      }
    )
    sent.on("error", reject)
    sent.end(body)
  })

test("R-ORD-1: R-STK-4: the same order from 16 connections at once is one order with one hold", async () => {
  const available = async (): Promise<number> => {
    const response = await call("shop", "GET", "/stock?productId=aspirin&branchId=south")
    return ((await response.json()) as { items: ReadonlyArray<{ available: number }> }).items[0]!.available
  }
  const [before, orders] = [await available(), await count()]
  const body = JSON.stringify(
    orderBody({
      delivery: { type: "pickup", branchId: "south" },
      lines: [{ productId: "aspirin", quantity: 2 }]
    })
  )
  const answers = await Promise.all(Array.from({ length: 16 }, () => postAlone(body)))
  expect(new Set(answers.map(({ order }) => order.id)).size).toBe(1)
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([...Array(15).fill(200), 201])
  expect([await available(), await count()]).toEqual([before - 2, orders + 1])
})

test("R-ORD-3: what cannot be completed goes to the operator with its reason, and is a 201 all the same", async () => {
  const short = (await (await post(orderBody({ lines: [{ productId: "rare", quantity: 3 }] }))).json()) as Order
  expect([short.status, short.cases.map(({ reason }) => reason)]).toEqual(["operator", ["absent"]])
  const unknown = (await (await post(orderBody({ lines: [{ sku: "no-such", quantity: 1 }] }))).json()) as Order
  expect([unknown.status, unknown.cases[0]?.reason]).toEqual(["operator", "unknownProduct"])
})

test("R-ORD-1: quantities 0, -1, 1e9 and 1.5 are 422 with the path, and nothing is stored", async () => {
  const before = await count()
  for (const quantity of [0, -1, 1e9, 1.5, "1", null]) {
    const response = await post(orderBody({ lines: [{ productId: "aspirin", quantity }] }))
    const found = await problem(response)
    expect([quantity, response.status, found.code, found.errors?.[0]?.path]).toEqual([
      quantity,
      422,
      "invalidInput",
      "lines[0].quantity"
    ])
  }
  expect(await count()).toBe(before)
})

test("R-ORD-1: everything wrong is named at once, by path, and no value comes back", async () => {
  const response = await post({
    ...orderBody(),
    customer: { name: "Secretname".repeat(30), phone: 87_010_000_000 },
    payment: { method: "Secretpay" },
    coment: "Secretcomment"
  })
  const text = await response.text()
  const { errors } = JSON.parse(text) as { errors: ReadonlyArray<{ path: string }> }
  expect(response.status).toBe(422)
  expect(errors.map(({ path }) => path).sort()).toEqual(["coment", "customer.name", "customer.phone", "payment.method"])
  expect(text).not.toMatch(/Secret|8701/)
})

test("SMS-2: an e-mail address is kept in lower case; what is none is refused by its path, and does not come back", async () => {
  const { customer } = orderBody() as { customer: object }
  const kept = (await (await post(orderBody({ customer: { ...customer, email: " Aigerim@Mail.KZ" } }))).json()) as Order
  expect(kept.customer).toMatchObject({ email: "aigerim@mail.kz" })
  const refused = await post(orderBody({ customer: { ...customer, email: "secret@mail.kz\r\nBcc: a@b.kz" } }))
  const text = await refused.text()
  expect([refused.status, (JSON.parse(text) as { errors: ReadonlyArray<{ path: string }> }).errors[0]?.path]).toEqual([422, "customer.email"])
  expect(text).not.toContain("secret")
})

test("R-ORD-1: a name of 100 KB is refused as too large, before anybody parses it", async () => {
  const response = await post(orderBody({ customer: { name: "А".repeat(100_000), phone: "1" } }))
  expect([response.status, (await problem(response)).code]).toEqual([413, "tooLarge"])
  const small = await post(orderBody({ customer: { name: "А".repeat(10_000), phone: "1" } }))
  expect([small.status, (await problem(small)).code]).toEqual([422, "invalidInput"])
})

test("R-ORD-1: a chunked body is counted as it comes", async () => {
  const chunk = Buffer.alloc(16 * 1024, " ")
  const stream = new ReadableStream<Uint8Array>({ pull: (controller) => controller.enqueue(chunk) })
  const response = await fetch(`${server.url}/api/v1/orders`, {
    method: "POST",
    body: stream,
    duplex: "half",
    headers: { authorization: `Bearer ${KEYS.shop.text}`, "content-type": "application/json" }
  })
  expect([response.status, (await problem(response)).code]).toEqual([413, "tooLarge"])
})

test("R-ORD-1: a body that is cut off, not JSON, not UTF-8 or missing is 400; another type is 415", async () => {
  const body = JSON.stringify(orderBody())
  for (const bad of [body.slice(0, -10), "", "{", "[1,", "\u0000"]) {
    const response = await post(bad)
    expect([bad.length, response.status, (await problem(response)).code]).toEqual([bad.length, 400, "badRequest"])
  }
  const headers = { authorization: `Bearer ${KEYS.shop.text}`, "content-type": "application/json" }
  const latin = await fetch(`${server.url}/api/v1/orders`, {
    method: "POST",
    headers,
    body: Buffer.from([0x7b, 0x22, 0xc0, 0x22, 0x7d])
  })
  expect(latin.status).toBe(400)
  const form = await post("a=b", { "content-type": "application/x-www-form-urlencoded" })
  expect([form.status, (await problem(form)).code]).toEqual([415, "unsupportedMediaType"])
})

test("R-ORD-1: a JSON body that is no object is 422", async () => {
  for (const body of ["null", "[]", "1", '"order"']) expect((await post(body)).status).toBe(422)
})

test("R-OPS-1: a client that breaks off in the middle of its body leaves nothing behind", async () => {
  const before = await count()
  const body = JSON.stringify(orderBody())
  await new Promise<void>((resolve, reject) => {
    const socket = connect(server.port, "127.0.0.1", () => {
      socket.write(
        `POST /api/v1/orders HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${KEYS.shop.text}\r\n` +
          `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body.slice(0, 40)}`,
        () => socket.end()
      )
    })
    socket.on("data", () => undefined)
    socket.on("close", () => resolve())
    socket.on("error", reject)
  })
  expect(await count()).toBe(before)
  expect((await post(body)).status).toBe(201)
})

test("R-ORD-1: an unknown branch or a closed channel is 422 with the path", async () => {
  const branch = await problem(await post(orderBody({ delivery: { type: "pickup", branchId: "nowhere" } })))
  expect([branch.status, branch.errors?.[0]?.path]).toEqual([422, "delivery.branchId"])
  const channel = await problem(await call("operator", "POST", "/orders", orderBody({ channel: "ghost" })))
  expect([channel.status, channel.errors?.[0]?.path]).toEqual([422, "channel"])
})

test("R-ORD-5: lists page by cursor without gap or repetition and tell the feed's position", async () => {
  const seen: Array<string> = []
  let cursor = ""
  do {
    const response = await call("operator", "GET", `/orders?limit=2${cursor}`)
    expect(Number(response.headers.get("feed-position"))).toBeGreaterThan(0)
    const page = (await response.json()) as { items: ReadonlyArray<Order>; next: string | null }
    expect(page.items.length).toBeLessThanOrEqual(2)
    seen.push(...page.items.map(({ id }) => id))
    cursor = page.next === null ? "" : `&cursor=${encodeURIComponent(page.next)}`
  } while (cursor !== "")
  expect([new Set(seen).size, seen.length]).toEqual([seen.length, await count()])
})

test("R-ORD-17: orders are found by branch, state and the buyer's phone; wrong filters are 422", async () => {
  const order = await server.order({ customer: { name: "Болат Неповторимый", phone: "8 702 555 44 33" } })
  const found = async (query: string) =>
    ((await (await call("branch", "GET", `/orders?${query}`)).json()) as { items: ReadonlyArray<Order> }).items.map(
      ({ id }) => id
    )
  expect(await found("text=неповторимый")).toEqual([order.id])
  expect(await found("branchId=north&status=assigned,accepted")).toContain(order.id)
  expect(await found("branchId=east")).not.toContain(order.id)
  expect(await found("status=closed")).not.toContain(order.id)
  expect(await found("due=true")).not.toContain(order.id)
  for (const query of ["status=lost", "limit=201", "limit=0", "due=maybe"]) {
    const response = await call("branch", "GET", `/orders?${query}`)
    expect([query, response.status]).toEqual([query, 422])
  }
})

test("R-SDK-5: unknown paths are 404, known ones with another method 405 that says which", async () => {
  const nowhere = await call("shop", "GET", "/order")
  expect([nowhere.status, (await problem(nowhere)).code]).toEqual([404, "notFound"])
  const method = await call("shop", "DELETE", "/orders/1")
  expect([method.status, method.headers.get("allow"), (await problem(method)).code]).toEqual([
    405,
    "GET",
    "methodNotAllowed"
  ])
  const long = await call("shop", "GET", `/orders/${"x".repeat(200)}`)
  expect(long.status).toBe(404)
})

test("R-ORD-13: a channel cancels its own order: every part or none, once", async () => {
  const order = await server.order()
  const response = await call(
    "shop",
    "POST",
    `/orders/${order.id}/cancel`,
    { reason: "changed my mind" },
    { "if-match": '"1"' }
  )
  const cancelled = (await response.json()) as Order
  expect([response.status, cancelled.status, cancelled.fulfilments[0]?.reservation?.state]).toEqual([
    200,
    "cancelled",
    "released"
  ])
  const again = await call("shop", "POST", `/orders/${order.id}/cancel`, { reason: "again" })
  const refused = await problem(again)
  expect([again.status, refused.code, refused.state]).toEqual([409, "refused", "cancelled"])
})

test("R-ORD-21: a payment is reported once; cancelling the paid order makes a refund due", async () => {
  const order = await server.order()
  const report = { state: "paid", reference: "psp-1" }
  const paid = (await (await call("shop", "POST", `/orders/${order.id}/payment`, report)).json()) as Order
  const again = (await (await call("shop", "POST", `/orders/${order.id}/payment`, report)).json()) as Order
  expect([paid.payment.state, again.version]).toEqual(["paid", paid.version])
  await call("shop", "POST", `/orders/${order.id}/cancel`, { reason: "changed my mind" })
  const cancelled = (await (await call("shop", "GET", `/orders/${order.id}`)).json()) as Order
  expect([cancelled.status, cancelled.payment.state]).toEqual(["cancelled", "refundDue"])
  const foreign = await call("app", "POST", `/orders/${order.id}/payment`, report)
  expect(foreign.status).toBe(404)
})
