import { Effect } from "effect"
import type { Product } from "../../catalogue/model.ts"
import { ProductGroupId, ProductId } from "../../kernel/ids.ts"
import type { Branch } from "../../network/model.ts"
import { DEFAULT_POLICY } from "../../network/policy.ts"
import { Storage } from "../../store/ports.ts"
import { check, same } from "../assert.ts"
import { makeBranch, makeChannel, makeProduct } from "../builders.ts"
import { loadNetwork, smallNetwork } from "../network.ts"
import { storageCase } from "./case.ts"

const fullBranch: Branch = makeBranch("Ё-1", {
  name: "Склад «Ұлы»",
  point: null,
  zone: "Europe/Berlin",
  hours: [{ day: 1, from: "08:00", to: "24:00" }, { day: 7, from: "22:00", to: "06:00" }],
  exceptions: [
    { date: "2026-12-31", intervals: [] },
    { date: "2027-01-01", intervals: [{ from: "10:00", to: "16:00" }] }
  ],
  active: false,
  warehouse: true,
  stockControl: false,
  saleSource: "handover"
})

const fullProduct: Product = {
  id: ProductId.make("9f#c-1"),
  sku: "Арт. 7",
  barcodes: ["4600000000015", "x-1"],
  name: { ru: "Парацетамол «Ё» 500 мг №10", kk: "Парацетамол қабықшалы", en: "Paracetamol 500 mg" },
  inn: "Парацетамол",
  atc: "N02BE01",
  form: "таблетки",
  strength: "500 мг",
  maker: "Фабрика",
  storage: "cold",
  prescription: true,
  weightGrams: 35,
  family: "9f",
  vat: 12,
  group: ProductGroupId.make("pain/Ё"),
  unit: { code: "778", name: "упак" },
  pack: { code: null, name: "короб «20»", units: 20 },
  shown: false,
  confirmed: false,
  stockControl: false,
  stopped: true
}

const search = (text: string, limit = 50, after?: string) =>
  Effect.flatMap(Storage, ({ catalogue }) => catalogue.search(text, limit, after))
const found = (text: string) => Effect.map(search(text), (page) => page.items.map((product) => product.id))
const sorted = <A extends { readonly id: string }>(items: ReadonlyArray<A>) =>
  items.toSorted((a, b) => (a.id < b.id ? -1 : 1))

