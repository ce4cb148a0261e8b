import type { ProductId } from "../kernel/ids.ts"
import type { Branch, Point } from "../network/model.ts"
import type { AssemblyPlan } from "./model.ts"

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

export interface PlanRequest {
  readonly lines: ReadonlyArray<WantedLine>
  readonly candidates: ReadonlyArray<Candidate>
  /** Where the client is; null when the address could not be read. */
  readonly client: Point | null
  readonly split: boolean
  readonly depthMargin: number
  /** Units a reservation would get, by slots: the stock image's view. */
  readonly available: (productSlot: number, branchSlot: number) => number
  readonly distance: (from: Point, to: Point) => number
  readonly notes: ReadonlyArray<string>
}

/** Which branches fulfil what. The policy is a plug-in (ASM-1): give `createHub` another one. */
export interface AssemblyPolicy {
  readonly name: string
  readonly plan: (request: PlanRequest) => AssemblyPlan
}

