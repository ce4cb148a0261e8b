import { Schema } from "effect"
import { InvalidInput, type InputIssue } from "../kernel/errors.ts"
import { ProductGroupId } from "../kernel/ids.ts"
import { type GroupFault, type GroupRefusal, MAX_GROUP_DEPTH, MAX_GROUPS } from "./group-tree.ts"
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
