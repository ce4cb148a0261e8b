import {
  type Branch,
  type BranchId,
  DEFAULT_POLICY,
  type Facts,
  OpeningHours,
  type Policy,
  type Product,
  SYSTEM
} from "@aptekit/core"
import { kzt, makeBranch, makeProduct, TEST_NOW } from "@aptekit/core/testing"

export interface FactsDraft extends Partial<Omit<Facts, "policy">> {
  readonly policy?: Partial<Policy>
  readonly branches?: ReadonlyArray<Branch>
  readonly products?: ReadonlyArray<Product>
  /** Units available of everything everywhere. */
  readonly units?: number
}

/** A world for pure decisions: `north` and `south`, `aspirin` and `ibuprofen`, plenty of both. */
export const makeFacts = (draft: FactsDraft = {}): Facts => {
  const { policy, branches, products, units, ...over } = draft
  const hours = new OpeningHours()
  const places = new Map<BranchId, Branch>(
    (branches ?? [makeBranch("north"), makeBranch("south")]).map((branch) => [branch.id, branch])
  )
  const goods = new Map(
    (products ?? [
      makeProduct("aspirin", { barcodes: ["4600000000015"] }),
      makeProduct("ibuprofen", { barcodes: ["4600000000022"] })
    ]).map((product) => [product.id, product])
  )
  return {
    now: TEST_NOW,
    actor: SYSTEM,
    policy: () => ({ ...DEFAULT_POLICY, ...policy }),
    product: (id) => goods.get(id),
    branch: (id) => places.get(id),
    nextOpening: (branch, at) => hours.nextOpening(branch, at),
    available: () => units ?? 100,
    availableAt: () => units ?? 100,
    slots: () => null,
    free: () => units ?? 100,
    price: () => kzt(49_000),
    ...over
  }
}
