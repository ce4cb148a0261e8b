import { Effect } from "effect"
import { MAX_GROUPS } from "../../catalogue/group-tree.ts"
import type { ProductGroup } from "../../catalogue/groups.ts"
import { type Description, MAX_DESCRIPTION } from "../../catalogue/model.ts"
import { ProductGroupId } from "../../kernel/ids.ts"
import { same } from "../assert.ts"
import { makeProduct } from "../builders.ts"
import { storageCase } from "./case.ts"

const group = (id: string, parent: string | null = null, over: Partial<ProductGroup> = {}): ProductGroup => ({
  id: ProductGroupId.make(id),
  name: { ru: `Группа ${id}`, kk: null, en: null },
  parent: parent === null ? null : ProductGroupId.make(parent),
  shown: true,
  ...over
})

const text = (over: Partial<Description> = {}): Description => ({ ru: "От боли. «Ё» 💊", kk: null, en: null, ...over })

export const catalogueCases = [
  storageCase("STK-1", "a description is kept beside its product, whole; left out it stays, null takes it away", ({ catalogue }) =>
    Effect.gen(function*() {
      const [p1, p2] = [makeProduct("p1"), makeProduct("p2")]
      const long = text({ kk: "Ұ".repeat(MAX_DESCRIPTION), en: "<p>Pain</p>" })
      yield* catalogue.upsert([p1, p2], new Map([[p1.id, long]]))
      const read = catalogue.descriptions([p1.id, p2.id, p1.id])
      same([...yield* read], [[p1.id, long]], "as it was put")
      yield* catalogue.upsert([{ ...p1, sku: "other" }, p2])
      same([...yield* read], [[p1.id, long]], "left out")
      yield* catalogue.upsert([p2, p1], new Map([[p1.id, text()], [p2.id, text({ ru: null, en: "x" })]]))
      same((yield* read).get(p1.id), text(), "replaced whole")
      same((yield* read).get(p2.id), text({ ru: null, en: "x" }), "without Russian")
      yield* catalogue.upsert([p1, p2], new Map([[p1.id, null], [p2.id, text({ ru: null })]]))
      same([...yield* read], [], "taken away, and one without any text")
      same([...yield* catalogue.descriptions([])], [], "of no ids")
    })),

  storageCase("STK-1", "descriptions of a long list each go to their own product", ({ catalogue }) =>
    Effect.gen(function*() {
      const products = Array.from({ length: 450 }, (_, i) => makeProduct(`p${i}`))
      const odd = products.filter((_, i) => i % 2 === 1)
      const filler = "я".repeat(2_000)
      yield* catalogue.upsert(products, new Map(odd.map(({ id }) => [id, text({ ru: filler, en: id })])))
      const found = yield* catalogue.descriptions(products.map(({ id }) => id))
      same(found.size, odd.length, "how many")
      same(odd.map(({ id }) => found.get(id)?.en), odd.map(({ id }) => id), "whose")
    })),

  storageCase("STK-1", "groups come back as a tree, are replaced by id and moved", ({ catalogue }) =>
    Effect.gen(function*() {
      same(yield* catalogue.groups, [], "none at first")
      const named = group("b", "a", { name: { ru: "Ё «1»", kk: "Топ", en: "Group" }, shown: false })
      // A child may stand before its parent.
      same(yield* catalogue.putGroups([named, group("c", "b"), group("a")]), [], "put")
      same(yield* catalogue.groups, [group("a"), named, group("c", "b")], "by id")
      // What would be a cycle one after the other is none together.
      same(yield* catalogue.putGroups([group("a", "b"), { ...named, parent: null }]), [], "turned round")
      same(yield* catalogue.groups, [group("a", "b"), { ...named, parent: null }, group("c", "b")], "moved")
      same(yield* catalogue.putGroups([]), [], "no groups")
    })),

  storageCase("STK-1", "a group in itself, under an unknown one or beyond the bounds is refused, and the others with it", ({ catalogue }) =>
    Effect.gen(function*() {
      yield* catalogue.putGroups([group("a"), group("b", "a")])
      same(yield* catalogue.putGroups([group("x"), group("a", "b")]), [{ index: 1, fault: "cycle" }], "a in its own b")
      same(yield* catalogue.putGroups([group("a", "a")]), [{ index: 0, fault: "cycle" }], "in itself")
      same(yield* catalogue.putGroups([group("A", "B"), group("x")]), [{ index: 0, fault: "unknownParent" }], "case counts")
      const chain = Array.from({ length: 40 }, (_, i) => group(`g${i}`, i === 0 ? null : `g${i - 1}`))
      same((yield* catalogue.putGroups(chain))[0], { index: 30, fault: "tooDeep" }, "too deep")
      const many = Array.from({ length: MAX_GROUPS - 1 }, (_, i) => group(`m${i}`))
      same((yield* catalogue.putGroups(many))[0], { index: 0, fault: "tooMany" }, "too many")
      same(yield* catalogue.groups, [group("a"), group("b", "a")], "nothing was put")
    }))
]