export const settingsCases = [
  storageCase("D31", "settings come back as they were saved", ({ network }) =>
    Effect.gen(function*() {
      same((yield* network.load).branches, [], "an empty storage")
      const policies = [
        { scope: "network", scopeId: "", policy: DEFAULT_POLICY },
        { scope: "branch", scopeId: "Ё-1", policy: { bookingMinutes: 7, notifyAt: [] } },
        { scope: "channel", scopeId: "shop", policy: { split: false } }
      ] as const
      const keys = [
        { hash: "a".repeat(64), channelId: makeChannel("shop").id, role: "channel", label: "магазин" },
        { hash: "b".repeat(64), channelId: makeChannel("app").id, role: "admin", label: "" }
      ] as const
      const channels = [makeChannel("shop", { active: false, priceType: "опт", currency: "USD" }), makeChannel("app")]
      yield* network.save({ branches: [fullBranch, makeBranch("b")], channels, policies, keys })
      const loaded = yield* network.load
      same(sorted(loaded.branches), sorted([fullBranch, makeBranch("b")]), "branches")
      same(sorted(loaded.channels), sorted(channels), "channels")
      const byScope = (entries: typeof loaded.policies) => entries.toSorted((a, b) => (a.scope < b.scope ? -1 : 1))
      same(byScope(loaded.policies), byScope(policies), "policies")
      same(loaded.keys.toSorted((a, b) => (a.hash < b.hash ? -1 : 1)), keys, "keys")
    })),

  storageCase("D31", "what is saved again is replaced, the rest stays; the version grows", ({ network, stock }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      const before = yield* network.load
      const slot = stock.image.branchSlot(before.branches[0]!.id)
      yield* network.save({
        branches: [{ ...before.branches[0]!, name: "Новая" }],
        policies: [{ scope: "network", scopeId: "", policy: { split: false, bookingMinutes: 5 } }]
      })
      yield* network.save({ policies: [{ scope: "network", scopeId: "", policy: { bookingMinutes: 6 } }] })
      const after = yield* network.load
      same(after.branches.length, before.branches.length, "branches")
      same(after.branches.find((branch) => branch.id === before.branches[0]!.id)?.name, "Новая", "name")
      same(after.policies, [{ scope: "network", scopeId: "", policy: { bookingMinutes: 6 } }], "policies")
      same(sorted(after.channels), sorted(before.channels), "channels")
      check(after.version > before.version, "the version grows")
      same(stock.image.branchSlot(before.branches[0]!.id), slot, "a branch keeps its slot")
    })),

  storageCase("SMS-1", "texts of messages come back, are replaced by language and notice, and taken back", ({ network }) =>
    Effect.gen(function*() {
      same((yield* network.load).templates, [], "none at first")
      const text = "Ё {number}: «{place}» 💊 {lines, plural, one {#} other {#}}"
      yield* network.save({
        templates: [
          { notice: "reserved", language: "kk", text, subject: "Ё {number} 💊" },
          { notice: "reserved", language: "ru", text: "a", subject: null },
          { notice: "closed", language: "ru", text: "b" }
        ]
      })
      const before = yield* network.load
      yield* network.save({ templates: [{ notice: "closed", language: "ru", text: null, subject: "c" }] })
      const after = yield* network.load
      const key = (one: { readonly notice: string; readonly language: string }): string => one.language + one.notice
      same(after.templates.toSorted((one, other) => (key(one) < key(other) ? -1 : 1)), [
        { notice: "reserved", language: "kk", text, subject: "Ё {number} 💊" },
        { notice: "closed", language: "ru", text: null, subject: "c" },
        { notice: "reserved", language: "ru", text: "a" }
      ], "texts")
      check(after.version > before.version, "the version grows")
    })),

  storageCase("D5", "each product and branch has a dense slot of its own that never changes", (storage) =>
    Effect.gen(function*() {
      const { stock: { image }, network, catalogue } = storage
      const branches = Array.from({ length: 20 }, (_, i) => makeBranch(`b${i}`))
      const products = Array.from({ length: 40 }, (_, i) => makeProduct(`p${i}`))
      yield* network.save({ branches: branches.slice(0, 12) })
      yield* catalogue.upsert(products.slice(0, 25))
      yield* network.save({ branches })
      yield* catalogue.upsert(products)
      const slots = (all: ReadonlyArray<number | undefined>) => all.map((slot) => slot ?? -1).toSorted((a, b) => a - b)
      same(slots(branches.map((b) => image.branchSlot(b.id))), branches.map((_, i) => i), "branch slots")
      same(slots(products.map((p) => image.productSlot(p.id))), products.map((_, i) => i), "product slots")
      same(image.branchSlot(branches[3]!.id)! < 12, true, "a branch of the first save keeps its slot")
      same(image.productCount, 40, "productCount")
    })),

  storageCase("STK-1", "a product comes back as it was upserted, and as it was changed", ({ catalogue }) =>
    Effect.gen(function*() {
      yield* catalogue.upsert([fullProduct, makeProduct("p2")])
      const asked = [fullProduct.id, ProductId.make("nobody"), fullProduct.id]
      same(yield* catalogue.byIds(asked), [fullProduct], "byIds, each once")
      const barcodes = ["x-1", "4600000000022"]
      const changed: Product = {
        ...fullProduct, sku: null, barcodes, inn: null, weightGrams: null, shown: true, vat: "exempt", group: null, pack: null
      }
      yield* catalogue.upsert([changed])
      same(yield* catalogue.byIds([fullProduct.id]), [changed], "changed")
      const free: Product = { ...makeProduct("p2"), vat: 0, unit: { code: null, name: "шт" } }
      const bare: Product = { ...makeProduct("p3"), pack: { code: "778", name: "упак", units: 10 } }
      yield* catalogue.upsert([free, bare])
      same(sorted(yield* catalogue.byIds([free.id, bare.id])), [free, bare], "0 % is not exempt; a unit without a pack, and the other way round")
      same(yield* catalogue.byIds([]), [], "of no ids")
      same(yield* catalogue.byBarcodes(["4600000000015"]), [], "a barcode that was taken off")
      same(yield* catalogue.byBarcodes(["4600000000022"]), [changed], "a barcode that was put on")
    })),

  storageCase("STK-1", "products are found by exact code and barcode", ({ catalogue }) =>
    Effect.gen(function*() {
      const upper = makeProduct("u", { sku: "A-1", barcodes: ["111", "222"] })
      const lower = makeProduct("l", { sku: "a-1", barcodes: ["222"] })
      const none = makeProduct("n", { sku: null })
      yield* catalogue.upsert([upper, lower, none])
      same(yield* catalogue.bySkus(["A-1"]), [upper], "sku")
      same(sorted(yield* catalogue.bySkus(["a-1", "A-1", "A-1 "])), sorted([upper, lower]), "skus")
      same(sorted(yield* catalogue.byBarcodes(["222"])), sorted([upper, lower]), "barcode of two")
      same((yield* catalogue.byBarcodes(["111", "222", "22"])).length, 2, "each once")
    })),

  storageCase("STK-6", "products are searched in all languages, by substance, code and barcode", ({ catalogue }) =>
    Effect.gen(function*() {
      const ru = (name: string) => ({ ru: name, kk: null, en: null })
      yield* catalogue.upsert([
        makeProduct("p1", { name: { ru: "Йод Зелёный 5 %", kk: "Жасыл йод", en: "Green iodine" }, sku: "AB-77" }),
        makeProduct("p2", { name: ru("Нурофен форте"), inn: "Ибупрофен", barcodes: ["4600000000022"] }),
        makeProduct("p3", { name: ru("Бинт") })
      ])
      for (const text of ["зеленый", "ЖАСЫЛ", "iodine gre", "AB-77"]) same(yield* found(text), ["p1"], text)
      for (const text of ["нуроф", "ибупрофен", "4600000000022"]) same(yield* found(text), ["p2"], text)
      same(yield* found("цемент"), [], "nothing")
      yield* catalogue.upsert([makeProduct("p3", { name: ru("Марля") })])
      same([yield* found("бинт"), yield* found("марля")], [[], ["p3"]], "after a change of name")
    })),

  storageCase("STK-6", "a search is paged", ({ catalogue }) =>
    Effect.gen(function*() {
      const bandage = (i: number) => makeProduct(`p${i}`, { name: { ru: `Бинт ${i}`, kk: null, en: null } })
      yield* catalogue.upsert(Array.from({ length: 7 }, (_, i) => bandage(i)))
      const seen: Array<string> = []
      let after: string | undefined
      do {
        const page = yield* search("бинт", 3, after)
        seen.push(...page.items.map((product) => product.id))
        after = page.next ?? undefined
      } while (after !== undefined && seen.length < 20)
      same(seen.toSorted(), ["p0", "p1", "p2", "p3", "p4", "p5", "p6"], "all, each once")
    })),

  storageCase("D23", "links are kept by connection, kind and the partner's exact id", ({ catalogue }) =>
    Effect.gen(function*() {
      const link = (externalId: string, id: string, connection = "1c", kind = "product") =>
        ({ connection, kind, externalId, id })
      const partners = ["A-1", "a-1", "A-1 ", "Ё1", "е1"]
      yield* catalogue.putLinks(partners.map((externalId, i) => link(externalId, `p${i}`)))
      yield* catalogue.putLinks([link("A-1", "p9"), link("A-1", "b", "1c", "branch"), link("A-1", "p5", "arc")])
      const kept = (yield* catalogue.links("1c", "product")).map((own) => `${own.externalId}=${own.id}`)
      same(kept.toSorted(), ["A-1=p9", "a-1=p1", "A-1 =p2", "Ё1=p3", "е1=p4"].toSorted(), "links")
      same(yield* catalogue.links("1c", "branch"), [link("A-1", "b", "1c", "branch")], "of branches")
      same(yield* catalogue.links("expero", "product"), [], "of nobody")
    })),

  storageCase("OPS-2", "a storage that works answers a ping and loads the small network", (storage) =>
    Effect.gen(function*() {
      yield* storage.ping
      yield* loadNetwork()
      same((yield* storage.network.load).branches.length, smallNetwork().branches.length, "branches")
    }))
]
