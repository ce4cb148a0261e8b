import { readdirSync, statSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { zipOf } from "../../src/testing/index.ts"
import { documentOf, goodsOf, importOf, item, levelOf, offer, offersOf, openExchange, priceAt, stockAt } from "./hub.ts"

const size = (f: string): number => readdirSync(f, { recursive: true, withFileTypes: true }).filter((e) => e.isFile())
  .reduce((n, e) => n + statSync(join(e.parentPath, e.name)).size, 0)
const tryOut = async (name: string, xml: string | Uint8Array, cfg: any = { autoCreate: true, currency: "any", total: "1c" }) => {
  const ex = await openExchange(cfg)
  const answer = await ex.send("x.xml", xml)
  const run = (await ex.runs())[0]
  console.log(name, "=>", answer.slice(0, 200), JSON.stringify(run?.counts), JSON.stringify(run?.rejects?.slice(0, 3)), ex.log.filter((l) => l.message.includes("fail")).map((l) => JSON.stringify(l.detail)).join())
  await ex.close()
  return ex
}
test("probes", async () => {
  const S = (w: string, q: string) => offersOf([offer("p1", `<Наименование>A</Наименование>${stockAt(w, q)}`)])
  await tryOut("empty warehouse id", S("", "5"))
  await tryOut("blank warehouse id", S("  ", "5"))
  await tryOut("long warehouse id", S("w".repeat(5000), "5"))
  await tryOut("emoji warehouse", S("😀\u0007".slice(0, 2), "5"))
  await tryOut("negative", S("w", "-3"))
  await tryOut("frac", S("w", "2.7"))
  await tryOut("comma", S("w", "2,7"))
  await tryOut("huge", S("w", "99999999999999999999"))
  await tryOut("exp", S("w", "1e9"))
  await tryOut("nan", S("w", "NaN"))
  await tryOut("nbsp", S("w", "1\u00a0234"))
  for (const id of ["", " ", "a b", "x".repeat(300), "😀", "a#", "#b", "a#b#c", "__proto__", "constructor"]) {
    await tryOut(`id ${id.slice(0, 20)}`, offersOf([offer(id, `<Наименование>A</Наименование>${stockAt("w", "1")}${priceAt("constructor", "5")}`)]))
    await tryOut(`goods ${id.slice(0, 20)}`, goodsOf(item(id)))
  }
  for (const at of ["2026-11-20T99:99:99", "0001-01-01T00:00:00", "9999-12-31T23:59:59", "2026-02-30", "2027-01-01T00:00:00", "2026-11-20T25:00:00Z", "0000-00-00", "2026-11-20T10:00:00+99:99"]) {
    await tryOut(`date ${at}`, offersOf([offer("p1", `<Наименование>A</Наименование>${stockAt("w", "1")}`)], "", at))
  }
  await tryOut("empty", "")
  await tryOut("utf16", Buffer.from("\ufeff" + S("w", "1"), "utf16le"))
  await tryOut("bom only", Buffer.from([0xef, 0xbb, 0xbf]))
  await tryOut("entities", `<!DOCTYPE a [<!ENTITY x "y">]>` + S("w", "1"))
  await tryOut("undef entity", offersOf([offer("p1", `<Наименование>&foo;</Наименование>`)]))
  await tryOut("nul ref", offersOf([offer("p1", `<Наименование>a&#0;b&#xD800;</Наименование>`)]))
  await tryOut("deep", documentOf("<a>".repeat(100000) + "</a>".repeat(100000)))
  await tryOut("longname", goodsOf(item("p1", `<Наименование>${"Я".repeat(100_000)}</Наименование>`)))
  await tryOut("long text 20MB", goodsOf(item("p1", `<Наименование>${"Я".repeat(10_000_000)}</Наименование>`)))
  await tryOut("weight", goodsOf(item("p1", `<Наименование>A</Наименование><Вес>9000000000</Вес><Артикул>${"z".repeat(900)}</Артикул>`)))
  await tryOut("pricebig", offersOf([offer("p1", `<Наименование>A</Наименование>${priceAt("t", "999999999999")}`)]))
  await tryOut("priceneg", offersOf([offer("p1", `<Наименование>A</Наименование>${priceAt("t", "-5")}`)]))
}, 120_000)

test("zip: same name in folders, dup, bomb total", async () => {
  const ex = await openExchange()
  const b = (s: string) => Buffer.from(s)
  await ex.ask("?type=catalog&mode=checkauth"); await ex.ask("?type=catalog&mode=init")
  const zip = await zipOf([{ name: "1/import.xml", bytes: b(goodsOf(item("a"))) }, { name: "2/import.xml", bytes: b(goodsOf(item("b"))) }])
  console.log(await ex.ask("?type=catalog&mode=file&filename=v8.zip", { body: zip }))
  console.log("import.xml", await importOf(ex.ask, "import.xml"), (await ex.hub.run(ex.storage.catalogue.links("1c", "product"))).map((l) => l.externalId))
})
test("disk over inits", async () => {
  const ex = await openExchange()
  await ex.ask("?type=catalog&mode=checkauth")
  for (let i = 0; i < 30; i++) {
    await ex.ask("?type=catalog&mode=init")
    await ex.ask("?type=catalog&mode=file&filename=a.xml", { body: goodsOf(item("a")).padEnd(10_000, " ") })
    await importOf(ex.ask, "a.xml")
  }
  console.log("disk after 30 inits", size(ex.folder))
})
test("shared dup", async () => {
  const ex = await openExchange({ warehouses: { w1: "north", w2: "north" } })
  await ex.send("g.xml", goodsOf(item("p1")))
  const o = offer("p1", stockAt("w1", "3") + stockAt("w2", "4"))
  await ex.send("o.xml", offersOf([o, o]))
  console.log("shared twice: expect 7:", levelOf(ex, "p1", "north"))
  await ex.send("o2.xml", offersOf([offer("p1", stockAt("w1", "1000000000") + stockAt("w2", "1000000000")  + stockAt("w1", "1000000000"))], "", "2026-11-20T10:15:00"))
  console.log("overflow:", levelOf(ex, "p1", "north"), JSON.stringify((await ex.lastRun()).counts), JSON.stringify((await ex.lastRun()).rejects))
  await ex.send("o3.xml", offersOf([offer("p1", stockAt("w1", "5"))], "", "2026-11-20T11:15:00"))
  console.log("only w1=5:", levelOf(ex, "p1", "north"))
})
