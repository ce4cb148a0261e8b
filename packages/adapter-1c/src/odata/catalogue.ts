import { type InboundHub, newProduct, type Product, ProductId } from "@aptekit/core"
import type { Deletions } from "../deletion-guard.ts"
import type { Base } from "./base.ts"
import type { StateFile } from "./state.ts"
import { flagOf, refOf, type Row, textOf } from "./values.ts"

const CHUNK = 500
const MAX_ID = 100
const MAX_BARCODE = 64

/** What outlives a restart: goods that 1C marked as deleted, so that only these come back (R5). */
export interface CatalogueState {
  readonly deleted: ReadonlyArray<string>
}

interface Item {
  readonly externalId: string
  readonly product: Product
}

/** The partner's id of a product, as in CommerceML: the goods' GUID, `#` and that of the characteristic. */
export const externalIdOf = (product: string, variant: string | null): string =>
  variant === null ? product : `${product}#${variant}`

const familyOf = (externalId: string): string | null => {
  const at = externalId.indexOf("#")
  return at < 0 ? null : externalId.slice(0, at)
}

/** Goods, characteristics and barcodes of the base as products of the hub. */
export class Catalogue {
  readonly #base: Base
  readonly #hub: InboundHub["catalogue"]
  readonly #state: StateFile<CatalogueState>
  readonly #deleted: Set<string>
  /** Marks that are gone, until their products have been written. */
  readonly #cleared = new Set<string>()
  #news = false
  #links = new Map<string, string>()
  #variantNames = new Map<string, string>()

  constructor(base: Base, state: StateFile<CatalogueState>) {
    this.#base = base
    const { config, hub } = base.parts
    this.#hub = (config.sameBaseAs === undefined ? hub : hub.sharing(config.sameBaseAs)).catalogue
    this.#state = state
    this.#deleted = new Set(state.value.deleted)
  }

  /** External id → product id, after `sync` or `refresh`. */
  get links(): ReadonlyMap<string, string> {
    return this.#links
  }

  async refresh(): Promise<void> {
    this.#links = new Map(await this.#hub.links())
  }

