import { type Description, type InboundHub, newProduct, type Product, ProductId } from "@aptekit/core"
import type { OneCConfig } from "../config.ts"
import type { Draft, DraftItem, DraftUnits } from "../worker/protocol.ts"
import { sameProduct } from "./same-product.ts"
import type { GroupPlan } from "./groups.ts"
import { familyOf, type KnownProducts } from "./known-products.ts"
import type { Memory } from "./memory.ts"
import type { Notes } from "./notes.ts"

const MAX_ID = 100
/** Products that are written at once: among so many, neighbours in the database's indexes meet. */
const TOGETHER = 2_000
/** Or so much text of theirs. */
const LETTERS = 500_000

interface Waiting {
  readonly product: Product
  /** Left out: it stays. */
  readonly description?: Description
}

interface Item extends Waiting {
  readonly externalId: string
}

const NONE: ReadonlyMap<string, Description> = new Map()

/** Turns drafts into products: new ones get an id and a link, known ones keep what 1C has no say in. */
export class ProductWriter {
  readonly #config: OneCConfig
  readonly #hub: InboundHub
  readonly #connection: string
  readonly #memory: Memory
  readonly #notes: Notes
  readonly #groups: GroupPlan
  readonly #units: ReadonlyArray<DraftUnits>
  readonly #keeps: ReadonlySet<string>
  readonly #linked: KnownProducts
  readonly #links: ReadonlyMap<string, string>
  /** Goods that turned out to have variants. */
  readonly #newFamilies = new Set<string>()
  /** Nothing is written: what would be new or changed is only counted. */
  readonly #dry: boolean
  /** What is to be written, by external id. */
  #waiting = new Map<string, Waiting>()
  readonly #taken: Array<string> = []
  #letters = 0
  #written = 0
  /** Are there deletion marks that are not on disk yet? */
  #marks = false
  /** Whose mark is gone, and not yet forgotten. */
  readonly #unmarked: Array<string> = []

  constructor(parts: {
    config: OneCConfig
    hub: InboundHub
    connection: string
    memory: Memory
    notes: Notes
    groups: GroupPlan
    units: ReadonlyArray<DraftUnits>
    known: KnownProducts
    dry: boolean
  }) {
    this.#dry = parts.dry
    this.#config = parts.config
    this.#hub = parts.hub
    this.#connection = parts.connection
    this.#memory = parts.memory
    this.#notes = parts.notes
    this.#groups = parts.groups
    this.#units = parts.units
    this.#keeps = new Set(parts.config.keep)
    this.#linked = parts.known
    this.#links = parts.known.links
  }

  /** How many are new or changed. */
  get written(): number {
    return this.#written
  }

  /** Time for `flush`. */
  get isFull(): boolean {
    return this.#taken.length >= TOGETHER || this.#letters >= LETTERS
  }

