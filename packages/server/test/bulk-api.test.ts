import { makeBranch, makeProduct } from "@aptekit/core/testing"
import { expect, test } from "vitest"
import { problem, useServer } from "./support/server.ts"

const server = await useServer()
const { call } = server

interface Run {
  readonly id: string
  readonly state: string
  readonly connection: string
  readonly counts: Readonly<Record<string, number>>
}

const available = async (product: string, branch: string) => {
  const response = await call("shop", "GET", `/stock?productId=${product}&branchId=${branch}`)
  return (
    (await response.json()) as { items: ReadonlyArray<{ available: number | null; price: { amount: number } | null }> }
  ).items[0]
}

test("R-STK-1: products, branches, stock and prices put by the API can be ordered at once", async () => {
  expect((await call("admin", "PUT", "/branches", { branches: [makeBranch("west")] })).status).toBe(200)
  const put = await call("admin", "PUT", "/products", { products: [makeProduct("zinc"), makeProduct("iron")] })
  expect(await put.json()).toEqual({ products: 2 })
  const stock = await call("admin", "PUT", "/stock", {
    rows: [{ productId: "zinc", branchId: "west", quantity: 7 }],
    source: "erp"
  })
  const run = (await stock.json()) as Run
  expect([run.state, run.connection, run.counts["new"]]).toEqual(["done", "erp", 1])
  const rows = [
    { productId: "zinc", amount: 12_300 },
    { productId: "zinc", branchId: "west", amount: 11_000 }
  ]
  expect((await call("admin", "PUT", "/prices", { priceType: "retail", rows })).status).toBe(200)
  expect(await available("zinc", "west")).toMatchObject({ available: 7, price: { amount: 11_000, currency: "KZT" } })
  expect((await available("zinc", "north"))?.price?.amount).toBe(12_300)
  const order = await server.order({
    delivery: { type: "pickup", branchId: "west" },
    lines: [{ sku: "sku-zinc", quantity: 3 }]
  })
  expect([order.status, (await available("zinc", "west"))?.available]).toEqual(["assigned", 4])
  const branches = (await (await call("shop", "GET", "/branches")).json()) as { items: ReadonlyArray<{ id: string }> }
  expect(branches.items.map(({ id }) => id)).toContain("west")
})

test("R-STK-2: a run can be read again, with its counts", async () => {
  const run = (await (
    await call("admin", "PUT", "/stock", { rows: [{ productId: "aspirin", branchId: "north", quantity: 999 }] })
  ).json()) as Run
  const read = (await (await call("operator", "GET", `/sync-runs/${run.id}`)).json()) as Run
  expect(read).toEqual(run)
  const { items } = (await (await call("operator", "GET", "/sync-runs?limit=5")).json()) as {
    items: ReadonlyArray<Run>
  }
  expect(items.map(({ id }) => id)).toContain(run.id)
})

test("R-STK-2: a statement that names an unknown product or branch changes nothing and says which row", async () => {
  const before = await available("aspirin", "south")
  const rows = [
    { productId: "aspirin", branchId: "south", quantity: 1 },
    { productId: "ghost", branchId: "south", quantity: 1 }
  ]
  const product = await problem(await call("admin", "PUT", "/stock", { rows }))
  expect([product.status, product.errors?.[0]?.path]).toEqual([422, "rows[1].productId"])
  const branch = await problem(
    await call("admin", "PUT", "/prices", {
      priceType: "retail",
      rows: [{ productId: "aspirin", branchId: "moon", amount: 1 }]
    })
  )
  expect([branch.status, branch.errors?.[0]?.path]).toEqual([422, "rows[0].branchId"])
  expect(await available("aspirin", "south")).toEqual(before)
})

test("R-STK-1: quantities and amounts outside their range are 422", async () => {
  for (const quantity of [-1, 1.5, 3e9]) {
    const response = await call("admin", "PUT", "/stock", {
      rows: [{ productId: "aspirin", branchId: "north", quantity }]
    })
    expect([quantity, response.status, (await problem(response)).errors?.[0]?.path]).toEqual([
      quantity,
      422,
      "rows[0].quantity"
    ])
  }
  const amount = await call("admin", "PUT", "/prices", {
    priceType: "retail",
    rows: [{ productId: "aspirin", amount: 2_147_483_648 }]
  })
  expect(amount.status).toBe(422)
})

