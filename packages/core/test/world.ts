import {
  type Actor,
  BranchId,
  type Command,
  type CommandOptions,
  hubLayer,
  type HubOptions,
  type HubServices,
  Network,
  type Order,
  Orders,
  ProductId,
  Storage
} from "@aptekit/core"
import {
  loadNetwork,
  type MemoryStorageOptions,
  memoryStorage,
  smallNetwork,
  TEST_NOW,
  type TestNetwork
} from "@aptekit/core/testing"
import { expect } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"

export const SHOP: Actor = { kind: "channel", id: "shop" }
export const BRANCH: Actor = { kind: "branch", id: "north" }
export const OPERATOR: Actor = { kind: "operator", id: "o-1" }

export interface WorldOptions {
  readonly network?: Partial<TestNetwork>
  readonly memory?: MemoryStorageOptions
  readonly hub?: Partial<HubOptions>
}

/** A hub without jobs over a storage in memory, with the small network loaded, on that Monday morning. */
export const inWorld = <A, E>(body: Effect.Effect<A, E, HubServices>, options: WorldOptions = {}) =>
  Effect.gen(function*() {
    yield* TestClock.setTime(TEST_NOW)
    yield* loadNetwork(smallNetwork(options.network))
    yield* (yield* Network).reload
    return yield* body
  }).pipe(
    Effect.provide(hubLayer({ storage: memoryStorage(options.memory), jobs: false, ...options.hub }))
  )

export const command = (order: Order, wish: Command, options: Partial<CommandOptions> & { part?: number } = {}) =>
  Effect.flatMap(Orders, (orders) =>
    orders.command(order.fulfilments[(options.part ?? 1) - 1]!.id, wish, { actor: BRANCH, ...options }))

export const levelOf = (product: string, branch: string) =>
  Effect.gen(function*() {
    const { stock } = yield* Storage
    const [level] = yield* stock.levels([{ productId: ProductId.make(product), branchId: BranchId.make(branch) }])
    return { onHand: level?.onHand ?? 0, reserved: level?.reserved ?? 0 }
  })

/** Every open case of an order: reason, or reason:line. */
export const openCases = (order: Order): ReadonlyArray<string> =>
  order.cases.filter((c) => c.closedAt === null).map((c) => (c.lineId === null ? c.reason : `${c.reason}:${c.lineId}`))

/** What must hold after every commit (STK-4, P8): holds add up, nobody holds what has ended. */
export const expectSound = Effect.gen(function*() {
  const storage = yield* Storage
  const orders = (yield* storage.orders.list({ limit: 10_000 })).items
  const held = new Map<string, number>()
  for (const f of orders.flatMap((order) => order.fulfilments)) {
    const ended = f.status === "closed" || f.status === "cancelled" || f.status === "expired"
    for (const line of f.lines) {
      expect(line.held + line.sold, `held and sold of a line of ${line.quantity}`).toBeLessThanOrEqual(line.quantity)
      expect(line.held, "held").toBeGreaterThanOrEqual(0)
      if (ended) expect(line.held, `held by a ${f.status} part`).toBe(0)
      if (!line.tracked || line.productId === null) continue
      const cell = `${line.productId} ${f.branchId}`
      held.set(cell, (held.get(cell) ?? 0) + line.held)
    }
  }
  const network = yield* Network
  for (const productId of ["aspirin", "ibuprofen", "insulin", "coffee", "rare"]) {
    for (const branch of network.view().branches) {
      const cell = `${productId} ${branch.id}`
      const level = yield* levelOf(productId, branch.id)
      expect(level.reserved, `reserved of ${cell}`).toBe(held.get(cell) ?? 0)
    }
  }
  return orders
})
