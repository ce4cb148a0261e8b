import { type InboundHub, newProduct, type Product, ProductId } from "@aptekit/core"
import type { OneCConfig } from "../config.ts"
import type { Draft, DraftItem } from "../worker/protocol.ts"
import type { Memory } from "./memory.ts"
import type { Notes } from "./notes.ts"

const MAX_ID = 100
/** Products that are written at once: among so many, neighbours in the database's indexes meet. */
const TOGETHER = 2_000

interface Item {
  readonly externalId: string
  readonly product: Product
}

/** `goods#characteristic` → `goods`; undefined for plain goods (D6). */
export const familyOf = (externalId: string): string | undefined => {
  const at = externalId.indexOf("#")
  return at < 0 ? undefined : externalId.slice(0, at)
}

/** Turns drafts into products: new ones get an id and a link, known ones keep what 1C has no say in. */
export class ProductWriter {
  readonly #config: OneCConfig
  readonly #hub: InboundHub
  readonly #connection: string
  readonly #memory: Memory
  readonly #notes: Notes
  readonly #links: Map<string, string>
  /** Goods that exist in variants. */
  readonly #families: Set<string>
  /** Nothing is written: what would be new or changed is only counted. */
  readonly #dry: boolean
  /** What is to be written, by external id. */
  #waiting = new Map<string, Product>()
  readonly #taken: Array<string> = []
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
    links: Map<string, string>
    dry: boolean
  }) {
    this.#dry = parts.dry
    this.#config = parts.config
    this.#hub = parts.hub
    this.#connection = parts.connection
    this.#memory = parts.memory
    this.#notes = parts.notes
    this.#links = parts.links
    this.#families = new Set([...parts.links.keys()].flatMap((id) => familyOf(id) ?? []))
  }

  /** How many are new or changed. */
  get written(): number {
    return this.#written
  }

  /** Time for `flush`. */
  get isFull(): boolean {
    return this.#taken.length >= TOGETHER
  }

  /** Writes what `take` has gathered. Gives the external ids of all that were taken: they have rows in the hub now. */
  async flush(): Promise<ReadonlyArray<string>> {
    const items = Array.from(this.#waiting, ([externalId, product]): Item => ({ externalId, product }))
    if (items.length > 0) {
      // A mark is remembered before it works: killed in between, its product could never come back.
      if (this.#marks) await this.#memory.save()
      this.#marks = false
      await this.#hub.catalogue.upsert(items)
    }
    this.#waiting = new Map()
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
      if (old === undefined || JSON.stringify(old) !== JSON.stringify(product)) items.push({ externalId, product })
    }
    this.#written += items.length
    if (this.#dry) return
    for (const { externalId, product } of [...items, ...hidden]) {
      this.#waiting.set(externalId, product)
      this.#links.set(externalId, product.id)
    }
  }

  /** Products that these ids are linked to or could be mistaken for, and their families. */
  async #known(externalIds: ReadonlyArray<string>): Promise<ReadonlyMap<string, Product>> {
    const ids = new Set(externalIds.flatMap((id) => [id, familyOf(id) ?? id]).map((id) => this.#links.get(id) ?? id))
    const found = await this.#hub.catalogue.byIds([...ids].filter((id) => id.length <= MAX_ID))
    return new Map([...found, ...this.#waiting.values()].map((product) => [product.id as string, product]))
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
    const isFamily = this.#families.has(externalId)
    const product: Product = {
      ...newProduct(ProductId.make(id), name),
      sku: draft.sku ?? null,
      barcodes: [...new Set(draft.barcodes)],
      maker: draft.maker ?? parent?.maker ?? null,
      weightGrams: draft.weightGrams ?? null,
      family: this.#family(externalId),
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
    const keeps = new Set<string>(this.#config.keep)
    const name = draft.name ?? (draft.traits.length > 0 ? variantName(parent, draft) : undefined)
    const product: Product = {
      ...old,
      sku: keeps.has("sku") ? old.sku : draft.sku ?? old.sku,
      // 1C sends one barcode of several (fact 34): the others are not gone.
      barcodes: [...new Set([...old.barcodes, ...draft.barcodes])],
      name: keeps.has("name") || name === undefined ? old.name : { ...old.name, ru: name },
      maker: keeps.has("maker") ? old.maker : draft.maker ?? old.maker,
      weightGrams: keeps.has("weightGrams") ? old.weightGrams : draft.weightGrams ?? old.weightGrams,
      family: this.#family(externalId) ?? old.family
    }
    return this.#marked(externalId, product, draft.deleted)
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
    const shown = this.#config.newProducts === "orderable" && !this.#families.has(externalId)
    return { ...product, shown, stopped: false }
  }

  /** Goods that turn out to have variants are no longer offered themselves. */
  #hide(family: string, goods: Product | undefined): ReadonlyArray<Item> {
    if (this.#families.has(family)) return []
    this.#families.add(family)
    return goods === undefined || !goods.shown ? [] : [{ externalId: family, product: { ...goods, shown: false } }]
  }
}

const variantName = (goods: Product | undefined, draft: Draft): string | undefined => {
  if (goods === undefined) return undefined
  return draft.traits.length === 0 ? goods.name.ru : `${goods.name.ru} (${draft.traits.join(", ")})`.slice(0, 1000)
}
