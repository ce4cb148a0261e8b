import type { AssemblyPlan, BranchView, PlannedPart } from "./model.ts"
import { best, compareOffers, mergeLines, type Offer, offerOf, type Want } from "./offer.ts"
import { type AssemblyPolicy, type Contenders, MAX_CONTENDERS, type PlanRequest } from "./ports.ts"
import { fewestBranches, type Trip, tripFor } from "./search.ts"

/** How many branches an explanation lists: the chosen ones and the nearest others. */
const EXPLAINED = 20

/** Deals the lines out over the chosen branches: a line whole where one branch has it, else from the nearest on. */
const deal = (set: ReadonlyArray<Offer>, wants: ReadonlyArray<Want>, request: PlanRequest): ReadonlyArray<PlannedPart> => {
  const parts = set.map((offer) => ({ offer, lines: [] as Array<PlannedPart["lines"][number]> }))
  wants.forEach((want, i) => {
    const whole = parts.find((part) => part.offer.units[i]! >= want.quantity)
    const sources = (whole === undefined ? parts : [whole]).map((part) => ({ part, room: part.offer.units[i]! }))
    for (const line of request.lines) {
      if (line.productId !== want.line.productId) continue
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
  const others = offers.filter((offer) => !chosen.includes(offer)).sort(compareOffers)
  return [...chosen, ...others.slice(0, Math.max(0, EXPLAINED - chosen.length))].map((offer) => ({
    branchId: offer.candidate.branch.id,
    verdict: chosen.includes(offer) ? "chosen" : verdict(offer, wants, request),
    ...wayTo(offer, request),
    linesPresent: offer.present,
    depth: offer.depth
  }))
}

const rounded = (figure: number | null): number | null =>
  figure !== null && Number.isFinite(figure) ? Math.round(figure) : null

const wayTo = (offer: Offer, request: PlanRequest): Pick<BranchView, "distance" | "seconds" | "by"> => {
  const { point } = offer.candidate.branch
  if (request.way === undefined || point === null || request.client === null) return { distance: rounded(offer.distance) }
  const { metres, seconds, by } = request.way(point, request.client)
  return { distance: rounded(metres), seconds: rounded(seconds), by }
}

/**
 * Smart assembly (ASM-1, D16). The first difference wins: every line deep, every line present, fewest branches,
 * shortest trip, greater remaining depth, branch id. No weighted sums: nobody can predict them.
 */
const plan = (request: PlanRequest): AssemblyPlan => {
  const wants = mergeLines(request.lines)
  const offers = request.candidates.map((candidate) => offerOf(candidate, wants, request))
  const eligible = offers.filter(({ candidate }) => candidate.open && candidate.branch.active)
  const result = (reason: AssemblyPlan["reason"], set: ReadonlyArray<Offer>): AssemblyPlan => {
    const parts = deal(set, wants, request)
    const trip: Trip = set.length === 0 ? { metres: Infinity } : tripFor(set, request)
    return {
      policy: nearestAssembly.name,
      outcome: parts.length > 0 ? "planned" : "impossible",
      reason,
      parts,
      tripMetres: rounded(trip.metres),
      ...(trip.seconds === undefined ? {} : { tripSeconds: rounded(trip.seconds) }),
      ...(request.distances === undefined || request.client === null ? {} : { distances: request.distances }),
      considered: offers.length,
      branches: explain(offers, set, wants, request),
      notes: request.notes
    }
  }
  if (request.client === null) return result("noAddress", [])
  const deep = best(eligible, (offer) => offer.depth !== null && offer.depth >= request.depthMargin)
  if (deep !== undefined) return result("deepAndNearest", [deep])
  const present = best(eligible, (offer) => offer.depth !== null)
  if (present !== undefined) return result("presentAndNearest", [present])
  if (!request.split) return result("splitForbidden", [])
  const found = fewestBranches(eligible, wants, request)
  if (found === undefined) return result("notEnoughStock", [])
  return result(found.exact ? "fewestBranches" : "greedy", found.set.toSorted(compareOffers))
}

/** Which branches the plan has chosen between: those of its class, nearest first; the chosen ones always. */
const contenders = (request: PlanRequest, { reason, parts }: AssemblyPlan): Contenders => {
  const wants = mergeLines(request.lines)
  const offers = request.candidates.filter(({ open, branch }) => open && branch.active)
    .map((candidate) => offerOf(candidate, wants, request))
  const fits: Partial<Record<AssemblyPlan["reason"], (offer: Offer) => boolean>> = {
    deepAndNearest: (offer) => offer.depth !== null && offer.depth >= request.depthMargin,
    presentAndNearest: (offer) => offer.depth !== null,
    fewestBranches: (offer) => offer.units.some((units) => units > 0),
    greedy: (offer) => offer.units.some((units) => units > 0)
  }
  const chosen = new Set(parts.map((part) => part.branchId))
  const near = offers.filter(fits[reason] ?? (() => false)).sort(compareOffers).map(({ candidate }) => candidate.branch)
  const first = near.filter(({ id }) => chosen.has(id))
  const rest = near.filter(({ id }) => !chosen.has(id))
  return { branches: [...first, ...rest].slice(0, MAX_CONTENDERS), between: reason === "fewestBranches" || reason === "greedy" }
}

/** The default assembly policy. */
export const nearestAssembly: AssemblyPolicy = { name: "nearest", plan, contenders }
