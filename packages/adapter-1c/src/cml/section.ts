import type { XmlAttributes } from "../xml/attributes.ts"
import type { Rule, Rules } from "./automaton.ts"
import { DECLARATIONS } from "./classifier.ts"
import type { Context } from "./context.ts"
import { parseSwitch } from "./context.ts"
import type { DocumentSummary, SectionKind, SectionRecord } from "./records.ts"

/** Sections of the root. Each may be a root of its own: the schema allows it and `Классификатор` was seen so. */
const SECTIONS: Readonly<Record<string, SectionKind>> = {
  Классификатор: "classifier",
  Каталог: "catalogue",
  ПакетПредложений: "offers",
  ИзмененияПакетаПредложений: "offerChanges",
  Документ: "orders"
}

export interface RootAttributes {
  readonly schemaVersion: number
  readonly formedAt: number
  readonly onlyChanges: number
}

/** Reads the head of the document and of its sections. A section is told before its first record. */
export class SectionReader {
  readonly #context: Context
  readonly #attributes: RootAttributes
  readonly #seen = new Set<SectionKind>()
  #headTold = false
  #current: { -readonly [K in keyof SectionRecord]: SectionRecord[K] } | undefined

  constructor(context: Context, attributes: RootAttributes) {
    this.#context = context
    this.#attributes = attributes
  }

  rules(): Rules {
    const sections = Object.fromEntries(Object.entries(SECTIONS).map(([element, kind]) => [element, `section.${kind}`]))
    return {
      start: { children: { КоммерческаяИнформация: "root", ...sections } },
      root: { open: (attributes) => this.#tellHead(attributes), children: { ...sections, Контейнер: "container" } },
      container: { children: { Документ: "section.orders" } },
      "section.orders": { open: (attributes) => this.#openOrder(attributes) },
      "section.classifier": this.#section("classifier", DECLARATIONS),
      "section.catalogue": this.#section("catalogue", { ...DECLARATIONS, Товары: "products" }),
      "section.offers": this.#section("offers", { ...DECLARATIONS, Предложения: "offerList" }),
      "section.offerChanges": this.#section("offerChanges", { ...DECLARATIONS, Предложения: "offerList" }),
      ...this.#fields(),
      products: { open: () => this.announce(), children: { Товар: "product" } },
      offerList: { open: () => this.announce(), children: { Предложение: "offer" } }
    }
  }

  /** Tells the section to the sink unless it has been told. */
  readonly announce = (): void => {
    const section = this.#current
    this.#current = undefined
    if (section !== undefined) this.#context.sink.section?.(section)
  }

  /** What kind of document it was, by its sections. */
  get kind(): DocumentSummary["kind"] {
    const hasCatalogue = this.#seen.has("catalogue")
    const hasOffers = this.#seen.has("offers") || this.#seen.has("offerChanges")
    const hasOrders = this.#seen.has("orders")
    if (Number(hasCatalogue) + Number(hasOffers) + Number(hasOrders) > 1) return "mixed"
    if (hasCatalogue) return "catalogue"
    if (hasOffers) return "offers"
    if (hasOrders) return "orders"
    return this.#seen.has("classifier") ? "classifier" : "empty"
  }

  #section(kind: SectionKind, content: Readonly<Record<string, string>>): Rule {
    return {
      open: (attributes) => {
        this.#tellHead(attributes)
        this.#begin(kind, this.#onlyChanges(kind, attributes))
      },
      children: {
        ...content,
        Ид: "section.id",
        Наименование: "section.name",
        ИдКаталога: "section.catalogueId",
        СодержитТолькоИзменения: "section.onlyChanges"
      },
      close: this.announce
    }
  }

  /** Fields that come behind the first record are too late for the section's record and are let go. */
  #fields(): Rules {
    const field = (key: "catalogueId" | "id" | "name"): Rule => ({
      value: (value) => { if (this.#current !== undefined) this.#current[key] = value.textOrNull() }
    })
    return {
      "section.id": field("id"),
      "section.name": field("name"),
      "section.catalogueId": field("catalogueId"),
      "section.onlyChanges": {
        value: (value) => {
          if (this.#current !== undefined) this.#current.onlyChanges = parseSwitch(value.text()) ?? null
        }
      }
    }
  }

  #tellHead(attributes: XmlAttributes): void {
    if (this.#headTold) return
    this.#headTold = true
    this.#context.sink.document?.({
      schemaVersion: attributeText(attributes, this.#attributes.schemaVersion),
      formedAt: attributeText(attributes, this.#attributes.formedAt),
      line: this.#context.line()
    })
  }

  #begin(kind: SectionKind, onlyChanges: boolean | null): void {
    this.#seen.add(kind)
    this.#current = { kind, id: null, name: null, catalogueId: null, onlyChanges, line: this.#context.line() }
  }

  #onlyChanges(kind: SectionKind, attributes: XmlAttributes): boolean | null {
    const written = attributeText(attributes, this.#attributes.onlyChanges)
    return written === null ? (kind === "offerChanges" ? true : null) : parseSwitch(written) ?? null
  }

  #openOrder(attributes: XmlAttributes): void {
    this.#tellHead(attributes)
    this.#context.counts.document++
    if (this.#seen.has("orders")) return
    this.#begin("orders", null)
    this.announce()
  }
}

const attributeText = (attributes: XmlAttributes, name: number): string | null => {
  const index = attributes.find(name)
  return index < 0 ? null : attributes.text(index).trim() || null
}
