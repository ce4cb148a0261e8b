import { Effect } from "effect"
import { BranchId, ProductId } from "../../kernel/ids.ts"
import { nextUuid } from "../../kernel/uuid.ts"
import type { Order } from "../../order/model.ts"
import type { Change } from "../../store/change.ts"
import type { CommitError, StorageUnavailable } from "../../store/errors.ts"
import { type Committed, Storage, type StorageService } from "../../store/ports.ts"
import { same } from "../assert.ts"
import { type ChangeDraft, makeChange, makeOrder, type OrderDraft, TEST_NOW } from "../builders.ts"

/** One promise of the `Storage` service. `run` dies or fails where a storage breaks it; it wants a fresh, empty one. */
export interface StorageCase {
  /** Unique, and the handle by which an implementation may skip it. */
  readonly name: string
  /** The requirement or decision that it proves, such as `STK-4` or `D21`. */
  readonly requirement: string
  readonly run: Effect.Effect<void, unknown, Storage>
}

export const storageCase = (
  requirement: string,
  name: string,
  body: (storage: StorageService) => Effect.Effect<void, unknown, Storage>
): StorageCase => ({ name, requirement, run: Effect.flatMap(Storage, body) })

interface Done {
  /** The order as it was committed. */
  readonly order: Order
  readonly change: Change
  readonly committed: Committed
}

/** Commits what core would make of these two states of an order. */
export const commit = (
  before: Order | null,
  after: Order,
  draft: ChangeDraft = {}
): Effect.Effect<Done, CommitError, Storage> =>
  Effect.gen(function*() {
    const storage = yield* Storage
    const change = makeChange(yield* nextUuid, before, after, draft)
    const committed = yield* storage.commit(change)
    return { order: change.orders[0]!.after, change, committed }
  })

/** Commits a new order; gives it as it was committed. */
export const place = (draft: OrderDraft, change: ChangeDraft = {}): Effect.Effect<Order, CommitError, Storage> =>
  Effect.map(commit(null, makeOrder(draft), change), (done) => done.order)

/** Commits a change without orders: movements, a sale. */
export const commitFacts = (draft: ChangeDraft): Effect.Effect<Committed, CommitError, Storage> =>
  Effect.gen(function*() {
    const storage = yield* Storage
    return yield* storage.commit({
      id: yield* nextUuid,
      at: draft.at ?? TEST_NOW,
      orders: [],
      reservations: [],
      movements: draft.movements ?? [],
      sale: draft.sale ?? null,
      key: draft.key ?? null,
      events: [],
      outbox: draft.outbox ?? []
    })
  })

export interface Figures {
  readonly onHand: number
  readonly reserved: number
}

/** What database and image say of a row; they must say the same. */
export const figures = (product: string, branch: string): Effect.Effect<Figures, StorageUnavailable, Storage> =>
  Effect.gen(function*() {
    const { stock } = yield* Storage
    const cell = { productId: ProductId.make(product), branchId: BranchId.make(branch) }
    const seen = imageFigures(stock.image, product, branch)
    const [level] = yield* stock.levels([cell])
    const stored = { onHand: level?.onHand ?? 0, reserved: level?.reserved ?? 0 }
    same(seen, stored, `image of ${product} at ${branch}`)
    return stored
  })

export const imageFigures = (image: StorageService["stock"]["image"], product: string, branch: string): Figures => {
  const p = image.productSlot(ProductId.make(product))
  const b = image.branchSlot(BranchId.make(branch))
  if (p === undefined || b === undefined) return { onHand: 0, reserved: 0 }
  const cell = image.cell(p, b)
  return { onHand: image.onHand[cell]!, reserved: image.reserved[cell]! }
}
