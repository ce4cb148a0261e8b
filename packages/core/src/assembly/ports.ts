import type { ProductId } from "../kernel/ids.ts"
import type { Branch, Point } from "../network/model.ts"
import type { AssemblyPlan } from "./model.ts"

/** The way from one point to another: metres, seconds where a matrix says so. Infinite metres: there is no road. */
export interface Way {
  readonly metres: number
  readonly seconds: number | null
  readonly by: "road" | "straight"
}

/** A branch that may be asked to fulfil. */
export interface Candidate {
  readonly branch: Branch
  /** Its column in the stock image; undefined when it has never had stock. */
  readonly slot: number | undefined
  /** Will it be open before the unaccepted hold could end (D13)? */
  readonly open: boolean
}

/** A line that wants goods. Lines of one product are planned together. */
export interface WantedLine {
  readonly lineId: number
  readonly productId: ProductId
  readonly quantity: number
  /** Its row in the stock image; undefined for a product that never had stock. */
  readonly slot: number | undefined
  /** False: always there, unless `stopped` (STK-9). */
  readonly tracked: boolean
  readonly stopped: boolean
}

/** What a plan is made from: the lines, the branches in question and what is known of goods and ways. */
export interface PlanRequest {
  readonly lines: ReadonlyArray<WantedLine>
  readonly candidates: ReadonlyArray<Candidate>
  /** Where the client is; null when the address could not be read. */
  readonly client: Point | null
  readonly split: boolean
  readonly depthMargin: number
  /** Units a reservation would get, by slots: the stock image's view. */
  readonly available: (productSlot: number, branchSlot: number) => number
  /** What is compared: metres, or seconds by the policy `nearestBy`. */
  readonly distance: (from: Point, to: Point) => number
  /** The way behind `distance`, to be explained; left out: `distance` is metres and nobody knows the road. */
  readonly way?: (from: Point, to: Point) => Way
  /** How it was measured, for the explanation. */
  readonly distances?: string
  readonly notes: ReadonlyArray<string>
}

/** The most branches whose roads are asked for one plan: the cells between them stay below 100. */
export const MAX_CONTENDERS = 9

/** Whose roads to the client are asked; `between`: from one of them to another too. */
export interface Contenders {
  readonly branches: ReadonlyArray<Branch>
  readonly between: boolean
}

/** Which branches fulfil what. The policy is a plug-in (ASM-1): give `createHub` another one. */
export interface AssemblyPolicy {
  readonly name: string
  readonly plan: (request: PlanRequest) => AssemblyPlan
  /**
   * The branches whose roads could change this plan of that request, at most `MAX_CONTENDERS`; `between`: also the roads
   * from one to another. A policy without it never has a distance matrix asked.
   */
  readonly contenders?: (request: PlanRequest, plan: AssemblyPlan) => Contenders
}

