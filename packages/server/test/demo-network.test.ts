import { afterEach, describe, expect, it, vi } from "vitest"
import { checkDigit } from "../src/demo/ean13.ts"
import { medicines } from "../src/demo/medicines/index.ts"
import { kazakhNames } from "../src/demo/medicines/kazakh.ts"
import { brands } from "../src/demo/makers.ts"
import { type DemoNetwork, demoNetwork, type DemoProduct, NOT_CARRIED, stockRows } from "../src/demo/network.ts"
import { measure } from "../src/demo/wording.ts"

const network = demoNetwork()
const { branches, places, prices, products, stock } = network
const medicinal = products.filter((p) => p.inn !== null)
const width = branches.length

const repeated = <A>(values: ReadonlyArray<A>): ReadonlyArray<A> => {
  const seen = new Set<A>()
  return values.filter((value) => seen.has(value) || !seen.add(value))
}

const cellsOf = (product: number): ReadonlyArray<number> => [...stock.subarray(product * width, (product + 1) * width)]

const plain = (n: DemoNetwork) => JSON.stringify({ ...n, stock: [...n.stock] })

afterEach(() => {
  vi.restoreAllMocks()
})

describe("the demo network is a pure value", () => {
  it("is the same on every call, without asking chance or the clock", () => {
    const forbidden = () => {
      throw new Error("the demo network asked for chance or the time")
    }
    vi.spyOn(Math, "random").mockImplementation(forbidden)
    vi.spyOn(Date, "now").mockImplementation(forbidden)
    expect(plain(demoNetwork())).toBe(plain(network))
  })

  it("is plain data that survives JSON", () => {
    const { stock: _stock, ...rest } = network
    expect(JSON.parse(JSON.stringify(rest))).toEqual(rest)
  })
})

describe("branches", () => {
  it("are seventeen, b01 to b17, one of them the warehouse", () => {
    const ids = Array.from({ length: 17 }, (_, i) => `b${String(i + 1).padStart(2, "0")}`)
    expect(branches.map((b) => b.id)).toEqual(ids)
    expect(branches.filter((b) => b.warehouse).map((b) => b.id)).toEqual(["b01"])
    expect(repeated(branches.map((b) => b.name))).toEqual([])
    expect(new Set(branches.map((b) => b.zone))).toEqual(new Set(["Asia/Almaty"]))
  })

  it("D13: have well-formed hours and exceptions", () => {
    const time = /^(([01]\d|2[0-3]):[0-5]\d|24:00)$/
    for (const { exceptions, hours } of branches) {
      expect(hours.length).toBeGreaterThan(0)
      for (const { day } of hours) expect([1, 2, 3, 4, 5, 6, 7]).toContain(day)
      for (const { from, to } of [...hours, ...exceptions.flatMap((e) => e.intervals)]) {
        expect(from).toMatch(time)
        expect(to).toMatch(time)
        expect(from).not.toBe("24:00")
        expect(from).not.toBe(to)
      }
      for (const { date } of exceptions) {
        expect(new Date(`${date}T00:00:00Z`).toISOString().slice(0, 10)).toBe(date)
      }
      expect(repeated(exceptions.map((e) => e.date))).toEqual([])
    }
  })

  it("D13: cover round the clock, past midnight, closed on Sunday, a break at noon and a closed holiday", () => {
    const roundTheClock = branches.filter((b) => b.hours.every((h) => h.from === "00:00" && h.to === "24:00"))
    expect(roundTheClock.length).toBeGreaterThanOrEqual(2)
    for (const b of roundTheClock) expect(b.hours.map((h) => h.day)).toEqual([1, 2, 3, 4, 5, 6, 7])
    expect(branches.filter((b) => b.hours.some((h) => h.to < h.from)).length).toBe(1)
    expect(branches.filter((b) => !b.hours.some((h) => h.day === 7)).length).toBe(1)
    expect(branches.filter((b) => b.hours.filter((h) => h.day === 1).length === 2).length).toBe(1)
    const shut = branches.flatMap((b) => b.exceptions).filter((e) => e.intervals.length === 0)
    expect(new Set(shut.map((e) => e.date))).toEqual(new Set(["2027-01-01"]))
  })
})

