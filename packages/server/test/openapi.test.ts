import { makeProduct } from "@aptekit/core/testing"
import { createConfig, lintFromString } from "@redocly/openapi-core"
import { expect, test } from "vitest"
import { type ApiDocument, contract } from "./support/contract.ts"
import { KEYS, type KeyName, orderBody, useServer } from "./support/server.ts"

const server = await useServer()
const source = await (await fetch(`${server.url}/openapi.json`)).text()
const document = JSON.parse(source) as ApiDocument
const violations = contract(document)

const lint = async (text: string): Promise<ReadonlyArray<string>> => {
  const config = await createConfig({ extends: ["recommended"] })
  const problems = await lintFromString({ source: text, absoluteRef: "openapi.json", config })
  return problems.map(({ ruleId, location }) => `${ruleId} ${location[0]?.pointer}`)
}

test("R-SDK-5: the API document passes Redocly's recommended rules without a word", async () => {
  expect(await lint(source)).toEqual([])
  expect(await lint(source.replace('"operationId":"placeOrder",', ""))).not.toEqual([])
})

test("R-SDK-5: R-ORD-9: every transition has an operation of its own with its body", () => {
  const { paths } = JSON.parse(source)
  const accept = paths["/api/v1/fulfilments/{id}/accept"].post
  const defer = paths["/api/v1/fulfilments/{id}/defer"].post
  expect([accept.operationId, accept.requestBody.required]).toEqual(["acceptFulfilment", false])
  expect([defer.operationId, defer.requestBody.required]).toEqual(["deferFulfilment", true])
  expect(defer.requestBody.content["application/json"].schema.properties.minutes.type).toBe("integer")
})

test("R-SDK-5: every example of the document is an input that the API takes", async () => {
  const { paths } = JSON.parse(source)
  const example = paths["/api/v1/orders"].post.requestBody.content["application/json"].example
  const response = await server.call("shop", "POST", "/orders", {
    ...example,
    delivery: { type: "pickup", branchId: "north" }
  })
  expect(response.status).toBe(201)
})

test("R-SDK-5: every answer of the main flow, good and bad, is as the document says", async () => {
  const found: Array<string> = []
  const check = async (
    key: KeyName | null,
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>
  ) => {
    const response = await server.call(key, method, path, body, headers)
    found.push(...(await violations(method, path, response.clone())))
    return response
  }
  const body = orderBody()
  const order = (await (await check("shop", "POST", "/orders", body)).json()) as {
    id: string
    number: string
    fulfilments: [{ id: string }]
  }
  const part = `/fulfilments/${order.fulfilments[0].id}`
  await check("shop", "POST", "/orders", body)
  await check("shop", "POST", "/orders", { ...body, comment: "other" })
  await check("shop", "POST", "/orders", orderBody({ lines: [{ productId: "rare", quantity: 2 }] }))
  await check(
    "shop",
    "POST",
    "/orders",
    orderBody({ delivery: { type: "courier", address: { text: "пр. Абая, 1", point: { lat: 43.2, lon: 76.9 } } } })
  )
  await check("shop", "POST", "/orders", "{")
  await check("shop", "POST", "/orders", {})
  await check("app", "POST", "/orders", body)
  await check(null, "POST", "/orders", body)
  await check("shop", "POST", "/orders", "x".repeat(70_000))
  await check("shop", "POST", "/orders", "a", { "content-type": "text/plain" })
  await check("operator", "GET", "/orders?branchId=north&limit=2")
  await check("operator", "GET", "/orders?limit=9999")
  await check("shop", "GET", `/orders/${order.id}`)
  await check("shop", "GET", "/orders/none")
  await check("branch", "POST", `${part}/assemble`, {})
  await check("branch", "POST", `${part}/accept`, {}, { "if-match": '"9"' })
  await check("branch", "POST", `${part}/accept`, {})
  await check("branch", "POST", `${part}/assemble`, {})
  const sale = {
    source: "till",
    id: "1",
    branchId: "north",
    occurredAt: "2026-11-23T07:00:00Z",
    fulfilmentNumber: `${order.number}-1`,
    lines: [{ productId: "aspirin", quantity: 1 }]
  }
  await check("register", "POST", "/sales", sale)
  await check("register", "POST", "/sales", sale)
  await check("shop", "GET", `/orders/${order.id}/events`)
  await check("shop", "POST", `/orders/${order.id}/cancel`, { reason: "late" })
  await check("shop", "GET", "/products?text=&limit=2")
  await check("shop", "GET", "/products/aspirin")
  await check("shop", "GET", "/products/none")
  const description = { ru: "От боли", kk: null, en: null }
  const card = { ...makeProduct("card"), vat: 12, unit: { code: "778", name: "упак" }, description }
  await check("admin", "PUT", "/products", { products: [card] })
  await check("shop", "GET", "/products/card")
  await check("admin", "PUT", "/products", { products: [{ ...card, group: "nowhere" }] })
  const groups = [{ id: "pain", name: { ru: "Боль", kk: null, en: null }, parent: null, shown: true }]
  await check("admin", "PUT", "/product-groups", { groups })
  await check("shop", "GET", "/product-groups?limit=1")
  await check("shop", "GET", "/stock?productId=aspirin,coffee")
  await check("shop", "GET", "/branches")
  await check("admin", "PUT", "/stock", { rows: [{ productId: "aspirin", branchId: "north", quantity: 500 }] })
  await check("admin", "PUT", "/prices", { priceType: "retail", rows: [{ productId: "aspirin", amount: 50_000 }] })
  await check("operator", "GET", "/sync-runs")
  await check("operator", "GET", "/sync-runs/none")
  await check("operator", "GET", "/outbox?state=dead")
  expect(found).toEqual([])
})

test("R-SDK-5: the document can be read without scripts, and names every operation", async () => {
  const page = await (await fetch(`${server.url}/docs`)).text()
  for (const id of ["placeOrder", "acceptFulfilment", "followEvents"]) expect(page).toContain(`id="${id}"`)
  expect(page).not.toContain("<script")
  const again = await fetch(`${server.url}/docs/try`, { headers: { authorization: `Bearer ${KEYS.shop.text}` } })
  expect(again.status).toBe(200)
})