test("R-STK-1: a bulk body may be large, up to 8 MB", async () => {
  const rows = Array.from({ length: 20_000 }, (_, i) => ({ productId: "aspirin", branchId: "north", quantity: i }))
  expect((await call("admin", "PUT", "/stock", { rows })).status).toBe(200)
  const huge = await call("admin", "PUT", "/stock", `{"rows":[${" ".repeat(9 * 1024 * 1024)}]}`)
  expect([huge.status, (await problem(huge)).code]).toEqual([413, "tooLarge"])
})

test("R-STK-8: stock is asked for by product and branch, bounded; unknown branches are 422", async () => {
  for (const query of [
    "",
    "productId=",
    "productId=aspirin&branchId=moon",
    `productId=${Array.from({ length: 101 }, (_, i) => `p${i}`).join(",")}`
  ]) {
    expect([query.slice(0, 40), (await call("shop", "GET", `/stock?${query}`)).status]).toEqual([
      query.slice(0, 40),
      422
    ])
  }
  const all = (await (
    await call("shop", "GET", "/stock?productId=aspirin&productId=coffee&productId=ghost")
  ).json()) as { items: ReadonlyArray<{ productId: string; available: number | null }> }
  expect(new Set(all.items.map(({ productId }) => productId))).toEqual(new Set(["aspirin", "coffee"]))
  expect(all.items.find(({ productId }) => productId === "coffee")?.available).toBeNull()
})

test("R-STK-6: products are searched and paged", async () => {
  const word = encodeURIComponent("товар")
  const first = (await (await call("shop", "GET", `/products?text=${word}&limit=2`)).json()) as {
    items: ReadonlyArray<{ id: string }>
    next: string | null
  }
  expect([first.items.length, first.next === null]).toEqual([2, false])
  const second = (await (
    await call("shop", "GET", `/products?text=${word}&limit=2&cursor=${encodeURIComponent(first.next!)}`)
  ).json()) as typeof first
  expect(second.items.map(({ id }) => id)).not.toContain(first.items[0]!.id)
  const found = (await (
    await call("shop", "GET", `/products?text=${encodeURIComponent("aspirin")}`)
  ).json()) as typeof first
  expect(found.items.map(({ id }) => id)).toEqual(["aspirin"])
  expect(await (await call("shop", "GET", "/products/aspirin")).json()).toMatchObject({
    id: "aspirin",
    name: { ru: "Товар aspirin" }
  })
})

test("R-STK-1: a product's VAT, group, unit and pack are shown in lists, its description with the single product only", async () => {
  const names = (ru: string) => ({ ru, kk: null, en: null })
  const groups = [
    { id: "creams", name: names("Кремы"), parent: "skin", shown: true },
    { id: "skin", name: { ru: "Кожа", kk: "Тері", en: "Skin" }, parent: null, shown: true }
  ]
  expect(await (await call("admin", "PUT", "/product-groups", { groups })).json()).toEqual({ groups: 2 })
  const product = {
    ...makeProduct("balm"), vat: "exempt", group: "creams", unit: { code: "796", name: "шт" },
    pack: { code: "778", name: "упак", units: 10 }
  }
  const description = { ru: "Мажут.", kk: null, en: "It is rubbed in." }
  await call("admin", "PUT", "/products", { products: [{ ...product, description }] })
  expect(await (await call("shop", "GET", "/products/balm")).json()).toEqual({ ...product, description })
  const { items } = (await (await call("shop", "GET", "/products?text=balm")).json()) as { items: ReadonlyArray<unknown> }
  expect(items).toEqual([product])
  // Left out, it stays; null takes it away.
  await call("admin", "PUT", "/products", { products: [{ ...product, vat: 12 }] })
  expect(await (await call("shop", "GET", "/products/balm")).json()).toEqual({ ...product, vat: 12, description })
  await call("admin", "PUT", "/products", { products: [{ ...product, description: null }] })
  expect(await (await call("shop", "GET", "/products/balm")).json()).toEqual({ ...product, description: null })
  const page = (await (await call("shop", "GET", "/product-groups?limit=1")).json()) as { items: ReadonlyArray<unknown>; next: string }
  expect(page.items).toEqual([groups[0]])
  const rest = await (await call("shop", "GET", `/product-groups?limit=1&cursor=${encodeURIComponent(page.next)}`)).json()
  expect(rest).toEqual({ items: [groups[1]], next: null })
})

