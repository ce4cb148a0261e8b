import type { AssemblyPlan, BranchView, PlannedPart } from "./model.ts"
import type { AssemblyPolicy, Candidate, PlanRequest, WantedLine } from "./ports.ts"

/** How many branches an explanation lists: the chosen ones and the nearest others. */
const EXPLAINED = 20
/** Sets of branches tried before the exact search gives way to the greedy one. */
const SEARCH_LIMIT = 2_000_000

/** What one branch offers an order. */
interface Offer {
  readonly candidate: Candidate
  /** Units available, by line. */
  readonly units: ReadonlyArray<number>
  readonly present: number
  /** Least units left over any line; null unless all lines are present. */
  readonly depth: number | null
  readonly distance: number
}

/** Lines of the same product want the sum of their units from one row. */
interface Want {
  readonly line: WantedLine
  readonly quantity: number
}

const mergeLines = (lines: ReadonlyArray<WantedLine>): ReadonlyArray<Want> => {
  const byProduct = new Map<string, Want>()
  for (const line of lines) {
    const known = byProduct.get(line.productId)
    byProduct.set(line.productId, { line: known?.line ?? line, quantity: (known?.quantity ?? 0) + line.quantity })
  }
  return [...byProduct.values()]
}

const unitsAt = (want: Want, candidate: Candidate, request: PlanRequest): number => {
  if (want.line.stopped) return 0
  if (!want.line.tracked || !candidate.branch.stockControl) return want.quantity + request.depthMargin
  if (want.line.slot === undefined || candidate.slot === undefined) return 0
  return request.available(want.line.slot, candidate.slot)
}

const offerOf = (candidate: Candidate, wants: ReadonlyArray<Want>, request: PlanRequest): Offer => {
  const units: Array<number> = []
  let present = 0
  let depth = Number.MAX_SAFE_INTEGER
  for (const want of wants) {
    const there = unitsAt(want, candidate, request)
    units.push(there)
    if (there >= want.quantity) present++
    depth = Math.min(depth, there - want.quantity)
  }
  const point = candidate.branch.point
  const distance = point === null || request.client === null ? Infinity : request.distance(point, request.client)
  return { candidate, units, present, depth: present === wants.length ? depth : null, distance }
}

/** Nearest first; then the greater remaining depth; then the branch's id: never by chance (D16). */
const byTrip = (a: Offer, b: Offer): number =>
  a.distance - b.distance || (b.depth ?? -1) - (a.depth ?? -1) ||
  (a.candidate.branch.id < b.candidate.branch.id ? -1 : 1)

const best = (offers: ReadonlyArray<Offer>): Offer | undefined => {
  let found: Offer | undefined
  for (const offer of offers) if (found === undefined || compareTrip(offer, found) < 0) found = offer
  return found
}

/** Infinity − Infinity is NaN: two unplaced branches are equally far. */
const compareTrip = (a: Offer, b: Offer): number =>
  a.distance === b.distance ? byTrip({ ...a, distance: 0 }, { ...b, distance: 0 }) : byTrip(a, b)

/** The shortest way through all branches of a set and then to the client. */
const tripOf = (set: ReadonlyArray<Offer>, request: PlanRequest): number => {
  const [only] = set
  if (set.length === 1 && only !== undefined) return only.distance
  if (set.length > 3) return greedyTrip(set, request)
  let shortest = Infinity
  for (let last = 0; last < set.length; last++) {
    const end = set[last]!
    const before = set.filter((_, i) => i !== last)
    const approach = before.length === 1
      ? between(before[0]!, end, request)
      : between(before[0]!, before[1]!, request) +
        Math.min(between(before[1]!, end, request), between(before[0]!, end, request))
    shortest = Math.min(shortest, approach + end.distance)
  }
  return shortest
}

const between = (a: Offer, b: Offer, request: PlanRequest): number => {
  const from = a.candidate.branch.point
  const to = b.candidate.branch.point
  return from === null || to === null ? Infinity : request.distance(from, to)
}

/** From the farthest branch on, always to the nearest one left. */
const greedyTrip = (set: ReadonlyArray<Offer>, request: PlanRequest): number => {
  const left = set.toSorted((a, b) => b.distance - a.distance)
  let here = left.shift()!
  let total = 0
  while (left.length > 0) {
    left.sort((a, b) => between(here, a, request) - between(here, b, request))
    const next = left.shift()!
    total += between(here, next, request)
    here = next
  }
  return total + here.distance
}

const covers = (set: ReadonlyArray<Offer>, wants: ReadonlyArray<Want>): boolean =>
  wants.every((want, line) => set.reduce((sum, offer) => sum + offer.units[line]!, 0) >= want.quantity)

interface Search {
  readonly set: ReadonlyArray<Offer>
  readonly exact: boolean
}

/** The sets of two, then three branches that have everything together; the shortest trip among them. */
const fewest = (offers: ReadonlyArray<Offer>, wants: ReadonlyArray<Want>, request: PlanRequest): Search | undefined => {
  const useful = offers.filter((offer) => offer.units.some((units) => units > 0)).toSorted(compareTrip)
  if (!covers(useful, wants)) return undefined
  // A set must hold some of the rarest line: that alone rules out most sets.
  const rarest = wants.map((_, line) => useful.filter((offer) => offer.units[line]! > 0))
    .reduce((a, b) => (b.length < a.length ? b : a))
  let tried = 0
  for (const size of [2, 3]) {
    let found: { set: ReadonlyArray<Offer>; trip: number } | undefined
    for (const first of rarest) {
      for (let i = 0; i < useful.length; i++) {
        const second = useful[i]!
        if (second === first) continue
        const thirds = size === 2 ? [undefined] : useful.slice(i + 1)
        for (const third of thirds) {
          if (third === first) continue
          if (++tried > SEARCH_LIMIT) return { set: greedy(useful, wants), exact: false }
          const set = third === undefined ? [first, second] : [first, second, third]
          if (!covers(set, wants)) continue
          const trip = tripOf(set, request)
          if (found === undefined || trip < found.trip) found = { set, trip }
        }
      }
    }
    if (found !== undefined) return { set: found.set, exact: true }
  }
  return { set: greedy(useful, wants), exact: false }
}

