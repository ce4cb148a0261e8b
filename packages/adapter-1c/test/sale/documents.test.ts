import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { BranchId, type Order, Schema } from "@aptekit/core"
import { makeBranch, makeFulfilment, makeOrder } from "@aptekit/core/testing"
import { Parser } from "htmlparser2"
import { describe, expect, test } from "vitest"
import { encodeXml } from "../../src/documents/encode.ts"
import type { DocumentStyle, OrderDialect, OrderDocument } from "../../src/documents/model.ts"
import { parseTree, textAt } from "../../src/documents/tree.ts"
import { amountOf, writeOrders } from "../../src/documents/write.ts"
import { element, escapeXml, leaf } from "../../src/documents/xml.ts"
import { WallClock } from "../../src/sale/clock.ts"
import { CannotSend, Composer } from "../../src/sale/compose.ts"
import { Places } from "../../src/sale/places.ts"
import { OrdersConfig } from "../../src/sale/settings.ts"
import { DIALECT_DEFAULTS, Wording } from "../../src/sale/words.ts"
import { oracle } from "../support/events.ts"
import { randomFrom } from "../support/random.ts"
import { GUIDS, PRODUCTS } from "./lane.ts"

const ZONE = "Asia/Almaty"
const NORTH = "b6112590-41ba-11dd-ac9d-0015e9b8c48d"

type Config = typeof OrdersConfig.Encoded

const configOf = (config: Partial<Config> = {}): OrdersConfig => Schema.decodeUnknownSync(OrdersConfig)(config)

const composerOf = async (config: OrdersConfig): Promise<Composer> => {
  const network = { links: async () => new Map([[NORTH, "north"]]) } as never
  const places = await Places.open({ warehouses: {}, total: "south" } as never, network)
  const branches = () => [makeBranch("north"), makeBranch("south")]
  return new Composer({ config, wording: new Wording(config), clock: new WallClock(ZONE), places, branches })
}

const styleOf = (dialect: OrderDialect, config: OrdersConfig): DocumentStyle => ({
  dialect,
  version: config.version ?? DIALECT_DEFAULTS[dialect].version,
  namespace: config.namespace ? DIALECT_DEFAULTS[dialect].namespace : null,
  encoding: config.encoding,
  phoneType: config.phoneType,
  unit: config.unit
})

const COURIER: Order = makeOrder({
  n: 1,
  lines: [{ product: "aspirin", quantity: 2 }, { product: "ibuprofen", quantity: 3 }],
  over: {
    delivery: { type: "courier", address: { text: "Алматы, ул. Абая, 10 кв. 5", point: null } },
    comment: "Позвонить за час",
    payment: { method: "online", state: "paid" },
    currency: "KZT"
  }
})

const documentsOf = async (order: Order, config: Partial<Config> = {}, cancelled = false): Promise<OrderDocument> =>
  (await composerOf(configOf(config))).document(
    { order, version: 1, parts: order.fulfilments, left: [], offers: 1, products: PRODUCTS, externalIds: new Map(Object.entries(GUIDS)) },
    order.fulfilments[0]!,
    cancelled
  )

const xmlOf = async (dialect: OrderDialect, order: Order, config: Partial<Config> = {}): Promise<string> =>
  writeOrders([await documentsOf(order, config)], styleOf(dialect, configOf(config)), "2026-11-23T11:30:00")

/** Names of the children of the first element that is called so. */
const childrenOf = (xml: string, name: string): ReadonlyArray<string> => {
  const names: Array<string> = []
  const path: Array<string> = []
  let done = false
  const parser = new Parser({
    onopentag: (tag) => {
      if (!done && path.at(-1) === name) names.push(tag)
      path.push(tag)
    },
    onclosetag: (tag) => {
      path.pop()
      if (tag === name) done = true
    }
  }, { xmlMode: true })
  parser.end(xml)
  return names
}

describe.for(["ut", "unf", "bitrix"] as const)("R-ORD-6: documents for %s", (dialect) => {
  test("are laid out as this dialect reads them", async () => {
    const config = { delivery: { id: "ORDER_DELIVERY", name: "Доставка заказа", price: 50_000 }, organization: "ТОО Аптека" }
    await expect(await xmlOf(dialect, COURIER, config)).toMatchFileSnapshot(`../fixtures/orders/${dialect}.xml`)
  })

  test("are well-formed for another parser too, and begin with the declaration (fact 48)", async () => {
    const xml = await xmlOf(dialect, COURIER)
    expect(xml.startsWith("<?xml ")).toBe(true)
    expect(oracle(xml).filter((event) => event.startsWith("open Документ"))).toHaveLength(1)
    expect(textAt(parseTree(encodeXml(xml, "utf-8", false)), ...(dialect === "bitrix" ? ["Контейнер"] : []), "Документ", "Номер"))
      .toBe("1001-1")
  })

  test("are there without orders as well: an answer without documents", () => {
    const xml = writeOrders([], styleOf(dialect, configOf()), "2026-11-23T11:30:00")
    expect(oracle(xml)).toHaveLength(2)
  })
})

