import { Clock, Context, Effect, Layer, Result } from "effect"
import { AdapterRegistry, takersOf } from "../adapter/registry.ts"
import type { Product } from "../catalogue/model.ts"
import { isTold } from "../exchange/channel-status.ts"
import { InboxMessage, inboxKey, isInboxKey } from "../exchange/inbox.ts"
import { type Actor } from "../kernel/actor.ts"
import { KeyConflict, NotFound, type Refused } from "../kernel/errors.ts"
import { type BranchId, type ChannelId, type OrderId, type ProductId } from "../kernel/ids.ts"
import { nextUuid } from "../kernel/uuid.ts"
import { gatewaysOf, MessageConnections } from "../notify/gateways.ts"
import { Network } from "../network/service.ts"
import type { Change, EventType, IdempotencyKey } from "../store/change.ts"
import {
  type CommitError,
  type InsufficientStock,
  StorageUnavailable,
  VersionConflict
} from "../store/errors.ts"
import { countChange } from "../store/metrics.ts"
import { Storage, type UsedKey } from "../store/ports.ts"
import { changeOfOrder, type ChangeMeta } from "./change.ts"
import type { Ruled } from "./edit.ts"
import type { Facts } from "./facts.ts"
import type { Order } from "./model.ts"

/** How often a decision is taken again when somebody else was faster (D12). */
const VERSION_RETRIES = 3
/** Each refusal brings the database's figures, so a decision soon fits; this only ends a livelock. */
const STOCK_RETRIES = 50

/** One change of one order: how it is loaded, decided and told of. */
export interface UpdateRequest {
  readonly load: Effect.Effect<Order | null, StorageUnavailable>
  /** For the error when there is none. */
  readonly what: { readonly kind: string; readonly id: string }
  readonly decide: (order: Order, facts: Facts) => Ruled
  readonly type: EventType
  readonly actor: Actor
  /** The version that the caller has seen; another one is a conflict, not decided again (If-Match). */
  readonly ifMatch?: number | undefined
  readonly key?: IdempotencyKey | null | undefined
  /** What tells two updates of one type and thing apart, for a message of a partner that makes both. */
  readonly about?: string
  /** Products beyond the order's own that the decision will ask for. */
  readonly products?: ReadonlyArray<ProductId>
}

/** How an update may fail. */
export type UpdateError = NotFound | Refused | VersionConflict | KeyConflict | StorageUnavailable

/** An update that a partner's message makes carries the message's id, unless its caller gave a key (D27). */
const keyed = (request: UpdateRequest, message: InboxMessage | null): UpdateRequest =>
  message === null || request.key
    ? request
    : { ...request, key: inboxKey(message, request.type, request.what.id + (request.about ?? "")) }