describe("places", () => {
  it("R-ASM-2: are sixty addresses, each once, with every branch's own at the branch's point", () => {
    expect(places.length).toBe(60)
    expect(repeated(places.map((p) => p.address))).toEqual([])
    for (const { address, point } of branches) {
      expect(places.find((p) => p.address === address)?.point).toEqual(point)
    }
  })

  it("lie inside the city and apart from each other", () => {
    for (const { point: { lat, lon } } of places) {
      expect(lat).toBeGreaterThan(43.18)
      expect(lat).toBeLessThan(43.33)
      expect(lon).toBeGreaterThan(76.8)
      expect(lon).toBeLessThan(77)
    }
    expect(repeated(places.map((p) => `${p.point.lat} ${p.point.lon}`))).toEqual([])
    const spread = (values: ReadonlyArray<number>) => Math.max(...values) - Math.min(...values)
    expect(spread(branches.map((b) => b.point.lat))).toBeGreaterThan(0.1)
    expect(spread(branches.map((b) => b.point.lon))).toBeGreaterThan(0.13)
  })
})

describe("products", () => {
  it("are about three thousand with running ids and skus", () => {
    expect(products.length).toBeGreaterThan(2900)
    expect(products.length).toBeLessThan(3100)
    products.forEach((p, i) => {
      expect(p.id).toBe(`p${String(i + 1).padStart(5, "0")}`)
      expect(p.sku).toBe(String(100_001 + i))
    })
  })

  it("cover at least 250 substances and about 150 things beside medicines", () => {
    expect(new Set(medicinal.map((p) => p.inn)).size).toBeGreaterThanOrEqual(250)
    expect(products.length - medicinal.length).toBeGreaterThan(130)
    expect(products.length - medicinal.length).toBeLessThan(180)
    const facts = (p: DemoProduct) => [p.substance, p.atc, p.form, p.strength]
    expect(medicinal.filter((p) => facts(p).includes(null))).toEqual([])
    expect(products.filter((p) => p.inn === null && facts(p).some((fact) => fact !== null))).toEqual([])
  })

  it("have ATC codes of the right shape, under the name of their substance", () => {
    for (const { atc, inn, substance } of medicinal) {
      expect(atc).toMatch(/^[ABCDGHJLMNPRSV]\d\d[A-Z][A-Z](\d\d)?$/)
      expect(substance?.ru).toBe(inn)
    }
    const codes = new Map(medicinal.map((p) => [`${p.inn} ${p.form}`, p.atc]))
    expect(codes.get("Ибупрофен гель")).toBe("M02AA13")
    expect(codes.get("Ибупрофен таблетки, покрытые оболочкой")).toBe("M01AE01")
    expect(codes.get("Парацетамол таблетки")).toBe("N02BE01")
    expect(codes.get("Метформин таблетки, покрытые оболочкой")).toBe("A10BA02")
  })

  it("R-ORD-11: have one or two valid EAN-13 of the shops' own range, each once", () => {
    const all = products.flatMap((p) => p.barcodes)
    for (const code of all) {
      expect(code).toMatch(/^2\d{12}$/)
      const sum = code.split("").reduce((total, digit, i) => total + Number(digit) * (i % 2 === 0 ? 1 : 3), 0)
      expect(sum % 10).toBe(0)
    }
    expect(repeated(all)).toEqual([])
    expect(new Set(products.map((p) => p.barcodes.length))).toEqual(new Set([1, 2]))
  })

  it("check digits agree with a known EAN-13", () => {
    expect(checkDigit("400638133393")).toBe(1)
    expect(checkDigit("978020137962")).toBe(4)
  })

  it("R-ORD-4: have an analogue of the same substance, form and strength in nine cases of ten", () => {
    const key = (p: DemoProduct) => `${p.inn}|${p.form}|${p.strength}`
    const counts = new Map<string, number>()
    for (const p of medicinal) counts.set(key(p), (counts.get(key(p)) ?? 0) + 1)
    const alike = medicinal.filter((p) => (counts.get(key(p)) ?? 0) > 1)
    expect(alike.length / medicinal.length).toBeGreaterThan(0.9)
    const ibuprofen = medicinal.filter((p) => key(p) === "Ибупрофен|таблетки, покрытые оболочкой|200 мг")
    expect(new Set(ibuprofen.map((p) => p.maker)).size).toBeGreaterThan(1)
  })

  it("R-STK-9: one of them is without stock control, and no branch counts it", () => {
    const free = products.filter((p) => !p.stockControl)
    expect(free.map((p) => p.name.ru)).toEqual(["Подарочный пакет"])
    expect(new Set(cellsOf(products.indexOf(free[0]!)))).toEqual(new Set([NOT_CARRIED]))
  })

  it("keep what needs cold in the cold and sell injections on prescription only", () => {
    expect(medicinal.filter((p) => p.inn?.startsWith("Инсулин")).every((p) => p.storage === "cold")).toBe(true)
    expect(products.filter((p) => p.storage === "cold").length).toBeGreaterThan(20)
    const injections = medicinal.filter((p) => p.form === "раствор для инъекций")
    expect(injections.length).toBeGreaterThan(0)
    expect(injections.every((p) => p.prescription)).toBe(true)
    expect(medicinal.some((p) => !p.prescription)).toBe(true)
  })

  it("weigh something, hold something and stand in a group that exists", () => {
    const groups = new Set(network.groups.map((g) => g.id))
    for (const { groups: own, packSize, weightGrams } of products) {
      expect(Number.isInteger(weightGrams) && weightGrams > 0).toBe(true)
      expect(Number.isInteger(packSize) && packSize > 0).toBe(true)
      expect(own.length > 0 && own.every((g) => groups.has(g))).toBe(true)
    }
    const used = new Set(products.flatMap((p) => p.groups))
    expect(network.groups.filter((g) => g.parent !== null && !used.has(g.id))).toEqual([])
  })
})

