import { COMMANDS, type HubServices, type Order, Storage } from "@aptekit/core"
import { makeBranch, smallNetwork, type TestNetwork } from "@aptekit/core/testing"
import { describe, expect, it } from "@effect/vitest"
import { Arbitrary, Effect, Schema } from "effect"
import { foldEvents, foldOrders } from "./fold.ts"
import { BRANCHES, newTally, PRODUCTS, type Step, take, type Tally, Walk } from "./walk.ts"
import { expectSound, inWorld, levelOf } from "./world.ts"

/** What the policies allow, in four flavours. */
const NETWORKS: ReadonlyArray<Partial<TestNetwork>> = [
  {},
  { policies: [{ scope: "network", scopeId: "", policy: { shortageSettledBy: "branch", acceptedDue: "expire" } }] },
  { policies: [{ scope: "network", scopeId: "", policy: { reserveAt: "branch", partialSale: true } }] },
  {
    branches: smallNetwork().branches.map(({ id, point }, i) =>
      makeBranch(id, { point, saleSource: i === 1 ? "delivery" : "handover" })
    ),
    policies: [{ scope: "network", scopeId: "", policy: { shortageSettledBy: "branch", confirmByScan: true } }]
  }
]
const flavour = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: NETWORKS.length - 1 }))

/** P8: the log, folded, gives the statuses, branches, lines and holds of the orders. */
const expectLogged = (orders: ReadonlyArray<Order>) =>
  Effect.gen(function*() {
    const events = yield* (yield* Storage).feed.read(0, 100_000)
    expect(foldEvents(events)).toEqual(foldOrders(orders))
  })

const expectNotOversold = Effect.gen(function*() {
  for (const product of PRODUCTS) {
    for (const branch of BRANCHES) {
      const { onHand, reserved } = yield* levelOf(product, branch)
      expect(reserved, `${product} at ${branch}: reserved of ${onHand}`).toBeLessThanOrEqual(onHand)
    }
  }
})

interface WalkOptions {
  readonly facts: boolean
  readonly tally?: Tally
}

const walk = (steps: ReadonlyArray<Step>, network: number, { facts, tally = newTally() }: WalkOptions) => {
  const each: Effect.Effect<void, unknown, HubServices> = facts ? Effect.void : expectNotOversold
  const all = Effect.gen(function*() {
    for (const [n, step] of steps.entries()) {
      yield* take(step, n, facts, tally)
      const orders = yield* expectSound
      yield* each
      yield* expectLogged(orders)
    }
  })
  return inWorld(all, { network: NETWORKS[network]! })
}

describe("life of orders, by properties", () => {
  it.effect.prop(
    "STK-4, ORD-9, P8: no walk of wishes oversells, loses a hold or leaves the log behind",
    { steps: Walk, flavour },
    ({ steps, flavour }) => walk(steps, flavour, { facts: false }),
    { arbitrary: { runs: 120, size: 40, seed: 20261123 } }
  )

  it.effect.prop(
    "STK-4, D7, P8: facts may take stock below what is held, but what is held still adds up",
    { steps: Walk, flavour },
    ({ steps, flavour }) => walk(steps, flavour, { facts: true }),
    { arbitrary: { runs: 120, size: 40, seed: 20261124 } }
  )

  it.effect("such walks reach every state, and every command goes through in one of them", () =>
    Effect.gen(function*() {
      const tally = newTally()
      const walks = yield* Arbitrary.sampleEffect(Arbitrary.schema(Walk), { count: 150, size: 40, seed: 7 })
      yield* Effect.forEach(walks, (steps, i) => walk(steps, i % NETWORKS.length, { facts: true, tally }))
      expect([...tally.states].toSorted()).toEqual([
        "accepted", "assembled", "assigned", "awaiting", "cancelled", "closed",
        "delivered", "delivering", "expired", "operator", "returning"
      ])
      // A sale has a road of its own, and what is due is ended by the sweep of the same step.
      expect([...tally.done].toSorted()).toEqual(COMMANDS.filter((name) => name !== "sell" && name !== "expire").toSorted())
      expect(tally.refused.size).toBeGreaterThan(20)
    }))
})
