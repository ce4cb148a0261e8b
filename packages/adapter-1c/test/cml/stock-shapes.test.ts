import { describe, expect, it } from "vitest"
import { fixture, offersOf, read } from "../support/records.ts"

const offer = (inside: string): string => offersOf(`<Предложение><Ид>t1</Ид>${inside}</Предложение>`)
const row = (warehouseId: string | null, thousandths: number, line = 1) =>
  ({ offerId: "t1", warehouseId, thousandths, line })

describe("the shapes of stock (fact 40)", () => {
  it("R-STK-1: shape a, `Склад` with attributes beside the total", () => {
    const { stocks, summary } = read(fixture("2.08-offers-by-warehouse.xml"))
    expect(stocks).toEqual([
      { offerId: "t1#h1", warehouseId: null, thousandths: 7000, line: 35 },
      { offerId: "t1#h1", warehouseId: "w1", thousandths: 5000, line: 36 },
      { offerId: "t1#h1", warehouseId: "w2", thousandths: 2000, line: 37 }
    ])
    expect(summary).toMatchObject({ kind: "offers", counts: { offer: 1, stock: 2, total: 1, price: 2, rejected: 0 } })
  })

  it("R-STK-1: shape b, `Склады` with attributes, the characteristic apart, a total alone", () => {
    const { stocks, sections } = read(fixture("2.07-offer-changes.xml"))
    const id = "bd72d8f9-55bc-11d9-848a-00112f43529a#90c55447-d3a8-11e4-9423-e0cb4ed5eed4"
    expect(stocks).toEqual([
      { offerId: id, warehouseId: null, thousandths: 7000, line: 19 },
      { offerId: id, warehouseId: "b6112590-41ba-11dd-ac9d-0015e9b8c48d", thousandths: 5000, line: 20 },
      { offerId: id, warehouseId: "b6112590-41ba-11dd-ac9d-0015e9b8c48e", thousandths: 2000, line: 21 },
      { offerId: "bd72d910-55bc-11d9-848a-00112f43529a", warehouseId: null, thousandths: 0, line: 25 }
    ])
    expect(sections).toMatchObject([{ kind: "offerChanges", onlyChanges: true, line: 3 }])
  })

  it("R-STK-1: shape c, `Остатки` by `Склад`, also several in one `Остаток` or with the quantity beside", () => {
    const { stocks } = read(fixture("2.09-rests-by-warehouse.xml"))
    expect(stocks).toEqual([row("w1", 12_000, 10), row("w2", 500, 14), row("w3", -1000, 16)])
  })

  it("R-STK-1: shape d, `Остатки` without a warehouse are totals", () => {
    const { stocks, summary } = read(fixture("3.1-rests-without-warehouse.xml"))
    expect(stocks).toEqual([row(null, 0, 6), { ...row(null, 2000, 7), offerId: "t1#h1" }])
    expect(summary?.counts).toMatchObject({ stock: 0, total: 2, offer: 2 })
  })

  it("R-STK-1: shape e, `КоличествоНаСкладах`, in windows-1251", () => {
    const { stocks, offers } = read(fixture("2.05-offers-warehouse-list-1251.xml"))
    expect(stocks).toEqual([row(null, 3000, 9), row("w1", 3000, 11), row("w2", 0, 12)])
    expect(offers).toMatchObject([{ name: "Мазь «Ёлочка» №5", deleted: false }, { id: "t2", deleted: true }])
  })

  it("R-STK-1: a list of `Склад` inside `Склады` or with children instead of attributes is understood", () => {
    const list = read(offer("<Склады><Склад ИдСклада='w1' КоличествоНаСкладе='1'/></Склады>"))
    expect(list.stocks).toEqual([row("w1", 1000)])
    expect(read(offer("<Склад><Ид>w1</Ид><Количество>1</Количество></Склад>")).stocks).toEqual([row("w1", 1000)])
    const rest = "<Остаток><ИдСклада>w1</ИдСклада><Количество>1</Количество></Остаток>"
    expect(read(offer(`<Остатки>${rest}</Остатки>`)).stocks).toEqual([row("w1", 1000)])
  })

  it("R-STK-1: ids and numbers are read without blanks, no-break spaces and references", () => {
    const inside = "<Склад ИдСклада=' w&#49;\u00a0' КоличествоНаСкладе=' 5 '/>" +
      "<Количество>\n\u00a01\u00a0377,000 </Количество>"
    expect(read(offer(inside)).stocks).toEqual([row("w1", 5000), row(null, 1_377_000)])
  })

  it("R-STK-1: finer than thousandths is cut off", () => {
    expect(read(offer("<Количество>0.3339</Количество>")).stocks).toEqual([row(null, 333)])
  })

  it.each([
    ["<Склад ИдСклада='w1'/>", "Остаток: не указано количество"],
    ["<Склад КоличествоНаСкладе='1'/>", "Остаток: не указан склад"],
    ["<Склад ИдСклада='' КоличествоНаСкладе='1'/>", "Остаток: не указан склад"],
    ["<Склады ИдСклада='w1' КоличествоНаСкладе='пять'/>", "Остаток: количество «пять» — не число"],
    ["<Количество/>", "Остаток: количество: значение пусто"],
    ["<Количество>1e3</Количество>", "Остаток: количество «1e3» — не число"],
    ["<Количество>-2147483648</Количество>", "Остаток: количество «-2147483648»: слишком большое число"],
    ["<Количество>2147483648</Количество>", "Остаток: количество «2147483648»: слишком большое число"],
    [`<Количество>${"9".repeat(30)}</Количество>`, `Остаток: количество «${"9".repeat(24)}…»: слишком большое число`],
    ["<Остатки><Остаток/></Остатки>", "Остаток: не указано количество"],
    ["<Остатки><Остаток><Склад><Ид>w1</Ид></Склад></Остаток></Остатки>", "Остаток: не указано количество"],
    ["<Остатки><Остаток><Склад><Количество>1</Количество></Склад></Остаток></Остатки>", "Остаток: не указан склад"]
  ])("R-STK-2: %s is rejected, the rest goes on", (inside, reason) => {
    const { stocks, rejections, summary } = read(offer(`${inside}\n<Склад ИдСклада='w2' КоличествоНаСкладе='9'/>`))
    expect(rejections).toEqual([{ kind: "stock", line: 1, reason }])
    expect(stocks).toEqual([row("w2", 9000, 2)])
    expect(summary?.counts).toMatchObject({ stock: 1, total: 0, rejected: 1, offer: 1 })
  })

  it.each([
    ["<Склад><Ид>w1</Ид></Склад><Склад><Ид>w2</Ид></Склад>", []],
    ["<Склад><Ид>w1</Ид></Склад><Склад><Ид>w2</Ид><Количество>1</Количество></Склад>", [row("w2", 1000)]],
    ["<Склад><Ид>w1</Ид></Склад><ИдСклада>w2</ИдСклада>", []],
    ["<Склад><Ид>w1</Ид><Количество>1</Количество></Склад>", [row("w1", 1000)]]
  ])("R-STK-2: the quantity beside %s could belong to several warehouses and is given to none", (warehouses, rows) => {
    const { stocks, rejections } = read(offer(
      `<Остатки><Остаток>${warehouses}<Количество>5</Количество></Остаток></Остатки>`
    ))
    expect(stocks).toEqual(rows)
    expect(rejections).toMatchObject([{ reason: "Остаток: непонятно, к какому складу относится количество" }])
  })

  it("R-STK-2: a warehouse named by text only is never taken for the total", () => {
    const { stocks, rejections } = read(offer(
      "<Остатки><Остаток><Склад>w1</Склад><Количество>5</Количество></Остаток></Остатки>"
    ))
    expect(stocks).toEqual([])
    expect(rejections.map(({ reason }) => reason)).toContain("Остаток: не указан склад")
  })

  it("R-STK-1: among rows that are written alike, each keeps its own id, with blanks, line ends and letters", () => {
    const ids = ["w1", "w2", "w3", "w4", " w5 ", "\u00a0w6", "w\r7", "склад-восемь", "", "w".repeat(300), "w11"]
    const { stocks } = read(offer(ids.map((id) =>
      `<Остатки><Остаток><Склад><Ид>${id}</Ид><Количество> 1,50 </Количество></Склад></Остаток></Остатки>`).join("")))
    expect(stocks.map(({ warehouseId }) => warehouseId))
      .toEqual(["w1", "w2", "w3", "w4", "w5", "w6", "w\n7", "склад-восемь", "w".repeat(300), "w11"])
    expect(stocks.every(({ thousandths }) => thousandths === 1500)).toBe(true)
  })
})
