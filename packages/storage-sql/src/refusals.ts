import { type BranchId, Duplicate, InsufficientStock, type ProductId, StorageUnavailable, VersionConflict } from "@aptekit/core"
import { DriverError } from "./driver.ts"
import { UnknownCell } from "./encode.ts"
import { Refusal } from "./program.ts"

export const unavailable = (error: unknown): StorageUnavailable =>
  new StorageUnavailable({
    message: `The database did not answer: ${error instanceof Error ? error.message : "unknown error"}`,
    outcome: error instanceof DriverError ? error.outcome : "notApplied"
  })

/** What crossed the thread as data, as the error that core knows (D20). */
export const refusalOf = (cellName: (cell: number) => { readonly productId: ProductId; readonly branchId: BranchId }) =>
(error: unknown): InsufficientStock | Duplicate | VersionConflict | StorageUnavailable => {
  if (error instanceof UnknownCell) {
    return InsufficientStock.of([{
      productId: error.productId as ProductId,
      branchId: error.branchId as BranchId,
      wanted: 1,
      onHand: 0,
      reserved: 0
    }])
  }
  if (!(error instanceof Refusal)) return unavailable(error)
  const { fields } = error
  if (error.tag === "VersionConflict") return VersionConflict.of(fields["orderId"] as string)
  if (error.tag === "Duplicate") {
    return new Duplicate({
      kind: fields["kind"] as "order",
      orderId: fields["orderId"] as string | null,
      fingerprint: fields["fingerprint"] as string | null,
      message: `This ${String(fields["kind"])} came before.`
    })
  }
  const refused = fields["refused"] as ReadonlyArray<{ cell: number; wanted: number; onHand: number; reserved: number }>
  return InsufficientStock.of(refused.map(({ cell, ...figures }) => ({ ...cellName(cell), ...figures })))
}
