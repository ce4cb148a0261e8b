import { Schema } from "effect"
import { InvalidInput, type InputIssue } from "../kernel/errors.ts"
import { ProductGroupId } from "../kernel/ids.ts"
import { LocalText, type Product } from "./model.ts"

/** A node of the tree by which a catalogue is browsed. */
export const ProductGroup = Schema.Struct({
  id: ProductGroupId,
  name: LocalText,
  /** The group that it lies in; null at the top. */
  parent: Schema.NullOr(ProductGroupId),
  shown: Schema.Boolean
})
export type ProductGroup = typeof ProductGroup.Type

/** The tree is small, and read whole. */
export const MAX_GROUPS = 5_000
/** Groups in one another. */
export const MAX_GROUP_DEPTH = 30

export type GroupFault = "cycle" | "tooDeep" | "tooMany" | "unknownParent"

type Groups = ReadonlyMap<string, ProductGroup>

/** What is wrong with a group's place among these, of which it may be one; null: nothing. */
export const groupFault = (group: ProductGroup, groups: Groups): GroupFault | null => {
  if (!groups.has(group.id) && groups.size >= MAX_GROUPS) return "tooMany"
  const above = new Set<string>([group.id])
  for (let at = group.parent; at !== null;) {
    if (above.has(at)) return "cycle"
    above.add(at)
    if (above.size > MAX_GROUP_DEPTH) return "tooDeep"
    const parent = groups.get(at)
    if (parent === undefined) return "unknownParent"
    at = parent.parent
  }
  return null
}

/** A group of a list that cannot be put. */
export interface GroupRefusal {
  readonly index: number
  readonly fault: GroupFault
}

/** What keeps these groups from being put, together, among those that are there. None: they may be. */
export const groupRefusals = (
  known: ReadonlyArray<ProductGroup>,
  wanted: ReadonlyArray<ProductGroup>
): ReadonlyArray<GroupRefusal> => {
  const all = new Map<string, ProductGroup>([...known, ...wanted].map((group) => [group.id, group]))
  const there = new Set<string>(known.map(({ id }) => id))
  const tooMany = all.size > MAX_GROUPS
  return wanted.flatMap((group, index): ReadonlyArray<GroupRefusal> => {
    const fault = tooMany && !there.has(group.id) ? "tooMany" : groupFault(group, all)
    return fault === null ? [] : [{ index, fault }]
  })
}

const SAYS: Readonly<Record<GroupFault, string>> = {
  cycle: "the group would lie in itself; give it another parent",
  tooDeep: `more than ${MAX_GROUP_DEPTH} groups would lie in one another; give it a higher parent`,
  tooMany: `there would be more than ${MAX_GROUPS} groups; put fewer`,
  unknownParent: "no such group; put the parent first or in the same request"
}

/** Refusals as an error for whoever sent the groups. */
export const groupsRefused = (refusals: ReadonlyArray<GroupRefusal>): InvalidInput => {
  const issues = refusals.slice(0, 50).map(({ index, fault }): InputIssue => ({
    path: fault === "tooMany" ? `groups[${index}]` : `groups[${index}].parent`, message: SAYS[fault]
  }))
  return new InvalidInput({ issues, message: `Bad input: ${issues[0]!.path}: ${issues[0]!.message}` })
}

/** An error that names products whose group is not there; null: all are. */
export const productsWithoutGroup = (
  products: ReadonlyArray<Product>,
  groups: ReadonlyArray<ProductGroup>
): InvalidInput | null => {
  const known = new Set<string>(groups.map(({ id }) => id))
  const issues = products.flatMap(({ group }, i): ReadonlyArray<InputIssue> =>
    group === null || known.has(group) ? [] : [{ path: `products[${i}].group`, message: "no such group; put it first" }])
  if (issues.length === 0) return null
  return new InvalidInput({
    issues: issues.slice(0, 50), message: `Bad input: ${issues[0]!.path}: ${issues[0]!.message}`
  })
}
