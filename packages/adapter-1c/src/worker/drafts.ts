import type { ItemRecord } from "../cml/records.ts"
import type { Deletions } from "../deletion-guard.ts"
import type { Notes } from "../import/notes.ts"
import { packOf, unitOf, vatOf } from "./card.ts"
import { Marks } from "./marks.ts"
import type { Packs } from "./packs.ts"
import { Spill } from "./spill.ts"
import type { Draft, DraftItem, ThreadData, UsedGroup } from "./protocol.ts"
import { NO_SLOT, type Tables } from "./tables.ts"

const MAX_GRAMS = 2 ** 31 - 1
const MAX_BARCODE = 64

const given = (text: string | null | undefined): string | undefined =>
  text === null || text === undefined || text.trim() === "" ? undefined : text.trim().slice(0, 1000)

/** `Вес` is in kilograms. */
const gramsOf = (weight: string | null | undefined): number | undefined => {
  const grams = Math.round(Number(weight?.replace(",", ".").replace(/\s/gu, "") ?? Number.NaN) * 1000)
  return grams > 0 && grams <= MAX_GRAMS ? grams : undefined
}

/** What a file said of a product, one bit each. */
const SAID = { anything: 1, catalogue: 2, deleted: 4 } as const

const VAT = "Ставка НДС не понята и не учтена. Товаров:"
const ODD = "Единица с коэффициентом не из целых чисел от 2 не учтена. Товаров:"
const STRANGE = "Единица предложения — не та, что у товара, и пересчёта нет: количество учтено как есть. Предложений:"

interface DraftsParts {
  readonly tables: Tables
  readonly packs: Packs
  readonly notes: Notes
  readonly data: ThreadData
  readonly scratch: string
}

/**
 * What a file says of products, on disk rather than in memory: goods and their characteristics apart, because goods
 * come first, their characteristics are named after them.
 */
export class Drafts {
  readonly #tables: Tables
  readonly #data: ThreadData
  readonly #goods: Spill
  readonly #variants: Spill
  readonly #said = new Marks()
  readonly #packs: Packs
  readonly #notes: Notes
  readonly #unitNames = new Map<string, string>()
  readonly #groups = new Map<string, { products: number; readonly line: number }>()
  /** What is told once for a file: how many products, and the line of the first. */
  readonly #remarks = new Map<string, { products: number; readonly line: number }>()

  constructor({ tables, packs, notes, data, scratch }: DraftsParts) {
    this.#tables = tables
    this.#packs = packs
    this.#notes = notes
    this.#data = data
    this.#goods = new Spill(scratch, "goods.jsonl")
    this.#variants = new Spill(scratch, "variants.jsonl")
  }

  /** A unit of the classifier. */
  unit(code: string, name: string | null): void {
    if (name !== null) this.#unitNames.set(code, name)
  }