describe("names", () => {
  it("R-OPS-4: differ between products in each of the three languages", () => {
    for (const language of ["ru", "kk", "en"] as const) {
      expect(repeated(products.map((p) => p.name[language]))).toEqual([])
    }
  })

  it("R-OPS-4: are written in the letters of their language, without holes", () => {
    for (const { name } of products) {
      expect(name.en).not.toMatch(/[А-Яа-яЁёҚқҮүӘәІіҢңҒғҰұҺһ]/)
      for (const text of Object.values(name)) expect(text).not.toMatch(/undefined|null|NaN| {2}|^ | $/)
    }
    for (const { name } of medicinal) expect(name.kk).not.toMatch(/кислота|таблетки|капсулы|ия хлорид|раствор/)
  })

  it("R-OPS-4: say form, strength and pack in each language's own words", () => {
    const ibuprofen = medicinal.find((p) => p.inn === "Ибупрофен" && p.name.ru.endsWith("капсулы 200 мг №10"))
    expect(ibuprofen?.name.kk).toMatch(/ 200 мг капсулалар №10$/)
    expect(ibuprofen?.name.en).toMatch(/ 200 mg capsules No\. 10$/)
    expect(measure("12.5mg/5ml")).toEqual({ ru: "12,5 мг/5 мл", kk: "12,5 мг/5 мл", en: "12.5 mg/5 ml" })
    expect(measure("1000IU/g")).toEqual({ ru: "1000 МЕ/г", kk: "1000 ХБ/г", en: "1000 IU/g" })
  })

  it("a unit that no table knows is refused by name", () => {
    expect(() => measure("5furlong")).toThrow(/unit "furlong" in "5furlong".*wording\.ts/)
  })

  it("every entry of the tables of Kazakh names and brands is used", () => {
    const substances = new Set(medicines.map(([ru]) => ru))
    const parts = new Set([...substances].flatMap((ru) => ru.split("+")))
    expect(Object.keys(kazakhNames).filter((ru) => !parts.has(ru))).toEqual([])
    expect(Object.keys(brands).filter((ru) => !substances.has(ru))).toEqual([])
  })
})

