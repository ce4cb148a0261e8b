import { SMALL_BASE, smallBaseId as id } from "@aptekit/adapter-1c/testing"
import { expect, test } from "vitest"
import { until } from "../faults/support/hub.ts"
import { ODataLife } from "./support/odata-life.ts"
import { stateOf } from "./support/state.ts"

const RECEIPTS = ["Document_ЧекККМ", "Document_ЧекККМВозврат"] as const
const ORDER = "Document_ЗаказКлиента"
const OWN = new Set(["DataVersion", "Date", "ДатаПоДаннымКлиента"])

/** The base has sold two and taken one back, marked a good and put a series to another. */
const busy = (life: ODataLife): void => {
  const rows = (path: string) => life.base.base.rows(path)
  rows("AccumulationRegister_ТоварыНаСкладах/Balance()")[0]!["Серия_Key"] = id(501)
  rows("Catalog_Номенклатура")[2]!["DeletionMark"] = true
  for (const [i, document] of RECEIPTS.entries()) {
    rows(document).push({
      Ref_Key: id(3000 + i), DataVersion: "AAAA", DeletionMark: false, Posted: true, Number: `Ч-${i}`, Date: "2026-11-02T10:00:00",
      Склад_Key: SMALL_BASE.warehouses.north, Товары: [{ LineNumber: "1", Номенклатура_Key: id(1), Количество: 2 - i }]
    })
  }
}

const place = (life: ODataLife): Promise<{ readonly id: string }> =>
  life.post("/orders", {
    channel: "shop", externalId: "K-1", customer: { name: "Айгерім", phone: "+77010000001" },
    delivery: { type: "pickup", branchId: "north" }, lines: [{ productId: id(1), quantity: 2 }], payment: { method: "cash" }
  })

/** Documents of orders, without what each base numbers and dates for itself. */
const documents = (life: ODataLife) =>
  life.base.base.rows(ORDER).map((row) => Object.fromEntries(Object.entries(row).filter(([field]) => !OWN.has(field))))

/** What was sold and what came back has been taken in, after the goods, once. */
const settled = async (life: ODataLife) => {
  await life.readAll()
  await until("the receipts are in", async () => {
    const runs = await life.runs()
    return RECEIPTS.every((file) => runs.some((run) => run.file === file && run.counts.new + run.counts.unchanged === 1))
  })
  return stateOf(life.read)
}

const delivered = (life: ODataLife) =>
  until("the order is told", async () =>
    (await life.read<{ items: ReadonlyArray<unknown> }>("/outbox?state=waiting")).items.length === 0 && documents(life))

test("STK-2: ORD-6: P7: P10: killed between the steps of a reading and of a document, by OData, the hub ends where an undisturbed one does", { timeout: 60_000 }, async () => {
  const calm = await ODataLife.open()
  busy(calm)
  await calm.startCalm()
  const whole = await settled(calm)
  await place(calm)
  const told = await delivered(calm)
  await calm.kill()
  expect(whole.stock.join()).toContain(`"branchId":"north","available":10`)
  expect(told).toHaveLength(1)

  const life = await ODataLife.open()
  busy(life)
  await life.cutOff({ when: "after", method: "GET", path: "Balance()?$orderby" })
  await life.start()
  expect(await settled(life)).toEqual(whole)
  life.arm({ when: "after", method: "POST", path: ORDER })
  await place(life)
  await life.ended()
  expect(documents(life)).toMatchObject([{ Posted: false }])
  await life.cutOff({ when: "after", method: "POST", path: "/Post" })
  await life.start()
  expect(await delivered(life)).toEqual(told)
  await life.kill()
})
