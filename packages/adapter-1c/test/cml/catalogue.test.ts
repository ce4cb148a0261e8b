import { describe, expect, it } from "vitest"
import { catalogueOf, fixture, offersOf, read } from "../support/records.ts"

describe("a catalogue", () => {
  it("R-STK-1: 2.07 with classifier, in the order of the file, parents before children", () => {
    const { documents, sections, groups, properties, order, summary } = read(fixture("2.07-catalogue.xml"))
    expect(documents).toEqual([{ schemaVersion: "2.07", formedAt: "2026-11-20T09:10:00", line: 2 }])
    expect(sections).toEqual([
      { kind: "classifier", id: "c1", name: "Классификатор (Аптека)", catalogueId: null, onlyChanges: null, line: 3 },
      { kind: "catalogue", id: "c1", name: null, catalogueId: null, onlyChanges: false, line: 31 }
    ])
    expect(groups).toEqual([
      { id: "g1", name: "Лекарства", parentId: null, deleted: false, line: 7 },
      { id: "g2", name: "Жаропонижающие", parentId: "g1", deleted: false, line: 11 },
      { id: "g3", name: "Детские", parentId: "g2", deleted: false, line: 12 },
      { id: "g4", name: "Уход & красота", parentId: null, deleted: false, line: 18 }
    ])
    expect(properties).toEqual([{
      id: "p1", name: "Форма", valueType: "Справочник", values: [{ id: "v1", value: "таблетки" }],
      deleted: false, line: 21
    }])
    expect(order).toEqual([
      "document", "section", "group", "group", "group", "group", "property", "section", "product", "product"
    ])
    expect(summary).toMatchObject({ kind: "catalogue", counts: { group: 4, property: 1, product: 2, rejected: 0 } })
  })

  it("R-STK-1: a product of 2.07 with all that 1C tells about it", () => {
    expect(read(fixture("2.07-catalogue.xml")).products).toEqual([
      {
        id: "t1",
        deleted: false,
        line: 34,
        name: "Парацетамол таб. 500 мг №20",
        sku: "А-1",
        barcodes: ["4870001112223"],
        unit: {
          code: "778", name: "Упаковка", shortName: "упак", international: "NMP",
          conversions: [{ unit: "796", factor: "20" }]
        },
        groupIds: ["g2"],
        description: null,
        manufacturer: { id: "m1", name: "Завод" },
        properties: [{ id: "p1", values: ["v1"] }],
        taxRates: [{ name: "НДС", rate: "12" }],
        requisites: [{ name: "ВидНоменклатуры", value: "Товар" }]
      },
      { id: "t2", deleted: true, line: 49, name: "Снятый товар" }
    ])
  })

  it("R-STK-1: 3.1, where price types, units and categories stand in the classifier", () => {
    const collected = read(fixture("3.1-catalogue.xml"))
    expect(collected.groups).toMatchObject([{ id: "g1", name: "Старая", deleted: true }])
    expect(collected.priceTypes).toEqual([{ id: "r", name: "Розничные", currency: "тнг", deleted: false, line: 6 }])
    expect(collected.units).toEqual([
      { id: "796", code: "796", name: "Штука", shortName: "шт", international: null, deleted: false, line: 8 }
    ])
    expect(collected.categories).toEqual([{ id: "k1", name: "Без рецепта", deleted: false, line: 16 }])
    expect(collected.products).toEqual([
      {
        id: "t1",
        deleted: false,
        line: 21,
        name: "Бинт",
        sku: "32255",
        barcodes: [],
        unit: { code: "796", name: null, shortName: null, international: null, conversions: [] },
        categoryId: "k1",
        pictures: ["import_files/aa/1.jpg", "import_files/aa/2.jpg"],
        country: "Казахстан",
        weight: "0.25"
      },
      { id: "t2", deleted: true, line: 34, name: "Вата" }
    ])
    expect(collected.sections.map(({ onlyChanges }) => onlyChanges)).toEqual([true, true])
  })

  it("R-STK-1: a classifier alone, without declaration, is a document", () => {
    const { documents, sections, groups, summary } = read(fixture("2.07-classifier-alone.xml"))
    expect(documents).toEqual([{ schemaVersion: null, formedAt: null, line: 1 }])
    expect(sections).toMatchObject([{ kind: "classifier", id: "c1" }])
    expect(groups).toHaveLength(1)
    expect(summary?.kind).toBe("classifier")
  })

  it("R-STK-1: a prefix, CDATA and comments change nothing; foreign elements are left out", () => {
    const { products, documents } = read(fixture("prefixed-with-cdata.xml"))
    expect(documents).toMatchObject([{ schemaVersion: "2.10", formedAt: "2026-11-20T09:18:00", line: 2 }])
    expect(products).toEqual([{
      id: "t1",
      deleted: false,
      line: 5,
      name: "Крем «A&B»]]> «новый» 50 г".replace("]]>", ""),
      description: "<p>Состав: вода & масло</p>"
    }])
  })

  it.each([
    ["<Товар Статус='Удален'><Ид>t</Ид></Товар>", true],
    ["<Товар Статус='Удалён'><Ид>t</Ид></Товар>", true],
    ["<Товар><Ид>t</Ид><Статус>Удален</Статус></Товар>", true],
    ["<Товар><Ид>t</Ид><ПометкаУдаления>true</ПометкаУдаления></Товар>", true],
    ["<Товар><Ид>t</Ид><ПометкаУдаления>1</ПометкаУдаления></Товар>", true],
    ["<Товар Статус='Удален'><Ид>t</Ид><ПометкаУдаления>false</ПометкаУдаления></Товар>", true],
    ["<Товар Статус='Изменен'><Ид>t</Ид></Товар>", false],
    ["<Товар><Ид>t</Ид><ПометкаУдаления/></Товар>", false],
    ["<Товар><Ид>t</Ид><ПометкаУдаления>false</ПометкаУдаления></Товар>", false]
  ])("R-STK-1: fact 36: %s has deleted: %s", (product, deleted) => {
    expect(read(catalogueOf(product)).products).toMatchObject([{ deleted }])
  })

  it("R-STK-1: unknown elements are left out with all they contain, also inside a text", () => {
    const inside = "<Ид>t</Ид><Наименование>Бинт<Ид>x</Ид> стерильный</Наименование><Новое><Ид>y</Ид>текст</Новое>"
    expect(read(catalogueOf(`<Товар>${inside}</Товар>`)).products)
      .toEqual([{ id: "t", deleted: false, line: 1, name: "Бинт стерильный" }])
  })

  it("R-STK-1: the mark of one product does not reach the next", () => {
    const products = "<Товар Статус='Удален'><Ид>t1</Ид></Товар><Товар><Ид>t2</Ид></Товар>"
    expect(read(catalogueOf(products)).products.map(({ deleted }) => deleted)).toEqual([true, false])
  })

  it.each([
    ["<Ид>t</Ид>", "t"],
    ["<Ид>\n t\u00a0</Ид>", "t"],
    ["<Ид>t#h</Ид>", "t#h"],
    ["<Ид>t#</Ид>", "t"],
    ["<Ид>t</Ид><ИдХарактеристики>h</ИдХарактеристики>", "t#h"],
    ["<ИдХарактеристики>h</ИдХарактеристики><Ид>t</Ид>", "t#h"],
    ["<Ид>t#h</Ид><ИдХарактеристики>h</ИдХарактеристики>", "t#h"],
    ["<Ид>t</Ид><ИдХарактеристики/>", "t"],
    ["<Ид>t</Ид><ИдХарактеристики>00000000-0000-0000-0000-000000000000</ИдХарактеристики>", "t"],
    ["<Ид>t#00000000-0000-0000-0000-000000000000</Ид>", "t"],
    ["<Ид>t</Ид><Комплектующие><Комплектующее><Ид>чужой</Ид></Комплектующее></Комплектующие>", "t"]
  ])("R-STK-1: facts 33, 40: %s is the id %s, of a product and of an offer", (inside, id) => {
    expect(read(catalogueOf(`<Товар>${inside}</Товар>`)).products).toMatchObject([{ id }])
    expect(read(offersOf(`<Предложение>${inside}</Предложение>`)).offers).toMatchObject([{ id }])
  })

  it.each([
    ["<Наименование>Безымянный</Наименование>", "не указан Ид"],
    ["<Ид/>", "не указан Ид"],
    ["<Ид>00000000-0000-0000-0000-000000000000</Ид>", "не указан Ид"],
    ["<Ид>a</Ид><Ид>b</Ид>", "указаны два разных Ид"],
    [`<Ид>${"я".repeat(128)}</Ид>`, "слишком длинный Ид"],
    ["<Ид>a</Ид><ПометкаУдаления>возможно</ПометкаУдаления>", "непонятное значение ПометкаУдаления"]
  ])("R-STK-2: a product or offer with %s is rejected by its line, the rest goes on", (inside, reason) => {
    const catalogue = read(catalogueOf(`\n<Товар>${inside}</Товар><Товар><Ид>t2</Ид></Товар>`))
    expect(catalogue.rejections).toEqual([{ kind: "product", line: 2, reason: `Товар: ${reason}` }])
    expect(catalogue.products).toMatchObject([{ id: "t2" }])
    const broken = `\n<Предложение>${inside}<Количество>5</Количество></Предложение>`
    const offers = read(offersOf(`${broken}<Предложение><Ид>t2</Ид></Предложение>`))
    expect(offers.rejections).toEqual([{ kind: "offer", line: 2, reason: `Предложение: ${reason}` }])
    expect(offers.offers).toMatchObject([{ id: "t2" }])
    expect(offers.stocks).toEqual([])
  })

  it("R-STK-2: declarations without an id are rejected one by one", () => {
    const inside = "<Группы><Группа><Группы><Группа><Ид>g</Ид></Группа></Группы></Группа></Группы>" +
      "<ТипыЦен><ТипЦены/><ТипЦены><Ид>r</Ид></ТипЦены></ТипыЦен><Склады><Склад/></Склады>" +
      "<Свойства><Свойство/></Свойства><Категории><Категория/></Категории>" +
      "<ЕдиницыИзмерения><ЕдиницаИзмерения/><ЕдиницаИзмерения><Код>796 </Код></ЕдиницаИзмерения></ЕдиницыИзмерения>"
    const collected = read(`<Классификатор>${inside}</Классификатор>`)
    expect(collected.rejections.map(({ reason }) => reason)).toEqual([
      "Группа: не указан Ид",
      "Группа: нет Ид у группы, в которую она входит",
      "ТипЦены: не указан Ид",
      "Склад: не указан Ид",
      "Свойство: не указан Ид",
      "Категория: не указан Ид",
      "ЕдиницаИзмерения: не указан Ид"
    ])
    expect(collected.priceTypes).toMatchObject([{ id: "r", name: null }])
    expect(collected.units).toMatchObject([{ id: "796", code: "796" }])
  })
})