describe("stock", () => {
  const rows = [...stockRows(network)]
  const pairs = products.length * width

  it("covers about 79 of 100 pairs of product and branch, each pair once", () => {
    expect(stock.length).toBe(pairs)
    expect(rows.length / pairs).toBeGreaterThan(0.77)
    expect(rows.length / pairs).toBeLessThan(0.81)
    expect(repeated(rows.map((r) => `${r.productId} ${r.branchId}`))).toEqual([])
  })

  it("is small and skewed in the pharmacies, deep in the warehouse", () => {
    const positive = rows.filter((r) => r.quantity > 0)
    const shelves = positive.filter((r) => r.branchId !== "b01").map((r) => r.quantity).sort((a, b) => a - b)
    expect(shelves[0]).toBe(1)
    expect(shelves.at(-1)).toBeLessThanOrEqual(60)
    expect(shelves[Math.floor(shelves.length / 2)]).toBeLessThan(15)
    const depot = positive.filter((r) => r.branchId === "b01").map((r) => r.quantity)
    expect(Math.min(...depot)).toBeGreaterThanOrEqual(60)
    expect(Math.max(...depot)).toBeGreaterThan(300)
  })

  it("leaves about one product of twenty in a single branch only", () => {
    const scarce = products.filter((_, i) => cellsOf(i).filter((quantity) => quantity > 0).length === 1)
    expect(scarce.length / products.length).toBeGreaterThan(0.035)
    expect(scarce.length / products.length).toBeLessThan(0.065)
  })

  it("rows say what the table says", () => {
    const row = rows[1000]!
    const cell = (Number(row.productId.slice(1)) - 1) * width + Number(row.branchId.slice(1)) - 1
    expect(stock[cell]).toBe(row.quantity)
    expect(rows.length).toBe(stock.filter((quantity) => quantity !== NOT_CARRIED).length)
  })
})

describe("prices", () => {
  const usualPrices = new Map(prices.filter((p) => p.branchId === null).map((p) => [p.productId, p.amount]))

  it("give every product one price of the network, in whole tiyn rounded to five tenge", () => {
    expect(prices.filter((p) => p.branchId === null).map((p) => p.productId)).toEqual(products.map((p) => p.id))
    expect(prices.filter((p) => !(p.amount > 0 && p.amount % 500 === 0))).toEqual([])
    expect(new Set(prices.map((p) => `${p.priceType} ${p.currency}`))).toEqual(new Set(["retail KZT"]))
  })

  it("give about every tenth pair of product and branch a price of its own, near the network's", () => {
    const own = prices.filter((p) => p.branchId !== null)
    const share = own.length / (products.length * width)
    expect(share).toBeGreaterThan(0.09)
    expect(share).toBeLessThan(0.11)
    expect(repeated(own.map((p) => `${p.productId} ${p.branchId}`))).toEqual([])
    for (const { amount, productId } of own) {
      const usual = usualPrices.get(productId) ?? 0
      expect(amount).not.toBe(usual)
      expect(Math.abs(amount - usual)).toBeLessThanOrEqual(Math.max(500, usual * 0.09 + 500))
    }
  })
})

describe("channels", () => {
  it("R-ORD-1: are the web shop, the app, the phone operator and the counter", () => {
    expect(network.channels.map((c) => c.id)).toEqual(["shop", "app", "phone", "counter"])
    expect(network.channels.filter((c) => !/^[А-Яа-я -]+$/.test(c.name))).toEqual([])
  })
})