  /** The file has been read: what is to be told of many products at once. */
  settle(): void {
    for (const [text, { products, line }] of this.#remarks) this.#notes.remark(line, `${text} ${products}.`)
  }

  usedGroups(): ReadonlyArray<UsedGroup> {
    return Array.from(this.#groups, ([id, used]) => ({ id, ...used }))
  }

  product(item: ItemRecord): void {
    const offer = this.#tables.offers.add(item.id)
    this.#mark(offer, SAID.catalogue, item)
    this.#push(offer, item, true)
  }

  /**
   * What the catalogue says stands, and an offer of plain known goods has nothing to add to it but a deletion mark; an
   * offer without a name makes no goods.
   */
  offer(item: ItemRecord): void {
    const offer = this.#tables.offers.add(item.id)
    const repeated = (this.#said.get(offer) & SAID.catalogue) !== 0
    this.#mark(offer, 0, item)
    const known = this.#tables.slot(offer) !== NO_SLOT
    const silent = !item.deleted && (repeated || (!item.id.includes("#") && (known || given(item.name) === undefined)))
    if (!silent) this.#push(offer, item, false)
    const unit = unitOf(item.unit, this.#unitNames)
    if (unit !== undefined && !this.#packs.count(offer, unit)) this.#remark(STRANGE, item.line)
  }

  deletions(isDeleted: (offer: number) => boolean): Deletions {
    let [named, marked] = [0, 0]
    for (let offer = 0; offer < this.#said.length; offer++) {
      const said = this.#said.get(offer)
      if (said === 0 || this.#tables.slot(offer) === NO_SLOT || isDeleted(offer)) continue
      named++
      if ((said & SAID.deleted) !== 0) marked++
    }
    return { named, marked }
  }

  take(most: number): ReadonlyArray<DraftItem> {
    const goods = this.#goods.take(most)
    return (goods.length > 0 ? goods : this.#variants.take(most)).map((line) => {
      const [offer, draft] = JSON.parse(line) as [number, Draft]
      const deleted = draft.deleted || (this.#said.get(offer) & SAID.deleted) !== 0
      return { externalId: this.#tables.offers.ids[offer]!, draft: { ...draft, deleted } }
    })
  }

  rewind(): void {
    this.#goods.rewind()
    this.#variants.rewind()
  }

  close(): void {
    this.#goods.close()
    this.#variants.close()
  }

  #mark(offer: number, bits: number, { deleted }: ItemRecord): void {
    this.#said.set(offer, this.#said.get(offer) | SAID.anything | bits | (deleted ? SAID.deleted : 0))
  }

  #push(offer: number, item: ItemRecord, fromCatalogue: boolean): void {
    const line = JSON.stringify([offer, this.#draft(item, fromCatalogue)])
    if (item.id.includes("#")) this.#variants.push(line)
    else this.#goods.push(line)
  }

  #draft(item: ItemRecord, fromCatalogue: boolean): Draft {
    const unit = unitOf(item.unit, this.#unitNames)
    const pack = this.#pack(item)
    if (fromCatalogue) this.#packs.learn(item.id, unit, pack)
    return {
      line: item.line,
      fromCatalogue,
      deleted: item.deleted,
      name: given(item.name),
      sku: this.#code(item.sku) ?? this.#code(item.code),
      barcodes: (item.barcodes ?? []).map((code) => code.trim()).filter((code) => code !== "" && code.length <= MAX_BARCODE),
      maker: given(item.manufacturer?.name),
      weightGrams: gramsOf(item.weight),
      vat: this.#vat(item),
      group: this.#group(item),
      unit,
      pack,
      description: this.#description(item),
      traits: (item.characteristics ?? []).flatMap(({ value }) => given(value) ?? [])
    }
  }

  #vat(item: ItemRecord): Draft["vat"] {
    const vat = vatOf(item.taxRates)
    if (vat === null) this.#remark(VAT, item.line)
    return vat ?? undefined
  }

  #pack(item: ItemRecord): Draft["pack"] {
    const said = packOf(item.unit, this.#unitNames, this.#data.maxPackUnits)
    if (said?.odd === true) this.#remark(ODD, item.line)
    return said?.pack
  }

  #group(item: ItemRecord): string | undefined {
    const id = item.groupIds?.[0]
    if (id === undefined) return undefined
    const used = this.#groups.get(id)
    if (used !== undefined) used.products++
    // Of more than the hub can have nothing is made; they would only fill the memory.
    else if (this.#groups.size < this.#data.maxGroups) this.#groups.set(id, { products: 1, line: item.line })
    return id
  }

  #description(item: ItemRecord): string | undefined {
    const text = item.description?.trim()
    if (!text) return undefined
    const { maxDescription } = this.#data
    if (text.length <= maxDescription) return text
    this.#notes.reject(item.line, `Описание длиннее ${maxDescription} знаков: не принято, прежнее остаётся. Сократите его в 1С.`)
    return undefined
  }

  #remark(text: string, line: number): void {
    const known = this.#remarks.get(text)
    if (known === undefined) this.#remarks.set(text, { products: 1, line })
    else known.products++
  }

  /** An article too long to be a code is no code: the product is found by its name and id. */
  #code(text: string | null | undefined): string | undefined {
    const code = given(text)
    return code === undefined || code.length > this.#data.maxSku ? undefined : code
  }
}