test("R-STK-1: an unknown group, a group in itself and a description without end are refused with their place, whole", async () => {
  const names = { ru: "Г", kk: null, en: null }
  const refusedAt = async (path: string, body: unknown) => {
    const refused = await problem(await call("admin", "PUT", path, body))
    return [refused.status, refused.errors?.[0]?.path]
  }
  const products = [makeProduct("kept-out"), { ...makeProduct("lost"), group: "nowhere" }]
  expect(await refusedAt("/products", { products })).toEqual([422, "products[1].group"])
  const endless = { ...makeProduct("kept-out"), description: { ru: "a".repeat(20_001), kk: null, en: null } }
  expect(await refusedAt("/products", { products: [endless] })).toEqual([422, "products[0].description.ru"])
  expect((await call("shop", "GET", "/products/kept-out")).status).toBe(404)
  const loop = [{ id: "one", name: names, parent: "two", shown: true }, { id: "two", name: names, parent: "one", shown: true }]
  expect(await refusedAt("/product-groups", { groups: loop })).toEqual([422, "groups[0].parent"])
  expect(await refusedAt("/product-groups", { groups: [{ ...loop[0], parent: "none" }] })).toEqual([422, "groups[0].parent"])
  const { items } = (await (await call("shop", "GET", "/product-groups")).json()) as { items: ReadonlyArray<{ id: string }> }
  expect(items.map(({ id }) => id)).not.toContain("one")
})

test("D13: a branch in a time zone that does not exist is refused, so that it cannot stop the planning of orders", async () => {
  const refused = await problem(
    await call("admin", "PUT", "/branches", { branches: [makeBranch("nowhere", { zone: "Asia/Nowhere" })] })
  )
  expect([refused.status, refused.errors?.[0]?.path]).toEqual([422, "branches[0].zone"])
})

test("D2: a statement of a time to come counts as one of now: later sales and statements are not lost", async () => {
  const state = (quantity: number, asOf?: string) =>
    call("admin", "PUT", "/stock", { rows: [{ productId: "rare", branchId: "north", quantity }], ...(asOf && { asOf }) })
  expect((await state(10, "2099-01-01T00:00:00Z")).status).toBe(200)
  expect((await state(4)).status).toBe(200)
  expect((await available("rare", "north"))?.available).toBe(4)
})

test("D1: a time on a date that does not exist is refused", async () => {
  const sale = { source: "t", id: "1", branchId: "north", lines: [{ productId: "rare", quantity: 1 }] }
  const refused = await call("register", "POST", "/sales", { ...sale, occurredAt: "2026-02-30T00:00:00Z" })
  expect((await problem(refused)).errors?.[0]?.path).toBe("occurredAt")
})

test("a cursor that no page gave, or another list's, is refused instead of beginning anew", async () => {
  const { next } = (await (await call("admin", "GET", "/products?limit=1")).json()) as { next: string }
  for (const path of ["/orders?cursor=abc", `/orders?cursor=${next}`, "/products?cursor=1e3", "/sync-runs?cursor=~"]) {
    const refused = await problem(await call("admin", "GET", path))
    expect([path, refused.status, refused.errors?.[0]?.path]).toEqual([path, 422, "cursor"])
  }
})

test("D6: the Promise face takes whole figures only, and says which row has none", async () => {
  const row = { productId: "rare", branchId: "north" }
  for (const quantity of [1.5, -1, Number.NaN, 3e9]) {
    await expect(server.hub.stock.state([{ ...row, quantity: 1 }, { ...row, quantity }])).rejects.toMatchObject({
      _tag: "InvalidInput",
      issues: [{ path: "rows[1].quantity" }]
    })
  }
  await expect(server.hub.stock.price("retail", [{ productId: "rare", amount: 0.5 }])).rejects.toThrow("rows[0].amount")
})