const SCHEMA = join("/work/shared/data/1c/commerceml/2.10-schema/commerceml-2.10.xsd")

/** Elements of a type of the schema, in their order; those of its groups and base types come where they are referred to. */
const orderOf = (schema: string, type: string): ReadonlyArray<string> => {
  const body = new RegExp(`<xsd:complexType name="${type}">([\\s\\S]*?)\\n\\t</xsd:complexType>`, "u").exec(schema)![1]!
  return [...body.matchAll(/\n\t\t\t<xsd:element name="([^"]+)"/gu)].map(([, name]) => name!)
}

test.skipIf(!existsSync(SCHEMA)).for(["ut", "unf"] as const)("R-ORD-6: %s: elements come in the order of 1C's schema", async (dialect) => {
  const schema = readFileSync(SCHEMA, "utf8")
  const known = orderOf(schema, "Документ")
  expect(known).toHaveLength(20)
  const written = childrenOf(await xmlOf(dialect, COURIER), "Документ")
  expect(written.map((name) => known.indexOf(name))).toEqual(written.map((name) => known.indexOf(name)).toSorted((a, b) => a - b))
  expect(written.every((name) => known.includes(name))).toBe(true)
})

test("R-ORD-6: one document per part, under its own number, with the GUID that 1C gave and the warehouse of the branch", async () => {
  const document = await documentsOf(COURIER)
  expect(document).toMatchObject({ number: "1001-1", date: "2026-11-23", time: "11:00:00", warehouse: { id: NORTH, name: "Аптека north" } })
  expect(document.lines.map(({ id, quantity, price }) => [id, quantity, price])).toEqual([
    [GUIDS["aspirin"], 2, 49_000],
    [GUIDS["ibuprofen"], 3, 49_000]
  ])
})

test("R-ORD-6: delivery is a line of the first part only", async () => {
  const config = configOf({ delivery: { id: "D", name: "Доставка" } })
  const second = makeFulfilment({ n: 1, branch: "south" }, 2)
  const order = { ...COURIER, fulfilments: [...COURIER.fulfilments, second] }
  const pulled = { order, version: 1, parts: [], left: [], offers: 1, products: PRODUCTS, externalIds: new Map(Object.entries(GUIDS)) }
  const composer = await composerOf(config)
  const services = order.fulfilments.map((part) => composer.document(pulled, part, false).lines.filter((line) => line.service).length)
  expect(services).toEqual([1, 0])
})

test("R-ORD-6: goods without the id of 1C are never sent as text: 1C would make new goods (fact 56)", async () => {
  const composer = await composerOf(configOf())
  const pulled = { order: COURIER, version: 1, parts: [], left: [], offers: 1, products: PRODUCTS, externalIds: new Map() }
  expect(() => composer.document(pulled, COURIER.fulfilments[0]!, false)).toThrow(CannotSend)
  expect(() => composer.document(pulled, COURIER.fulfilments[0]!, false)).toThrow(/^Товар «Аспирин таб\. 500 мг №20» не связан/u)
})

test("R-ORD-6: a number that УТ would cut is not sent", async () => {
  const composer = await composerOf(configOf())
  const order = { ...COURIER, number: "1234567890" }
  const pulled = { order, version: 1, parts: [], left: [], offers: 1, products: PRODUCTS, externalIds: new Map(Object.entries(GUIDS)) }
  expect(() => composer.document(pulled, order.fulfilments[0]!, false)).toThrow(/длиннее 11 символов/u)
})

test("R-ORD-6: words of the base: currency, status, payment, one counterparty for all", async () => {
  const document = await documentsOf(COURIER, {
    currencies: { KZT: "тнг" },
    statusNames: { assigned: "[N] Принят" },
    payments: { online: "Kaspi" },
    counterparty: { id: "c-1", name: "Розничный покупатель" }
  })
  expect([document.currency, document.buyer.id, document.buyer.name]).toEqual(["тнг", "c-1", "Розничный покупатель"])
  expect(Object.fromEntries(document.requisites)).toMatchObject({
    "Статус заказа": "[N] Принят", Отменен: "false", "Метод оплаты": "Kaspi", "Заказ оплачен": "true"
  })
  expect(document.comment).toContain("+77010000001")
})