/** Load, decide, commit: the one loop through which every change of an order goes. */
export class OrderUnit extends Context.Service<OrderUnit, {
  readonly facts: (
    channel: ChannelId,
    actor: Actor,
    products: ReadonlyMap<ProductId, Product>
  ) => Effect.Effect<Facts>
  readonly meta: (
    facts: Facts,
    type: EventType
  ) => Effect.Effect<Pick<ChangeMeta, "changeId" | "now" | "actor" | "type" | "policy" | "gateways" | "zone" | "takers" | "webhook">>
  readonly products: (
    ids: ReadonlyArray<ProductId>
  ) => Effect.Effect<ReadonlyMap<ProductId, Product>, StorageUnavailable>
  /**
   * Commits what `attempt` decides; when stock refuses, the image has been repaired and it decides again.
   * `Duplicate` and `VersionConflict` are the caller's.
   */
  readonly commit: <E, A extends { readonly change: Change | null }>(
    attempt: Effect.Effect<A, E>
  ) => Effect.Effect<A, E | Exclude<CommitError, InsufficientStock>>
  readonly update: (request: UpdateRequest) => Effect.Effect<Order, UpdateError>
}>()("@aptekit/core/order/OrderUnit") {
  static readonly layer = Layer.effect(
    OrderUnit,
    Effect.gen(function*() {
      const storage = yield* Storage
      const network = yield* Network
      const registry = yield* AdapterRegistry
      const gateways = gatewaysOf(registry, yield* MessageConnections)
      const takers = takersOf(registry)
      const webhook = (channel: ChannelId): boolean => isTold(network.view().channel(channel))
      const image = storage.stock.image

      const products = (ids: ReadonlyArray<ProductId>) =>
        ids.length === 0
          ? Effect.succeed<ReadonlyMap<ProductId, Product>>(new Map())
          : Effect.map(storage.catalogue.byIds([...new Set(ids)]), (found): ReadonlyMap<ProductId, Product> =>
            new Map(found.map((product) => [product.id, product])))

      const facts = (channelId: ChannelId, actor: Actor, known: ReadonlyMap<ProductId, Product>) =>
        Effect.map(Clock.currentTimeMillis, (now): Facts => {
          const view = network.view()
          const channel = view.channel(channelId)
          return {
            now,
            actor,
            policy: (branch) => view.policy(channelId, branch),
            product: (id) => known.get(id),
            branch: (id) => view.branch(id),
            nextOpening: (branch, at) => network.hours.nextOpening(branch, at),
            available: (product, branch) => image.available(product, branch),
            availableAt: (product, branch) => image.availableAt(product, branch),
            slots: (product, branch) => {
              const [p, b] = [image.productSlot(product), image.branchSlot(branch)]
              return p === undefined || b === undefined ? null : [p, b]
            },
            free: (product, branch) => image.free(product, branch),
            price: (product, branch) => {
              const amount = channel === undefined ? null : image.price(channel.priceType, product, branch)
              return amount === null ? null : { amount, currency: channel!.currency }
            }
          }
        })

      const meta = (f: Facts, type: EventType) =>
        Effect.map(nextUuid, (changeId) => ({
          changeId,
          now: f.now,
          actor: f.actor,
          type,
          policy: f.policy,
          gateways,
          zone: (branch: BranchId | null) => network.view().zone(branch),
          takers,
          webhook
        }))

      const commit = <E, A extends { readonly change: Change | null }>(
        attempt: Effect.Effect<A, E>
      ): Effect.Effect<A, E | Exclude<CommitError, InsufficientStock>> => {
        const once = (left: number): Effect.Effect<A, E | Exclude<CommitError, InsufficientStock>> =>
          Effect.flatMap(attempt, (decided) => {
            if (decided.change === null) return Effect.succeed(decided)
            const { change } = decided
            return storage.commit(change).pipe(
              Effect.map(() => {
                countChange(change)
                return decided
              }),
              Effect.catchTag("InsufficientStock", (error) =>
                left > 0
                  ? once(left - 1)
                  : Effect.fail(new StorageUnavailable({ message: `Busy: ${error.message}`, outcome: "notApplied" })))
            )
          })
        return once(STOCK_RETRIES)
      }

      const attemptOf = (request: UpdateRequest) =>
        Effect.gen(function*() {
          const order = yield* request.load
          if (order === null) return yield* NotFound.of(request.what.kind, request.what.id)
          if (request.ifMatch !== undefined && request.ifMatch !== order.version) {
            return yield* VersionConflict.of(order.id)
          }
          const own = order.fulfilments.flatMap((f) => f.lines).flatMap((l) => (l.productId === null ? [] : [l.productId]))
          const known = yield* products([...own, ...(request.products ?? [])])
          const world = yield* facts(order.channelId, request.actor, known)
          const ruling = request.decide(order, world)
          if (Result.isFailure(ruling)) return yield* ruling.failure
          const decided = ruling.success.order
          if (decided === order && (!request.key || isInboxKey(request.key))) return { order, change: null }
          const change = changeOfOrder(order, decided, {
            ...(yield* meta(world, request.type)),
            reason: ruling.success.reason,
            key: request.key ?? null
          })
          return { order: change.orders[0]!.after, change }
        })

      /** A key that was used before: the same wish gets the order as it is now, another one a conflict. */
      const replay = (request: UpdateRequest, used: UsedKey) =>
        Effect.gen(function*() {
          if (used.fingerprint !== request.key?.fingerprint || used.orderId === null) {
            return yield* new KeyConflict({
              fields: ["body"],
              message: "This Idempotency-Key came before with another request; use a new key."
            })
          }
          const order = yield* storage.orders.byId(used.orderId)
          return order ?? (yield* NotFound.of(request.what.kind, request.what.id))
        })

      /** A repeated command meets the state that its first call has made: before its refusal is believed, the key is looked for. */
      const refusedOrRepeated = <E>(request: UpdateRequest, refusal: E) =>
        Effect.gen(function*() {
          const used = request.key ? yield* storage.orders.usedKey(request.key.scope, request.key.key) : null
          return used === null ? yield* Effect.fail(refusal) : yield* replay(request, used)
        })

      const update = (wanted: UpdateRequest): Effect.Effect<Order, UpdateError> =>
        Effect.flatMap(InboxMessage, (message) => updateKeyed(keyed(wanted, message)))

      const updateKeyed = (request: UpdateRequest): Effect.Effect<Order, UpdateError> =>
        commit(attemptOf(request)).pipe(
          Effect.retry({
            times: VERSION_RETRIES,
            while: (error) => error._tag === "VersionConflict" && request.ifMatch === undefined
          }),
          Effect.map((decided) => decided.order),
          Effect.catchTag(["Refused", "VersionConflict"], (refusal) => refusedOrRepeated(request, refusal)),
          Effect.catchTag("Duplicate", (error) =>
            replay(request, { orderId: error.orderId as OrderId | null, fingerprint: error.fingerprint ?? "" }))
        )

      return OrderUnit.of({ facts, meta, products, commit, update })
    })
  )
}