  /** Writes what `take` has gathered. Gives the external ids of all that were taken: they have rows in the hub now. */
  async flush(): Promise<ReadonlyArray<string>> {
    const items = Array.from(this.#waiting, ([externalId, waiting]): Item => ({ externalId, ...waiting }))
    if (items.length > 0) {
      // A mark is remembered before it works: killed in between, its product could never come back.
      if (this.#marks) await this.#memory.save()
      this.#marks = false
      await this.#hub.catalogue.upsert(items)
    }
    this.#waiting = new Map()
    this.#letters = 0
    for (const externalId of this.#unmarked.splice(0)) this.#memory.deleted.delete(externalId)
    return this.#taken.splice(0)
  }

  /** Takes in what a file says of some products. `links` grows by the new ones. */
  async take(items: ReadonlyArray<DraftItem>): Promise<void> {
    const drafts = new Map<string, Draft>()
    for (const { externalId, draft } of items) {
      const known = drafts.get(externalId)
      // What the catalogue says stands, wherever in the file it is.
      if (known?.fromCatalogue !== true || draft.fromCatalogue) drafts.set(externalId, draft)
    }
    if (!this.#dry) this.#taken.push(...drafts.keys())
    await this.#chunk([...drafts])
  }

  async #chunk(rows: ReadonlyArray<readonly [string, Draft]>): Promise<void> {
    const known = await this.#known(rows.map(([id]) => id))
    const texts = await this.#texts(rows, known)
    const items: Array<Item> = []
    const hidden: Array<Item> = []
    for (const [externalId, draft] of rows) {
      const id = this.#links.get(externalId)
      const old = id === undefined ? undefined : known.get(id)
      const family = familyOf(externalId)
      const parent = family === undefined ? undefined : known.get(this.#links.get(family) ?? "")
      const product = old === undefined
        ? this.#made(externalId, draft, parent, known)
        : this.#changed(externalId, old, draft, parent)
      if (product === undefined) continue
      if (old === undefined && family !== undefined) hidden.push(...this.#hide(family, parent))
      items.push(...this.#heirs(externalId, old, product, known))
      const description = this.#described(externalId, product, old, draft, texts)
      if (old !== undefined && description === undefined && sameProduct(old, product)) continue
      items.push(description === undefined ? { externalId, product } : { externalId, product, description })
    }
    this.#written += items.length
    if (this.#dry) return
    for (const item of items) this.#wait(item)
    for (const item of hidden) this.#wait(item)
  }

  #wait({ externalId, ...item }: Item): void {
    const { description } = this.#waiting.get(externalId) ?? {}
    this.#waiting.set(externalId, description === undefined ? item : { description, ...item })
    this.#letters += item.description?.ru?.length ?? 0
    this.#linked.add(externalId, item.product.id)
  }

  /** Descriptions of known products of which the file has one to say. */
  async #texts(
    rows: ReadonlyArray<readonly [string, Draft]>,
    known: ReadonlyMap<string, Product>
  ): Promise<ReadonlyMap<string, Description>> {
    if (this.#keeps.has("description")) return NONE
    const ids = rows.flatMap(([externalId, { description }]) => {
      const id = this.#links.get(externalId)
      return description !== undefined && id !== undefined && known.has(id) ? [id] : []
    })
    return ids.length === 0 ? NONE : this.#hub.catalogue.descriptions(ids)
  }

  /** The description as it is to be; undefined: as it is. Only the Russian text is 1C's. */
  #described(
    externalId: string,
    { id }: Product,
    old: Product | undefined,
    { description: ru, fromCatalogue }: Draft,
    texts: ReadonlyMap<string, Description>
  ): Description | undefined {
    if (ru === undefined || (old !== undefined && this.#keeps.has("description"))) return undefined
    if (old !== undefined && !fromCatalogue && familyOf(externalId) === undefined) return undefined
    const known = this.#waiting.get(externalId)?.description ?? texts.get(id)
    return known?.ru === ru ? undefined : { kk: null, en: null, ...known, ru }
  }

  /** Variants that had of their goods what these have otherwise now, or nothing: goods may come last (fact 39). */
  #heirs(
    externalId: string, old: Product | undefined, goods: Product, known: ReadonlyMap<string, Product>
  ): ReadonlyArray<Item> {
    return (this.#linked.families.get(externalId) ?? []).flatMap((id): ReadonlyArray<Item> => {
      const variant = this.#waiting.get(id)?.product ?? known.get(this.#links.get(id) ?? "")
      if (variant === undefined) return []
      const product = inherited(variant, old, goods)
      return sameProduct(variant, product) ? [] : [{ externalId: id, product }]
    })
  }

  /** Products that these ids are linked to or could be mistaken for, their families and their variants. */
  async #known(externalIds: ReadonlyArray<string>): Promise<ReadonlyMap<string, Product>> {
    const ids = new Set(externalIds.flatMap((id) => [id, familyOf(id) ?? id, ...this.#linked.families.get(id) ?? []]).map((id) => this.#links.get(id) ?? id))
    const found = await this.#hub.catalogue.byIds([...ids].filter((id) => id.length <= MAX_ID))
    return new Map([...found, ...Array.from(this.#waiting.values(), ({ product }) => product)].map((product) => [product.id as string, product]))
  }

  #made(
    externalId: string,
    draft: Draft,
    parent: Product | undefined,
    known: ReadonlyMap<string, Product>
  ): Product | undefined {
    const name = draft.name ?? variantName(parent, draft)
    if (name === undefined) {
      // An offer that only has figures: its goods come later, its rows wait.
      const reason = "Товар без наименования: не принят. Заполните наименование в 1С."
      if (draft.fromCatalogue) this.#notes.reject(draft.line, reason)
      return undefined
    }
    const id = this.#links.get(externalId) ?? this.#freeId(externalId, known)
    if (id.length > MAX_ID) {
      this.#notes.reject(draft.line, `Ид товара длиннее ${MAX_ID} символов: товар не принят.`)
      return undefined
    }
    const visible = this.#config.newProducts === "orderable"
    const isFamily = this.#isFamily(externalId)
    const product: Product = {
      ...newProduct(ProductId.make(id), name),
      sku: draft.sku ?? null,
      barcodes: [...new Set(draft.barcodes)],
      maker: draft.maker ?? parent?.maker ?? null,
      weightGrams: draft.weightGrams ?? null,
      family: this.#family(externalId),
      ...this.#card(draft, parent, undefined),
      shown: visible && !isFamily,
      confirmed: visible
    }
    return this.#marked(externalId, product, draft.deleted)
  }

  #freeId(externalId: string, known: ReadonlyMap<string, Product>): string {
    return known.has(externalId) ? `${this.#connection}:${externalId}` : externalId
  }

  #family(externalId: string): string | null {
    const family = familyOf(externalId)
    return family === undefined ? null : this.#links.get(family) ?? family
  }

  /** What a person entered stays: only what 1C says and owns is replaced. */
  #changed(externalId: string, old: Product, draft: Draft, parent: Product | undefined): Product {
    const variant = familyOf(externalId) !== undefined
    // An offer of plain goods repeats the catalogue at best: it may only mark them as deleted.
    if (!draft.fromCatalogue && !variant) return draft.deleted ? this.#marked(externalId, old, true) : old
    const keeps = this.#keeps
    const name = draft.name ?? (draft.traits.length > 0 ? variantName(parent, draft) : undefined)
    const product: Product = {
      ...old,
      sku: keeps.has("sku") ? old.sku : draft.sku ?? old.sku,
      // 1C sends one barcode of several (fact 34): the others are not gone.
      barcodes: draft.barcodes.every((code) => old.barcodes.includes(code))
        ? old.barcodes
        : [...new Set([...old.barcodes, ...draft.barcodes])],
      name: keeps.has("name") || name === undefined ? old.name : { ...old.name, ru: name },
      maker: keeps.has("maker") ? old.maker : draft.maker ?? old.maker,
      weightGrams: keeps.has("weightGrams") ? old.weightGrams : draft.weightGrams ?? old.weightGrams,
      family: this.#family(externalId) ?? old.family,
      ...this.#card(draft, parent, old)
    }
    return this.#marked(externalId, product, draft.deleted)
  }

  /** A characteristic has of its goods what it does not say itself. */
  #card(draft: Draft, parent: Product | undefined, old: Product | undefined): Pick<Product, "vat" | "group" | "unit" | "pack"> {
    const owned = <K extends "vat" | "group" | "unit" | "pack">(
      key: K, keep: string, said: Product[K] | undefined
    ): Product[K] | null => {
      if (old !== undefined && this.#keeps.has(keep)) return old[key]
      return said === undefined ? old?.[key] ?? parent?.[key] ?? null : said
    }
    const units = draft.units === undefined ? undefined : this.#units[draft.units]
    return {
      vat: owned("vat", "vat", draft.vat),
      group: owned("group", "group", draft.group === undefined ? undefined : this.#groups.used(draft.group)),
      unit: owned("unit", "unit", units?.unit),
      pack: owned("pack", "unit", units?.pack)
    }
  }

  /** A deletion mark takes the product off sale; only a product so marked comes back when the mark is gone (R5). */
  #marked(externalId: string, product: Product, deleted: boolean): Product {
    if (deleted) {
      if (!this.#dry && !this.#memory.deleted.has(externalId)) {
        this.#memory.deleted.add(externalId)
        this.#marks = true
      }
      return { ...product, shown: false, stopped: true }
    }
    if (!this.#memory.deleted.has(externalId)) return product
    if (!this.#dry) this.#unmarked.push(externalId)
    const shown = this.#config.newProducts === "orderable" && !this.#isFamily(externalId)
    return { ...product, shown, stopped: false }
  }

  #isFamily(externalId: string): boolean {
    return this.#linked.families.has(externalId) || this.#newFamilies.has(externalId)
  }

  /** Goods that turn out to have variants are no longer offered themselves. */
  #hide(family: string, goods: Product | undefined): ReadonlyArray<Item> {
    if (this.#isFamily(family)) return []
    this.#newFamilies.add(family)
    return goods === undefined || !goods.shown ? [] : [{ externalId: family, product: { ...goods, shown: false } }]
  }
}

const sameJson = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

const inherited = (variant: Product, old: Product | undefined, goods: Product): Product => {
  const value = <K extends "vat" | "group" | "unit" | "pack">(key: K): Product[K] =>
    variant[key] === null || (old !== undefined && sameJson(variant[key], old[key])) ? goods[key] : variant[key]
  return { ...variant, vat: value("vat"), group: value("group"), unit: value("unit"), pack: value("pack") }
}

const variantName = (goods: Product | undefined, draft: Draft): string | undefined => {
  if (goods === undefined) return undefined
  return draft.traits.length === 0 ? goods.name.ru : `${goods.name.ru} (${draft.traits.join(", ")})`.slice(0, 1000)
}