test("R-ORD-6: the same phone is the same buyer, another phone another one", async () => {
  const id = async (phone: string | null, n = 1): Promise<string> =>
    (await documentsOf(makeOrder({ n, over: { customer: { name: "А", phone, email: null, language: "ru" } } }))).buyer.id
  expect(await id("+77010000001", 1)).toBe(await id("+77010000001", 2))
  expect(await id("+77010000001")).not.toBe(await id("+77010000002"))
  expect(await id(null, 1)).not.toBe(await id(null, 2))
  expect(await id(null)).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u)
})

test("R-ORD-6: a part that was taken back says so", async () => {
  const document = await documentsOf(COURIER, {}, true)
  expect(Object.fromEntries(document.requisites)).toMatchObject({ "Статус заказа": "Отменен", Отменен: "true", "Финальный статус": "true" })
})

test("R-ORD-6: a branch of another base's is not named as warehouse", async () => {
  const order = makeOrder({ n: 2, branch: "elsewhere" })
  expect((await documentsOf(order, {}, true)).warehouse).toBeNull()
  const south = { ...COURIER, fulfilments: [{ ...COURIER.fulfilments[0]!, branchId: BranchId.make("south") }] }
  expect((await documentsOf(south)).warehouse).toEqual({ id: null, name: "Аптека south" })
})

test("R-ORD-6: in windows-1251 letters that it has not (Kazakh ones) become references and come back whole", async () => {
  const order = makeOrder({ n: 1, over: { comment: "Қазақша ₸ «ё»" } })
  const xml = await xmlOf("ut", order, { encoding: "windows-1251" })
  const bytes = encodeXml(xml, "windows-1251", false)
  expect(xml.startsWith('<?xml version="1.0" encoding="windows-1251"?>')).toBe(true)
  expect(new TextDecoder("windows-1251").decode(bytes)).toContain("&#1178;аза&#1179;ша &#8376; «ё»")
  expect(textAt(parseTree(bytes), "Документ", "Комментарий")).toContain("Қазақша ₸ «ё»")
})

test("R-ORD-6: a byte order mark only where it is asked for", () => {
  expect([...encodeXml("<a/>", "utf-8", true)].slice(0, 4)).toEqual([0xef, 0xbb, 0xbf, 0x3c])
  expect([...encodeXml("<a/>", "utf-8", false)][0]).toBe(0x3c)
  expect([...encodeXml("<a/>", "windows-1251", true)][0]).toBe(0x3c)
})

test("R-ORD-6: amounts are integers with a point, without floats", () => {
  expect([amountOf(0, 2), amountOf(5, 2), amountOf(49_000, 2), amountOf(900_719_925_474_099, 2), amountOf(7, 0)])
    .toEqual(["0.00", "0.05", "490.00", "9007199254740.99", "7"])
})

test("R-ORD-6: any text survives: escaped, read by our scanner and by another parser, in both encodings", () => {
  const random = randomFrom(11)
  const letters = Array.from("<>&\"'\n\t ]]>абвҚ₸ёЁ😀�a1;#&amp;")
  for (let round = 0; round < 300; round++) {
    const junk = Array.from({ length: 20 }, () =>
      random() < 0.15 ? String.fromCodePoint(Math.floor(random() * 0x20)) : letters[Math.floor(random() * letters.length)]!
    ).join("")
    const lone = random() < 0.2 ? "\ud800" : ""
    const text = `x${junk}${lone}y`
    const xml = `<?xml version="1.0" encoding="UTF-8"?>\n${element("Документ", [leaf("Комментарий", text, { c: text })])}`
    const clean = Array.from(text.replace(/\r\n?/gu, "\n"))
      .filter((letter) => letter !== "\ud800" && (letter >= " " || letter === "\n" || letter === "\t")).join("")
    for (const encoding of ["utf-8", "windows-1251"] as const) {
      const declared = xml.replace("UTF-8", encoding)
      const node = parseTree(encodeXml(declared, encoding, false)).children[0]!
      expect(node.text).toBe(clean)
      expect(node.attributes["c"]).toBe(clean.replace(/[\n\t]/gu, " "))
    }
    expect(oracle(xml)).toContain(`text ${JSON.stringify(clean)}`)
  }
  expect(escapeXml("\u0000\ufffe\udc00")).toBe("")
})
