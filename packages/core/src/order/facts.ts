import type { Product } from "../catalogue/model.ts"
import type { Actor } from "../kernel/actor.ts"
import type { BranchId, ProductId } from "../kernel/ids.ts"
import type { Money } from "../kernel/money.ts"
import type { Instant } from "../kernel/time.ts"
import type { Branch } from "../network/model.ts"
import type { Policy } from "../network/policy.ts"

/**
 * All that a decision may know besides the order itself. Lookups answer from what was loaded before the decision,
 * so a decision is a pure function and a test can give any world it likes.
 */
export interface Facts {
  readonly now: Instant
  readonly actor: Actor
  /** The policy in force for the order's channel and the branch in question (D31). */
  readonly policy: (branch: BranchId | null) => Policy
  readonly product: (id: ProductId) => Product | undefined
  readonly branch: (id: BranchId) => Branch | undefined
  /** The next moment from `at` on when the branch is open; null when it stays shut (D13). */
  readonly nextOpening: (branch: Branch, at: Instant) => Instant | null
  /** Units that a reservation would get now. */
  readonly available: (product: ProductId, branch: BranchId) => number
  /** The same by slots of the stock image: for the planner, which asks for every branch. */
  readonly availableAt: (productSlot: number, branchSlot: number) => number
  /** Row and column of a stock cell in the image; null where it has none. */
  readonly slots: (product: ProductId, branch: BranchId) => readonly [number, number] | null
  /** What `available` says, before waiting orders take theirs: for the waiting orders themselves (D11). */
  readonly free: (product: ProductId, branch: BranchId) => number
  readonly price: (product: ProductId, branch: BranchId | null) => Money | null
}
