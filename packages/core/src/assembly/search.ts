import { compareOffers, type Offer, type Want } from "./offer.ts"
import type { PlanRequest } from "./ports.ts"

/** Sets of branches looked at before the exact search gives way to the greedy one. */
const SEARCH_LIMIT = 2_000_000

/** The branches that fulfil an order together. `exact`: no smaller set and no shorter trip exists. */
export interface Found {
  readonly set: ReadonlyArray<Offer>
  readonly exact: boolean
}

const between = (a: Offer, b: Offer, request: PlanRequest): number => {
  const from = a.candidate.branch.point
  const to = b.candidate.branch.point
  return from === null || to === null ? Infinity : request.distance(from, to)
}

/** The shortest way through all branches of a set and then to the client; beyond three always to the nearest left. */
export const tripOf = (set: ReadonlyArray<Offer>, request: PlanRequest): number => {
  if (set.length === 1) return set[0]!.distance
  if (set.length > 3) return greedyTrip(set, request)
  let shortest = Infinity
  for (const end of set) {
    const [a, b] = set.filter((offer) => offer !== end)
    const approach = b === undefined
      ? between(a!, end, request)
      : between(a!, b, request) + Math.min(between(b, end, request), between(a!, end, request))
    shortest = Math.min(shortest, approach + end.distance)
  }
  return shortest
}

const greedyVisits = (set: ReadonlyArray<Offer>, request: PlanRequest): ReadonlyArray<Offer> => {
  const left = set.toSorted((a, b) => b.distance - a.distance)
  const way = [left.shift()!]
  while (left.length > 0) {
    const here = way.at(-1)!
    const next = left.reduce((a, b) => (between(here, b, request) < between(here, a, request) ? b : a))
    left.splice(left.indexOf(next), 1)
    way.push(next)
  }
  return way
}

const greedyTrip = (set: ReadonlyArray<Offer>, request: PlanRequest): number => {
  const way = greedyVisits(set, request)
  return way.slice(1).reduce((sum, offer, i) => sum + between(way[i]!, offer, request), way.at(-1)!.distance)
}

/** The whole trip as it is told: metres, and seconds where ways were measured by road. */
export interface Trip {
  readonly metres: number
  readonly seconds?: number | null
}

/** All orders of a few branches. */
const orders = (set: ReadonlyArray<Offer>): ReadonlyArray<ReadonlyArray<Offer>> =>
  set.length < 2
    ? [set]
    : set.flatMap((first) => orders(set.filter((offer) => offer !== first)).map((rest) => [first, ...rest]))

/** The order in which `tripOf` visits a set. */
const visits = (set: ReadonlyArray<Offer>, request: PlanRequest): ReadonlyArray<Offer> => {
  if (set.length > 3) return greedyVisits(set, request)
  const cost = (way: ReadonlyArray<Offer>): number =>
    way.slice(1).reduce((sum, offer, i) => sum + between(way[i]!, offer, request), way.at(-1)!.distance)
  return orders(set).reduce((a, b) => (cost(b) < cost(a) ? b : a))
}

/** The trip of a chosen set, told once; `tripOf` compares the many. */
export const tripFor = (set: ReadonlyArray<Offer>, request: PlanRequest): Trip => {
  const { client, way } = request
  if (way === undefined) return { metres: tripOf(set, request) }
  const stops = [...visits(set, request).map((offer) => offer.candidate.branch.point), client]
  const legs = stops.slice(1).map((to, i) => {
    const from = stops[i]!
    return from === null || to === null ? { metres: Infinity, seconds: null } : way(from, to)
  })
  const timed = legs.every((leg) => leg.seconds !== null)
  return {
    metres: legs.reduce((sum, leg) => sum + leg.metres, 0),
    seconds: timed ? legs.reduce((sum, leg) => sum + leg.seconds!, 0) : null
  }
}

/** What is still wanted after a branch gave what it has. */
const after = (left: ReadonlyArray<number>, offer: Offer): ReadonlyArray<number> =>
  left.map((units, i) => Math.max(0, units - offer.units[i]!))

const covers = (offer: Offer, left: ReadonlyArray<number>): boolean => {
  for (let i = 0; i < left.length; i++) if (offer.units[i]! < left[i]!) return false
  return true
}

/**
 * The fewest branches that have everything together, and of those sets the one with the shortest trip. Exact for two
 * and three branches, greedy beyond or when there are too many sets to look at (D16). Undefined: not to be had.
 */
export const fewestBranches = (
  offers: ReadonlyArray<Offer>,
  wants: ReadonlyArray<Want>,
  request: PlanRequest
): Found | undefined => {
  const useful = offers.filter((offer) => offer.units.some((units) => units > 0)).sort(compareOffers)
  const wanted = wants.map((want) => want.quantity)
  const enough = wanted.every((units, i) => useful.reduce((sum, offer) => sum + offer.units[i]!, 0) >= units)
  if (!enough) return undefined
  // Every set must hold some of the rarest want: that alone rules out most sets.
  const starts = wanted.map((_, i) => useful.filter((offer) => offer.units[i]! > 0))
    .reduce((a, b) => (b.length < a.length ? b : a))
  const search = { looks: 0 }
  for (const size of [2, 3]) {
    const set = shortestSet(size, starts, useful, wanted, request, search)
    if (search.looks > SEARCH_LIMIT) break
    if (set !== undefined) return { set, exact: true }
  }
  return { set: greedy(useful, wanted), exact: false }
}

const shortestSet = (
  size: number,
  starts: ReadonlyArray<Offer>,
  useful: ReadonlyArray<Offer>,
  wanted: ReadonlyArray<number>,
  request: PlanRequest,
  search: { looks: number }
): ReadonlyArray<Offer> | undefined => {
  let found: ReadonlyArray<Offer> | undefined
  let shortest = Infinity
  const consider = (chosen: ReadonlyArray<Offer>, left: ReadonlyArray<number>, from: number): void => {
    const last = chosen.length === size - 1
    for (let i = from; i < useful.length && search.looks <= SEARCH_LIMIT; i++) {
      const offer = useful[i]!
      search.looks++
      if (chosen.includes(offer)) continue
      if (!last) consider([...chosen, offer], after(left, offer), i + 1)
      else if (covers(offer, left)) {
        const trip = tripOf([...chosen, offer], request)
        if (found === undefined || trip < shortest) {
          found = [...chosen, offer]
          shortest = trip
        }
      }
    }
  }
  for (const start of starts) consider([start], after(wanted, start), 0)
  return found
}

/** Most of what is still wanted first; the nearest at a tie. */
const greedy = (offers: ReadonlyArray<Offer>, wanted: ReadonlyArray<number>): ReadonlyArray<Offer> => {
  let left = wanted
  const chosen: Array<Offer> = []
  const gain = (offer: Offer): number => offer.units.reduce((sum, units, i) => sum + Math.min(units, left[i]!), 0)
  while (left.some((units) => units > 0)) {
    const next = offers.filter((offer) => !chosen.includes(offer)).reduce((a, b) => (gain(b) > gain(a) ? b : a))
    chosen.push(next)
    left = after(left, next)
  }
  return chosen
}
