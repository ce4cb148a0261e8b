import { Effect } from "effect"
import { groupRefusals } from "../../catalogue/group-tree.ts"
import { hasText, type Product } from "../../catalogue/model.ts"
import { fold } from "../../kernel/text.ts"
import type { CatalogueStore, LeaseStore, NetworkStore } from "../../store/ports.ts"
import { keyOf, type MemoryState } from "./state.ts"

export const networkStore = (state: MemoryState): NetworkStore => ({
  load: Effect.sync(() => ({
    branches: [...state.branches.values()],
    channels: [...state.channels.values()],
    policies: [...state.policies.values()],
    keys: [...state.apiKeys.values()],
    templates: [...state.templates.values()],
    version: state.settingsVersion
  })),
  save: ({ branches = [], channels = [], policies = [], keys = [], templates = [] }) =>
    Effect.sync(() => {
      for (const branch of branches) {
        if (!state.branches.has(branch.id)) state.image.addBranch(branch.id, state.branches.size)
        state.branches.set(branch.id, branch)
      }
      for (const channel of channels) state.channels.set(channel.id, channel)
      for (const entry of policies) state.policies.set(keyOf(entry.scope, entry.scopeId), entry)
      for (const key of keys) state.apiKeys.set(key.hash, key)
      for (const { subject = null, ...template } of templates) {
        state.templates.set(keyOf(template.language, template.notice), { ...template, ...(subject === null ? {} : { subject }) })
      }
      state.settingsVersion++
    })
})

const searchText = (product: Product): string =>
  fold(
    [product.name.ru, product.name.kk, product.name.en, product.inn, product.sku, ...product.barcodes]
      .filter((text) => text !== null).join(" ")
  )

const sortKey = (product: Product): string => `${product.name.ru}\n${product.id}`
const byName = (a: Product, b: Product): number => (sortKey(a) < sortKey(b) ? -1 : 1)

export const catalogueStore = (state: MemoryState): CatalogueStore => {
  const where = (wanted: (product: Product) => boolean) =>
    Effect.sync(() => [...state.products.values()].filter(wanted))
  return {
    byIds: (ids) =>
      Effect.sync(() => [...new Set(ids)].flatMap((id) => {
        const product = state.products.get(id)
        return product === undefined ? [] : [product]
      })),
    bySkus: (skus) => where((product) => product.sku !== null && skus.includes(product.sku)),
    byBarcodes: (codes) => where((product) => product.barcodes.some((code) => codes.includes(code))),
    upsert: (products, descriptions = new Map()) =>
      Effect.sync(() => {
        for (const product of products) {
          if (!state.products.has(product.id)) state.image.addProduct(product.id, state.products.size)
          state.products.set(product.id, product)
          const description = descriptions.get(product.id)
          if (description === undefined) continue
          if (description !== null && hasText(description)) state.descriptions.set(product.id, description)
          else state.descriptions.delete(product.id)
        }
      }),
    descriptions: (ids) =>
      Effect.sync(() => new Map(ids.flatMap((id) => {
        const description = state.descriptions.get(id)
        return description === undefined ? [] : [[id, description] as const]
      }))),
    groups: Effect.sync(() => [...state.groups.values()].sort((a, b) => (a.id < b.id ? -1 : 1))),
    putGroups: (groups) =>
      Effect.sync(() => {
        const refusals = groupRefusals([...state.groups.values()], groups)
        if (refusals.length === 0) for (const group of groups) state.groups.set(group.id, group)
        return refusals
      }),
    search: (text, limit, after) =>
      Effect.sync(() => {
        const words = fold(text).split(" ").filter((word) => word !== "")
        const found = [...state.products.values()]
          .filter((product) => words.length > 0 && words.every((word) => searchText(product).includes(word)))
          .sort(byName)
        const start = after === undefined ? 0 : found.findIndex((product) => product.id === after) + 1
        const items = found.slice(start, start + limit)
        const more = found.length > start + items.length
        return { items, next: more ? (items.at(-1)?.id ?? null) : null, position: state.seq }
      }),
    links: (connection, kind) =>
      Effect.sync(() =>
        [...state.links.values()].filter((link) => link.connection === connection && link.kind === kind)
      ),
    linksOf: (connection, kind, ids) =>
      Effect.sync(() =>
        [...state.links.values()].filter((link) =>
          link.connection === connection && link.kind === kind && ids.includes(link.id)
        )
      ),
    putLinks: (links) =>
      Effect.sync(() => {
        for (const link of links) state.links.set(keyOf(link.connection, link.kind, link.externalId), link)
      })
  }
}

export const leaseStore = (state: MemoryState): LeaseStore => ({
  acquire: (name, owner, now, until) =>
    Effect.sync(() => {
      const known = state.leases.get(name)
      const alive = known !== undefined && known.until > now
      if (alive && known.owner !== owner) return null
      // A renewal keeps its token: writes under the lease that are on their way stay valid.
      const token = alive ? known.token : (known?.token ?? 0) + 1
      state.leases.set(name, { owner, until, token })
      return token
    }),
  release: (name, owner) =>
    Effect.sync(() => {
      const known = state.leases.get(name)
      if (known?.owner === owner) state.leases.set(name, { ...known, until: 0 })
    })
})
