import type { Candidate, PlanRequest, WantedLine } from "./ports.ts"

/** Lines of the same product want the sum of their units from one row. */
export interface Want {
  readonly line: WantedLine
  readonly quantity: number
}

/** What one branch offers an order. */
export interface Offer {
  readonly candidate: Candidate
  /** Units available, by want. */
  readonly units: ReadonlyArray<number>
  /** Wants that are there in full. */
  readonly present: number
  /** Least units left over any want; null unless all are present. */
  readonly depth: number | null
  /** Metres to the client; Infinity where a point is missing. */
  readonly distance: number
}

export const mergeLines = (lines: ReadonlyArray<WantedLine>): ReadonlyArray<Want> => {
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

export const offerOf = (candidate: Candidate, wants: ReadonlyArray<Want>, request: PlanRequest): Offer => {
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
export const compareOffers = (a: Offer, b: Offer): number => {
  // Infinity − Infinity is NaN: two branches without a point are equally far.
  if (a.distance !== b.distance) return a.distance - b.distance
  return (b.depth ?? -1) - (a.depth ?? -1) || (a.candidate.branch.id < b.candidate.branch.id ? -1 : 1)
}

export const best = (offers: ReadonlyArray<Offer>, fits: (offer: Offer) => boolean): Offer | undefined => {
  let found: Offer | undefined
  for (const offer of offers) if (fits(offer) && (found === undefined || compareOffers(offer, found) < 0)) found = offer
  return found
}
