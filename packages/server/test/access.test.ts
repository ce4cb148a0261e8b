import { type ApiRole, TRANSITIONS } from "@aptekit/core"
import { expect, test } from "vitest"
import { COMMAND_NAMES, rolesOf } from "../src/access.ts"
import { OPERATIONS } from "../src/routes/index.ts"
import { type KeyName, KEYS, type Order, orderBody, problem, useServer } from "./support/server.ts"

const server = await useServer()
const { call } = server
/** Of calls without a key an address has 60 a minute, and there are more operations than that. */
const strangers = [server, await useServer()]

const ROLES: Readonly<Record<ApiRole, KeyName>> = {
  channel: "shop",
  branch: "branch",
  operator: "operator",
  register: "register",
  admin: "admin"
}

const pathOf = (path: string): string => path.replace(":id", "01980000-0000-7000-8000-000000000000")

test("R-OPS-3: every operation says who may call it, and the administrator may call all", () => {
  for (const { id } of OPERATIONS) {
    expect([id, rolesOf(id)]).toEqual([id, expect.arrayContaining(["admin"])])
  }
  expect(new Set(OPERATIONS.map(({ id }) => id)).size).toBe(OPERATIONS.length)
})

test("R-OPS-3: R-SDK-5: a command is for the roles that the table of transitions names", () => {
  for (const name of COMMAND_NAMES) {
    const by = TRANSITIONS[name].by as ReadonlyArray<string>
    const roles = [...(["branch", "operator"] as const).filter((role) => by.includes(role)), "admin"]
    expect([name, rolesOf(`${name}Fulfilment`)]).toEqual([name, roles])
  }
})

test("R-OPS-3: the door obeys the table: 401 without a key, 403 for every role that is not named", async () => {
  for (const [i, { id, method, path }] of OPERATIONS.entries()) {
    const anonymous = await strangers[i % strangers.length]!.call(null, method.toUpperCase(), pathOf(path))
    expect([id, anonymous.status, (await problem(anonymous)).code]).toEqual([id, 401, "unauthorized"])
    expect(anonymous.headers.get("www-authenticate")).toContain("Bearer")
    for (const role of Object.keys(ROLES) as ReadonlyArray<ApiRole>) {
      if (id === "followEvents" && rolesOf(id).includes(role)) continue
      const response = await call(ROLES[role], method.toUpperCase(), pathOf(path))
      await response.body?.cancel()
      const refused = !rolesOf(id).includes(role) || (id === "listOrders" && role === "register")
      expect([id, role, response.status === 403]).toEqual([id, role, refused])
    }
  }
})

test("R-OPS-3: an unknown key is 401 and its text is told to nobody", async () => {
  const response = await fetch(`${server.url}/api/v1/branches`, {
    headers: { authorization: "Bearer wrong-secret-key" }
  })
  const text = await response.text()
  expect(response.status).toBe(401)
  expect(text + JSON.stringify(server.log)).not.toContain("wrong-secret-key")
})

test("R-OPS-3: a channel places for itself only", async () => {
  const foreign = await call("app", "POST", "/orders", orderBody({ channel: "shop" }))
  expect([foreign.status, (await problem(foreign)).code]).toEqual([403, "forbidden"])
  const own = await call("app", "POST", "/orders", orderBody({ channel: "app" }))
  expect(own.status).toBe(201)
  const byOperator = await call("operator", "POST", "/orders", orderBody({ channel: "app" }))
  expect(byOperator.status).toBe(201)
})

test("R-OPS-3: to a channel the orders of others do not exist: not to read, list, cancel, nor by number", async () => {
  const order = await server.order()
  for (const path of [`/orders/${order.id}`, `/orders/${order.id}/events`]) {
    const response = await call("app", "GET", path)
    expect([path, response.status, (await problem(response)).code]).toEqual([path, 404, "notFound"])
  }
  const cancel = await call("app", "POST", `/orders/${order.id}/cancel`, { reason: "mine?" })
  expect(cancel.status).toBe(404)
  const items = async (path: string) =>
    ((await (await call("app", "GET", path)).json()) as { items: ReadonlyArray<Order> }).items
  expect((await items("/orders")).every((seen) => seen.channel === "app")).toBe(true)
  expect(await items(`/orders?number=${order.number}`)).toEqual([])
  expect(((await (await call("shop", "GET", `/orders/${order.id}`)).json()) as Order).status).toBe("assigned")
})

test("R-ORD-17: a register finds an order by its number or its part's, and lists nothing else", async () => {
  const order = await server.order()
  for (const number of [order.number, `${order.number}-1`]) {
    const response = await call("register", "GET", `/orders?number=${number}`)
    const { items } = (await response.json()) as { items: ReadonlyArray<Order> }
    expect(items.map(({ id }) => id)).toEqual([order.id])
  }
  const all = await call("register", "GET", "/orders")
  expect(all.status).toBe(403)
})

test("R-ORD-8: the chronology names who acted by role and key, never by the key's text", async () => {
  const order = await server.order()
  await server.command(order, "accept", {}, "branch")
  await server.command(order, "assemble", {}, "admin")
  const { items } = (await (await call("operator", "GET", `/orders/${order.id}/events`)).json()) as {
    items: ReadonlyArray<{ type: string; actor: { kind: string; id: string } }>
  }
  expect(items.map(({ type, actor }) => [type, actor.kind, actor.id])).toEqual([
    ["order.placed", "channel", "shop"],
    ["fulfilment.accept", "branch", "board-1"],
    ["fulfilment.assemble", "operator", "root"]
  ])
  expect(JSON.stringify(items)).not.toContain(KEYS.branch.text)
})

test("R-OPS-2: health, document and metrics need no key here; through a proxy metrics need an admin's", async () => {
  for (const path of ["/healthz", "/readyz", "/openapi.json", "/docs", "/metrics"]) {
    expect([path, (await fetch(server.url + path)).status]).toEqual([path, 200])
  }
  const proxied = { "x-forwarded-for": "203.0.113.9" }
  expect((await fetch(`${server.url}/metrics`, { headers: proxied })).status).toBe(403)
  const headers = { ...proxied, authorization: `Bearer ${KEYS.operator.text}` }
  expect((await fetch(`${server.url}/metrics`, { headers })).status).toBe(403)
  const admin = { ...proxied, authorization: `Bearer ${KEYS.admin.text}` }
  expect((await fetch(`${server.url}/metrics`, { headers: admin })).status).toBe(200)
})
