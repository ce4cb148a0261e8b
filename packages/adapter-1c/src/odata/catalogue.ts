import { type InboundHub, newProduct, type Product, ProductId } from "@aptekit/core"
import type { Deletions } from "../deletion-guard.ts"
import type { Base } from "./base.ts"
import { questionsOf } from "./filters.ts"
import { percentOf, type Table } from "./paging.ts"
import { Slices } from "./slices.ts"
import type { StateFile } from "./state.ts"
import { flagOf, refOf, type Row, textOf } from "./values.ts"
import type { VersionMemory } from "./versions/memory.ts"

const CHUNK = 500
const MAX_ID = 100
const MAX_BARCODE = 64

/** What outlives a restart: goods that 1C marked as deleted, so that only these come back (R5). */
export interface CatalogueState {
  readonly deleted: ReadonlyArray<string>
}

/** What a reading of the goods would find. */
export interface Survey extends Deletions {
  /** All of them, by their ids in the base. */
  readonly seen: ReadonlySet<string>
  /** Those with another `DataVersion` than remembered; none where versions are not looked at. */
  readonly changed: ReadonlyArray<string>
}

type Barcodes = ReadonlyMap<string, ReadonlySet<string>>

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
  readonly #versions: VersionMemory | null
  readonly #deleted: Set<string>
  /** Marks that are gone, until their products have been written. */
  readonly #cleared = new Set<string>()
  #news = false
  #links = new Map<string, string>()
  #variantNames = new Map<string, string>()

  /** `versions`: null where this connection does not look at them. */
  constructor(base: Base, state: StateFile<CatalogueState>, versions: VersionMemory | null = null) {
    this.#base = base
    this.#versions = versions
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
    const links = await this.#hub.links()
    this.#links = links instanceof Map ? links : new Map(links)
  }

  /** Of all goods the marks and versions alone: nothing is written. */
  async survey(): Promise<Survey> {
    await this.refresh()
    const { deleted } = this.#base.parts.mapping.products
    // A hub without any of the base's goods has another database than the one whose goods are remembered.
    const isNew = (row: Row, id: string): boolean =>
      this.#versions !== null && (this.#links.size === 0 || this.#versions.get(id) !== versionOf(row))
    let [named, marked, seen, changed] = [0, 0, new Set<string>(), [] as Array<string>]
    await this.#base.each(this.#goods([deleted]), () => {
      [named, marked, seen, changed] = [0, 0, new Set(), []]
    }, ({ rows }) => {
      for (const row of rows) {
        const id = refOf(row, "Ref_Key")
        if (id === null) continue
        seen.add(id)
        if (isNew(row, id)) changed.push(id)
        if (!this.isOnSale(id)) continue
        named++
        if (flagOf(row, deleted)) marked++
      }
    })
    return { named, marked, seen, changed }
  }

  /** The table of goods with these fields; with versions where they are looked at. */
  #goods(fields: ReadonlyArray<string>, filter = this.#base.parts.mapping.products.filter ?? undefined): Table {
    const { set } = this.#base.parts.mapping.products
    const select = ["Ref_Key", ...fields, ...(this.#versions === null ? [] : ["DataVersion"])]
    return { path: set, key: ["Ref_Key"], select, filter, allowedOnly: true }
  }

  /** Known, and not marked before. A folder is never known. */
  isOnSale(externalId: string): boolean {
    const id = this.#links.get(externalId)
    return id !== undefined && this.#hub.slot(id) !== undefined && !this.#deleted.has(externalId)
  }

  /** Reads all of it. Gives how many products are new or changed. */
  async sync(progress: (percent: number) => void): Promise<number> {
    await this.refresh()
    const barcodes = await this.#barcodes()
    this.#variantNames = await this.#names()
    const seen = new Set<string>()
    let written = 0
    await this.#base.each(this.#goods(this.#fields()), () => seen.clear(), async (page) => {
      written += await this.#page(page.rows, barcodes)
      for (const row of page.rows) seen.add(refOf(row, "Ref_Key") ?? "")
      progress(percentOf(page))
    })
    written += await this.ensure([...barcodes.keys()], barcodes)
    await this.#keepMarks()
    await this.rememberOnly(seen)
    return written
  }

  /** Reads these goods alone, with their barcodes. Gives how many products are new or changed. */
  async read(ids: ReadonlyArray<string>): Promise<number> {
    const { barcodes: mapping } = this.#base.parts.mapping
    const found = mapping === null ? new Map() : await this.#barcodes(questionsOf(mapping.product, ids))
    let written = 0
    for (const filter of questionsOf("Ref_Key", ids)) {
      await this.#base.each(this.#goods(this.#fields(), filter), () => undefined, async ({ rows }) => {
        written += await this.#page(rows, found)
      })
    }
    written += await this.ensure([...found.keys()], found)
    await this.#keepMarks()
    return written
  }

  /** These are all that the base has: versions of others are forgotten. */
  async rememberOnly(seen: ReadonlySet<string>): Promise<void> {
    this.#versions?.keep(seen)
    await this.#versions?.save()
  }

  #fields(): ReadonlyArray<string> {
    const { name, deleted, sku, maker, folder } = this.#base.parts.mapping.products
    return [name, deleted, ...[sku, maker, folder].filter((field) => field !== null)]
  }

  /** A version is remembered when its goods have been written: killed in between, they are read again. */
  async #page(rows: ReadonlyArray<Row>, barcodes: Barcodes): Promise<number> {
    const { folder } = this.#base.parts.mapping.products
    const goods = rows.filter((row) => folder === null || !flagOf(row, folder))
    let written = 0
    for (let at = 0; at < goods.length; at += CHUNK) written += await this.#write(goods.slice(at, at + CHUNK), barcodes)
    for (const row of this.#versions === null ? [] : rows) {
      this.#versions!.put(refOf(row, "Ref_Key") ?? "", versionOf(row))
    }
    return written
  }

  /** Makes characteristics that registers name of goods that are known. Gives how many. */
  async ensure(ids: Iterable<string>, barcodes: Barcodes = new Map()): Promise<number> {
    const slices = new Slices()
    const found = new Set<string>()
    for (const id of ids) {
      const family = familyOf(id)
      if (family !== null && this.#links.has(family) && (!this.#links.has(id) || barcodes.has(id))) found.add(id)
      if (slices.due) await slices.rest()
    }
    const missing = [...found]
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

  /** Of all goods, or of those that the filters let through. */
  async #barcodes(filters: ReadonlyArray<string | undefined> = [undefined]): Promise<Barcodes> {
    const { barcodes } = this.#base.parts.mapping
    const found = new Map<string, Set<string>>()
    if (barcodes === null) return found
    const { barcode, product, variant, unit } = barcodes
    const select = [barcode, product, variant, unit].filter((field) => field !== null)
    const take = (row: Row): void => {
      const [code, goods] = [textOf(row, barcode), refOf(row, product)]
      const ofPack = unit !== null && refOf(row, unit) !== null
      if (code === null || goods === null || ofPack || code.length > MAX_BARCODE) return
      const id = externalIdOf(goods, variant === null ? null : refOf(row, variant))
      found.set(id, (found.get(id) ?? new Set()).add(code))
    }
    for (const filter of filters) {
      // What a void attempt has brought are barcodes all the same.
      await this.#base.each({ path: barcodes.set, key: select, select, filter, allowedOnly: true }, () => undefined,
        ({ rows }) => rows.forEach(take))
    }
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

  async #write(rows: ReadonlyArray<Row>, barcodes: Barcodes): Promise<number> {
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

  async #variants(ids: ReadonlyArray<string>, barcodes: Barcodes): Promise<number> {
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

const versionOf = (row: Row): string => textOf(row, "DataVersion") ?? ""

interface Said {
  readonly name: string
  readonly sku: string | null
  readonly maker: string | null
  readonly barcodes: ReadonlyArray<string>
}
