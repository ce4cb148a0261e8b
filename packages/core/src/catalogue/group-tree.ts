import type { ProductGroup } from "./groups.ts"

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