  /** What a reading would take off sale: goods and their marks alone are read, nothing is written. */
  async deletions(): Promise<Deletions> {
    await this.refresh()
    const { products } = this.#base.parts.mapping
    let [named, marked] = [0, 0]
    await this.#base.each({
      path: products.set,
      key: ["Ref_Key"],
      select: ["Ref_Key", products.deleted],
      filter: products.filter ?? undefined,
      allowedOnly: true
    }, () => void ([named, marked] = [0, 0]), ({ rows }) => {
      for (const row of rows) {
        if (!this.#isOnSale(refOf(row, "Ref_Key") ?? "")) continue
        named++
        if (flagOf(row, products.deleted)) marked++
      }
    })
    return { named, marked }
  }

  /** Known, and not marked before. A folder is never known. */
  #isOnSale(externalId: string): boolean {
    const id = this.#links.get(externalId)
    return id !== undefined && this.#hub.slot(id) !== undefined && !this.#deleted.has(externalId)
  }

  /** Reads all of it. Gives how many products are new or changed. */
  async sync(progress: (percent: number) => void): Promise<number> {
    await this.refresh()
    const barcodes = await this.#barcodes()
    this.#variantNames = await this.#names()
    const { products } = this.#base.parts.mapping
    const optional = [products.sku, products.maker, products.folder]
    let written = 0
    await this.#base.each({
      path: products.set,
      key: ["Ref_Key"],
      select: ["Ref_Key", products.name, products.deleted, ...optional.filter((field) => field !== null)],
      filter: products.filter ?? undefined,
      allowedOnly: true
    }, () => undefined, async ({ rows, read, total }) => {
      const goods = rows.filter((row) => products.folder === null || !flagOf(row, products.folder))
      for (let at = 0; at < goods.length; at += CHUNK) {
        written += await this.#write(goods.slice(at, at + CHUNK), barcodes)
      }
      progress(total === 0 ? 100 : Math.floor((read * 100) / total))
    })
    written += await this.ensure([...barcodes.keys()], barcodes)
    await this.#keepMarks()
    return written
  }

  /** Makes characteristics that registers name of goods that are known. Gives how many. */
  async ensure(ids: Iterable<string>, barcodes: ReadonlyMap<string, ReadonlySet<string>> = new Map()): Promise<number> {
    const missing = [...new Set(ids)].filter((id) => {
      const family = familyOf(id)
      return family !== null && this.#links.has(family) && (!this.#links.has(id) || barcodes.has(id))
    })
    if (missing.length > 0 && this.#variantNames.size === 0) this.#variantNames = await this.#names()
    let written = 0
    for (let at = 0; at < missing.length; at += CHUNK) {
      written += await this.#variants(missing.slice(at, at + CHUNK), barcodes)
    }
    return written
  }

  /** Goods that the base has removed for good, as if marked for deletion: none is forgotten here. */
  async takeOff(ids: ReadonlyArray<string>): Promise<void> {
    if (this.#links.size === 0) await this.refresh()
    const known = await this.#known(ids)
    const items = ids.flatMap((externalId): ReadonlyArray<Item> => {
      const product = known.get(this.#links.get(externalId) ?? "")
      return product === undefined ? [] : [{ externalId, product: this.#marked(externalId, product, true) }]
    })
    await this.#save(items, known)
  }

  async #keepMarks(): Promise<void> {
    this.#state.value = { deleted: [...this.#deleted] }
    await this.#state.save()
  }

  async #barcodes(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
    const { barcodes } = this.#base.parts.mapping
    const found = new Map<string, Set<string>>()
    if (barcodes === null) return found
    const { barcode, product, variant, unit } = barcodes
    const select = [barcode, product, variant, unit].filter((field) => field !== null)
    const table = { path: barcodes.set, key: [barcode], select, allowedOnly: true }
    await this.#base.each(table, () => found.clear(), ({ rows }) => {
      for (const row of rows) {
        const [code, goods] = [textOf(row, barcode), refOf(row, product)]
        const ofPack = unit !== null && refOf(row, unit) !== null
        if (code === null || goods === null || ofPack || code.length > MAX_BARCODE) continue
        const id = externalIdOf(goods, variant === null ? null : refOf(row, variant))
        found.set(id, (found.get(id) ?? new Set()).add(code))
      }
    })
    return found
  }

  async #names(): Promise<Map<string, string>> {
    const { variants } = this.#base.parts.mapping
    const names = new Map<string, string>()
    if (variants === null) return names
    const table = { path: variants.set, key: ["Ref_Key"], select: ["Ref_Key", variants.name], allowedOnly: true }
    await this.#base.each(table, () => names.clear(), ({ rows }) => {
      for (const row of rows) names.set(refOf(row, "Ref_Key") ?? "", textOf(row, variants.name) ?? "")
    })
    return names
  }

  async #write(rows: ReadonlyArray<Row>, barcodes: ReadonlyMap<string, ReadonlySet<string>>): Promise<number> {
    const { products } = this.#base.parts.mapping
    const items: Array<Item> = []
    const ids = rows.map((row) => refOf(row, "Ref_Key")).filter((id) => id !== null)
    const known = await this.#known(ids)
    for (const row of rows) {
      const externalId = refOf(row, "Ref_Key")
      const name = textOf(row, products.name)
      if (externalId === null || name === null) continue
      const old = known.get(this.#links.get(externalId) ?? "")
      const said = {
        name: name.slice(0, 1000),
        sku: products.sku === null ? null : textOf(row, products.sku)?.slice(0, 100) ?? null,
        maker: products.maker === null ? null : textOf(row, products.maker)?.slice(0, 1000) ?? null,
        barcodes: [...barcodes.get(externalId) ?? []]
      }
      const product = old === undefined ? this.#made(externalId, said, known) : this.#changed(old, said)
      items.push({ externalId, product: this.#marked(externalId, product, flagOf(row, products.deleted)) })
    }
    return this.#save(items, known)
  }

  async #variants(ids: ReadonlyArray<string>, barcodes: ReadonlyMap<string, ReadonlySet<string>>): Promise<number> {
    const known = await this.#known([...ids, ...ids.map((id) => familyOf(id)!)])
    const items = new Map<string, Item>()
    for (const externalId of ids) {
      const familyId = familyOf(externalId)!
      const family = known.get(this.#links.get(familyId) ?? "")
      if (family === undefined) continue
      const trait = this.#variantNames.get(externalId.slice(familyId.length + 1))
      const name = trait === undefined || trait === "" ? family.name.ru : `${family.name.ru} (${trait})`.slice(0, 1000)
      const old = known.get(this.#links.get(externalId) ?? "")
      const said = { name, sku: null, maker: family.maker, barcodes: [...barcodes.get(externalId) ?? []] }
      const product = old === undefined ? this.#made(externalId, said, known) : this.#changed(old, said)
      items.set(externalId, { externalId, product: { ...product, family: family.id } })
      // Goods that turn out to have variants are no longer offered themselves.
      if (family.shown) items.set(familyId, { externalId: familyId, product: { ...family, shown: false } })
    }
    return this.#save([...items.values()], known)
  }

  async #known(externalIds: ReadonlyArray<string>): Promise<ReadonlyMap<string, Product>> {
    const ids = new Set(externalIds.map((id) => this.#links.get(id) ?? id).filter((id) => id.length <= MAX_ID))
    return new Map((await this.#hub.byIds([...ids])).map((product) => [product.id as string, product]))
  }

  #made(externalId: string, said: Said, known: ReadonlyMap<string, Product>): Product {
    const { config, connection } = this.#base.parts
    // A killed run may have left the link alone; an id that somebody else's product has is not ours.
    const id = this.#links.get(externalId) ?? (known.has(externalId) ? `${connection}:${externalId}` : externalId)
    const visible = config.newProducts === "orderable"
    return {
      ...newProduct(ProductId.make(id), said.name), sku: said.sku, maker: said.maker, barcodes: said.barcodes,
      shown: visible, confirmed: visible
    }
  }

  /** What a person entered stays: only what 1C says and owns is replaced. */
  #changed(old: Product, said: Said): Product {
    const keeps = new Set<string>(this.#base.parts.config.keep)
    return {
      ...old,
      name: keeps.has("name") ? old.name : { ...old.name, ru: said.name },
      sku: keeps.has("sku") ? old.sku : said.sku ?? old.sku,
      maker: keeps.has("maker") ? old.maker : said.maker ?? old.maker,
      barcodes: [...new Set([...old.barcodes, ...said.barcodes])]
    }
  }

  #marked(externalId: string, product: Product, deleted: boolean): Product {
    const was = this.#deleted.has(externalId)
    if (deleted) {
      this.#deleted.add(externalId)
      this.#news ||= !was
      return { ...product, shown: false, stopped: true }
    }
    if (was) this.#cleared.add(externalId)
    return was ? { ...product, shown: this.#base.parts.config.newProducts === "orderable", stopped: false } : product
  }

  /** New or changed ones. */
  async #save(items: ReadonlyArray<Item>, known: ReadonlyMap<string, Product>): Promise<number> {
    const news = items.filter(({ externalId, product }) =>
      !this.#links.has(externalId) || JSON.stringify(known.get(product.id)) !== JSON.stringify(product)
    )
    // A mark is remembered before it works and forgotten after it has gone: a killed hub would keep its product off
    // sale.
    if (this.#news) await this.#keepMarks()
    this.#news = false
    if (news.length > 0) await this.#hub.upsert(news)
    for (const id of this.#cleared) this.#deleted.delete(id)
    this.#cleared.clear()
    for (const { externalId, product } of news) this.#links.set(externalId, product.id)
    return news.length
  }
}

interface Said {
  readonly name: string
  readonly sku: string | null
  readonly maker: string | null
  readonly barcodes: ReadonlyArray<string>
}