/** Most of what is still wanted first, nearest at a tie. */
const greedy = (offers: ReadonlyArray<Offer>, wants: ReadonlyArray<Want>): ReadonlyArray<Offer> => {
  const left = wants.map((want) => want.quantity)
  const chosen: Array<Offer> = []
  const gain = (offer: Offer): number => offer.units.reduce((sum, units, line) => sum + Math.min(units, left[line]!), 0)
  while (left.some((units) => units > 0)) {
    const next = offers.filter((offer) => !chosen.includes(offer)).reduce((a, b) => (gain(b) > gain(a) ? b : a))
    chosen.push(next)
    next.units.forEach((units, line) => (left[line] = Math.max(0, left[line]! - units)))
  }
  return chosen
}

/** Deals the lines out over the chosen branches: whole lines first, then from the nearest on. */
const deal = (set: ReadonlyArray<Offer>, wants: ReadonlyArray<Want>, request: PlanRequest): ReadonlyArray<PlannedPart> => {
  const parts = set.map((offer) => ({ offer, lines: [] as Array<PlannedPart["lines"][number]> }))
  wants.forEach((want, i) => {
    const whole = parts.find((part) => part.offer.units[i]! >= want.quantity)
    const sources = whole === undefined ? parts.map((part) => ({ part, room: part.offer.units[i]! })) : [{ part: whole, room: want.quantity }]
    for (const line of request.lines.filter((candidate) => candidate.productId === want.line.productId)) {
      let left = line.quantity
      for (const source of sources) {
        const quantity = Math.min(left, source.room)
        if (quantity <= 0) continue
        source.part.lines.push({ lineId: line.lineId, productId: line.productId, quantity })
        source.room -= quantity
        left -= quantity
      }
    }
  })
  return parts.filter((part) => part.lines.length > 0)
    .map((part) => ({ branchId: part.offer.candidate.branch.id, lines: part.lines }))
}

const verdict = (offer: Offer, wants: ReadonlyArray<Want>, request: PlanRequest): BranchView["verdict"] => {
  if (!offer.candidate.branch.active) return "inactive"
  if (!offer.candidate.open) return "closed"
  if (offer.candidate.branch.point === null) return "unplaced"
  if (offer.present === wants.length) return offer.depth! >= request.depthMargin ? "deep" : "present"
  return offer.units.some((units) => units > 0) ? "partial" : "nothing"
}

const explain = (
  offers: ReadonlyArray<Offer>,
  chosen: ReadonlyArray<Offer>,
  wants: ReadonlyArray<Want>,
  request: PlanRequest
): ReadonlyArray<BranchView> => {
  const others = offers.filter((offer) => !chosen.includes(offer)).sort(compareTrip)
  return [...chosen, ...others.slice(0, Math.max(0, EXPLAINED - chosen.length))].map((offer) => ({
    branchId: offer.candidate.branch.id,
    verdict: chosen.includes(offer) ? "chosen" : verdict(offer, wants, request),
    distance: Number.isFinite(offer.distance) ? Math.round(offer.distance) : null,
    linesPresent: offer.present,
    depth: offer.depth
  }))
}

/**
 * Smart assembly (ASM-1, D16). The first difference wins: every line deep, every line present, fewest branches,
 * shortest trip, greater remaining depth, branch id. No weighted sums: nobody can predict them.
 */
const plan = (request: PlanRequest): AssemblyPlan => {
  const wants = mergeLines(request.lines)
  const offers = request.candidates.map((candidate) => offerOf(candidate, wants, request))
  const eligible = offers.filter(({ candidate }) => candidate.open && candidate.branch.active)
  const result = (
    reason: AssemblyPlan["reason"],
    set: ReadonlyArray<Offer>,
    parts: ReadonlyArray<PlannedPart>
  ): AssemblyPlan => {
    const trip = set.length === 0 ? Infinity : tripOf(set, request)
    return {
      policy: nearestAssembly.name,
      outcome: parts.length > 0 ? "planned" : "impossible",
      reason,
      parts,
      tripMetres: Number.isFinite(trip) ? Math.round(trip) : null,
      considered: offers.length,
      branches: explain(offers, set, wants, request),
      notes: request.notes
    }
  }
  if (request.client === null) return result("noAddress", [], [])
  const deep = best(eligible.filter((offer) => offer.depth !== null && offer.depth >= request.depthMargin))
  if (deep !== undefined) return result("deepAndNearest", [deep], deal([deep], wants, request))
  const present = best(eligible.filter((offer) => offer.depth !== null))
  if (present !== undefined) return result("presentAndNearest", [present], deal([present], wants, request))
  if (!request.split) return result("splitForbidden", [], [])
  const search = fewest(eligible, wants, request)
  if (search === undefined) return result("notEnoughStock", [], [])
  const nearestFirst = search.set.toSorted(compareTrip)
  return result(search.exact ? "fewestBranches" : "greedy", nearestFirst, deal(nearestFirst, wants, request))
}

/** The default assembly policy. */
export const nearestAssembly: AssemblyPolicy = { name: "nearest", plan }
