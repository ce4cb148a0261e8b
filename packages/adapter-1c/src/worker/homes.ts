import { IGNORED_TARGET, type Route } from "./protocol.ts"

/** The branch in whose stock the last word of each warehouse is counted: warehouse's id → branch's slot. */
export type Homes = ReadonlyMap<string, number>

/** The settings that a file meets. */
export interface Settings {
  readonly former: Homes
  readonly homes: Homes
  /** Branches in which something has to be counted anew. */
  readonly branches: ReadonlyArray<number>
  /** Warehouses that are not taken. */
  readonly ignored: ReadonlySet<string>
}

/**
 * Where warehouses are counted by these settings. One that leads nowhere is still counted where it was as long as no other
 * fills that branch: perhaps somebody else states it now, and nothing is zero because nobody speaks of it (D3).
 */
const homesOf = (former: Homes, routes: ReadonlyArray<Route>): Homes => {
  const homes = new Map(routes.filter(([, branch]) => branch >= 0))
  const filled = new Set(homes.values())
  for (const [warehouse, branch] of former) {
    if (!homes.has(warehouse) && !filled.has(branch)) homes.set(warehouse, branch)
  }
  return homes
}

/** Branches in which several warehouses are added up. */
export const sharedOf = (homes: Homes): ReadonlySet<number> => {
  const [once, shared] = [new Set<number>(), new Set<number>()]
  for (const branch of homes.values()) (once.has(branch) ? shared : once).add(branch)
  return shared
}

/**
 * Branches that lose or get warehouses. Not those that had none, and get such as nobody counted yet: rows go there as they
 * come.
 */
const changed = (former: Homes, homes: Homes): ReadonlyArray<number> => {
  const changes = [...new Set([...former.keys(), ...homes.keys()])]
    .map((warehouse) => ({ from: former.get(warehouse), to: homes.get(warehouse) }))
    .filter(({ from, to }) => from !== to)
  const left = changes.flatMap(({ from }) => from ?? [])
  const joined = changes.flatMap(({ to }) => to ?? [])
  const counted = new Set([...former.values(), ...changes.flatMap(({ from, to }) => (from === undefined ? [] : to ?? []))])
  return [...new Set([...left, ...joined.filter((branch) => counted.has(branch))])]
}

export const settingsOf = (former: Homes, routes: ReadonlyArray<Route>): Settings => {
  const homes = homesOf(former, routes)
  return {
    former,
    homes,
    branches: changed(former, homes),
    ignored: new Set(routes.flatMap(([warehouse, branch]) => (branch === IGNORED_TARGET ? [warehouse] : [])))
  }
}

export const sameHomes = (one: Homes, other: Homes): boolean =>
  one.size === other.size && [...one].every(([warehouse, branch]) => other.get(warehouse) === branch)
