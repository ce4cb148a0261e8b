import { Effect } from "effect"
import { OrderId } from "../../kernel/ids.ts"
import type { Fulfilment } from "../../order/model.ts"
import type { ToldPlace } from "../../store/ports.ts"
import { same } from "../assert.ts"
import { makeFulfilment, makeOrder, testUuid, TEST_NOW } from "../builders.ts"
import { loadNetwork } from "../network.ts"
import { commit, commitFacts, place, storageCase } from "./case.ts"
import { claim, settle, write } from "./outbox-steps.ts"

const T = TEST_NOW

export const tidyCases = [
  storageCase("OPS-1", "what ended long ago goes in batches, what waits and what is dead stays", ({ outbox, tidy, pull }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      yield* write(...["a", "b", "c", "d", "e"].map((id, i) => ({ id, order: i + 1 })))
      const claimed = yield* claim(T)
      for (const [i, state] of (["done", "rejected", "dropped", "dead"] as const).entries()) yield* settle(claimed[i], state, T + i)
      same([yield* tidy.outbox(T + 2, 10), yield* tidy.outbox(T + 2, 10)], [2, 0], "what ended before")
      const left = yield* Effect.forEach(["a", "b", "c", "d", "e"], (id) => Effect.map(pull.letter(id), (found) => found !== null))
      same(left, [false, false, true, true, true], "those that are left")
      same([yield* tidy.outbox(T + 99, 10), (yield* outbox.list("dead", 10)).length], [1, 1], "never a dead one")
    })),

  storageCase("OPS-1", "callers' keys are forgotten by age, and may be used again", ({ tidy, orders }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      const used = (key: string, at: number) => commitFacts({ at, key: { scope: "shop", key, fingerprint: "f" } })
      for (const [i, key] of ["k1", "k2", "k3"].entries()) yield* used(key, T + i)
      same([yield* tidy.keys(T + 2, 1), yield* tidy.keys(T + 2, 10), yield* tidy.keys(T + 2, 10)], [1, 1, 0], "two, one at a time")
      same([yield* orders.usedKey("shop", "k1"), (yield* orders.usedKey("shop", "k3"))?.fingerprint], [null, "f"], "k3 is kept")
      yield* used("k1", T + 9)
    })),

  storageCase("OPS-1", "what connections were told is forgotten when its order has long ended", ({ tidy, pull }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      const alive = yield* place({ n: 1 })
      const ended = makeOrder({ n: 2 })
      yield* commit(null, { ...ended, fulfilments: ended.fulfilments.map((part) => ({ ...part, status: "cancelled", reservation: null })) })
      const lost = makeFulfilment({ n: 3 }, 1)
      const offer = (orderId: OrderId, part: Fulfilment) => ({ orderId, version: 1, parts: [part] })
      yield* pull.offered("1c", [
        offer(alive.id, alive.fulfilments[0]!), offer(ended.id, ended.fulfilments[0]!), offer(OrderId.make(testUuid(3)), lost)
      ])
      const pages = function*(before: number) {
        let [removed, place, turns]: [number, ToldPlace | null, number] = [0, null, 0]
        do {
          const page: { readonly removed: number; readonly next: ToldPlace | null } = yield* tidy.told(before, 1, place)
          removed += page.removed
          place = page.next
          turns++
        } while (place !== null && turns < 9)
        return removed
      }
      same(yield* pages(T - 1), 1, "only that of no order")
      same(yield* pages(T + 1), 1, "that of the ended order")
      same((yield* pull.told("1c", [alive.id, ended.id])).map(({ orderId }) => orderId), [alive.id], "told")
    }))
]
