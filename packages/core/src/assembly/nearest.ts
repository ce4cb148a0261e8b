import type { AssemblyPlan, BranchView, PlannedPart } from "./model.ts"
import { best, compareOffers, mergeLines, type Offer, offerOf, type Want } from "./offer.ts"
import type { AssemblyPolicy, PlanRequest } from "./ports.ts"
import { fewestBranches, tripOf } from "./search.ts"

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
  const result = (reason: AssemblyPlan["reason"], set: ReadonlyArray<Offer>): AssemblyPlan => {
    const parts = deal(set, wants, request)
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

/** The default assembly policy. */
export const nearestAssembly: AssemblyPolicy = { name: "nearest", plan }
