import type { ItemRecord } from "../cml/records.ts"
import type { Deletions } from "../deletion-guard.ts"
import type { Notes } from "../import/notes.ts"
import { vatOf } from "./card.ts"
import { Marks } from "./marks.ts"
import type { FilePacks } from "./packs.ts"
import { Spill } from "./spill.ts"
import type { Draft, DraftPage, DraftUnits, ThreadData, UsedGroup } from "./protocol.ts"
import { NO_SLOT, type Tables } from "./tables.ts"
import { UnitTable } from "./units.ts"

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
const MANY_UNITS = "Слишком много разных единиц измерения: единица не учтена. Товаров:"
const MANY_GROUPS = "Товары названы в слишком многих группах: группа не учтена. Товаров:"
const STRANGE = "Единица предложения — не та, что у товара, и пересчёта нет: количество учтено как есть. Предложений:"

interface DraftsParts {
  readonly tables: Tables
  readonly packs: FilePacks
  readonly notes: Notes
  readonly data: ThreadData
  readonly scratch: string
  readonly suffix: string
}

/**
 * What a file says of products, on disk rather than in memory: goods and their characteristics apart, because goods
 * come first, their characteristics are named after them.
 */
export class Drafts {
  readonly #tables: Tables
  readonly #data: ThreadData
  readonly units: UnitTable
  readonly #goods: Lines
  readonly #variants: Lines
  readonly #said = new Marks()
  readonly #packs: FilePacks
  readonly #notes: Notes
  readonly #groups = new Map<string, { readonly place: number; products: number; readonly line: number }>()
  /** What is told once for a file: how many products, and the line of the first. */
  readonly #remarks = new Map<string, { products: number; readonly line: number }>()

  constructor({ tables, packs, notes, data, scratch, suffix }: DraftsParts) {
    this.#tables = tables
    this.#packs = packs
    this.#notes = notes
    this.#data = data
    this.units = new UnitTable(data.maxPackUnits)
    this.#goods = new Lines(scratch, `goods${suffix}.jsonl`)
    this.#variants = new Lines(scratch, `variants${suffix}.jsonl`)
  }

  /** The file has been read: what is to be told of many products at once. */
  settle(): void {
    for (const [text, { products, line }] of this.#remarks) this.#notes.remark(line, `${text} ${products}.`)
  }

  usedGroups(): ReadonlyArray<UsedGroup> {
    return Array.from(this.#groups, ([id, { products, line }]) => ({ id, products, line }))
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
    const unit = this.#units(item)?.units.unit
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

  take(most: number): DraftPage {
    const goods = this.#goods.take(most)
    const { lines, offers } = goods.lines.length > 0 ? goods : this.#variants.take(most)
    const deleted: Array<number> = []
    for (const [i, offer] of offers.entries()) if ((this.#said.get(offer) & SAID.deleted) !== 0) deleted.push(i)
    return { text: `[${lines.join(",")}]`, deleted }
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
    const line = JSON.stringify([item.id, this.#draft(item, fromCatalogue)])
    if (item.id.includes("#")) this.#variants.push(line, offer)
    else this.#goods.push(line, offer)
  }

  #draft(item: ItemRecord, fromCatalogue: boolean): Draft {
    const units = this.#units(item)
    if (units?.odd === true) this.#remark(ODD, item.line)
    if (units !== undefined && fromCatalogue) this.#packs.learn(item.id, units.units)
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
      units: units?.place,
      description: this.#description(item),
      traits: (item.characteristics ?? []).flatMap(({ value }) => given(value) ?? [])
    }
  }

  #vat(item: ItemRecord): Draft["vat"] {
    const vat = vatOf(item.taxRates)
    if (vat === null) this.#remark(VAT, item.line)
    return vat ?? undefined
  }

  #units(item: ItemRecord): { readonly place: number; readonly units: DraftUnits; readonly odd: boolean } | undefined {
    if (item.unit === undefined) return undefined
    const known = this.units.of(item.unit)
    if (known !== "full") return known
    this.#remark(MANY_UNITS, item.line)
    return undefined
  }

  #group(item: ItemRecord): number | undefined {
    const id = item.groupIds?.[0]
    if (id === undefined) return undefined
    const used = this.#groups.get(id)
    if (used !== undefined) {
      used.products++
      return used.place
    }
    if (this.#groups.size >= this.#data.maxGroups) {
      this.#remark(MANY_GROUPS, item.line)
      return undefined
    }
    this.#groups.set(id, { place: this.#groups.size, products: 1, line: item.line })
    return this.#groups.size - 1
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

/** Lines on disk, each with the number of its product. */
class Lines {
  readonly #spill: Spill
  readonly #offers = new Marks()
  #count = 0
  #taken = 0

  constructor(scratch: string, name: string) {
    this.#spill = new Spill(scratch, name)
  }

  push(line: string, offer: number): void {
    this.#spill.push(line)
    this.#offers.set(this.#count++, offer)
  }

  take(most: number): { readonly lines: ReadonlyArray<string>; readonly offers: ReadonlyArray<number> } {
    const lines = this.#spill.take(most)
    return { lines, offers: lines.map(() => this.#offers.get(this.#taken++)) }
  }

  rewind(): void {
    this.#spill.rewind()
    this.#taken = 0
  }

  close(): void {
    this.#spill.close()
  }
}
