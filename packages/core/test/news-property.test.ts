import { type Fulfilment, isEnded, type Order, type PulledOrder, Storage } from "@aptekit/core"
import { describe, expect, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { drain, testTaker } from "./pull-kit.ts"
import { BRANCHES, newTally, take, Walk } from "./walk.ts"
import { inWorld } from "./world.ts"

/** What a partner writes into its document of a part. */
const document = (order: Order, f: Fulfilment): string =>
  JSON.stringify({
    head: [order.customer, order.delivery, order.payment, order.comment],
    part: [f.branchId, f.status, f.endReason],
    lines: f.lines.map(({ lineId, productId, quantity, sold, price }) => [lineId, productId, quantity, sold, price])
  })

/** A partner that keeps a document per part, by the part's id. */
type Books = Map<string, string>

/** Takes one order in; says whether that changed anything. */
const enter = (books: Books, { order, parts, left }: PulledOrder): boolean => {
  let changed = false
  for (const f of parts) {
    const text = document(order, f)
    changed ||= books.get(f.id) !== text
    books.set(f.id, text)
  }
  for (const f of left) changed = books.delete(f.id) || changed
  return changed
}

const expectBooks = (books: Books, orders: ReadonlyArray<Order>, taken: ReadonlySet<string>) => {
  for (const order of orders) {
    for (const f of order.fulfilments) {
      const at = f.branchId !== null && f.status !== "placed" && taken.has(f.branchId)
      if (!at) expect(books.has(f.id), `${order.number}-${f.part} is elsewhere (${f.status})`).toBe(false)
      // With the operator it may change as it likes until it is sent to a branch again.
      else if (f.status !== "operator" && (books.has(f.id) || !isEnded(f.status) || f.status === "closed")) {
        expect(books.get(f.id), `${order.number}-${f.part}`).toBe(document(order, f))
      }
    }
  }
}

describe("news of orders, by properties", () => {
  it.effect.prop(
    "D28, ORD-13: after any walk a partner that fetches knows every part at its branches as it is, and was told nothing in vain",
    { steps: Walk, branches: Schema.Array(Schema.Literals(BRANCHES)).check(Schema.isMaxLength(2)), every: Schema.Literals([1, 3]) },
    ({ steps, branches, every }) => {
      const taker = testTaker(branches)
      const books: Books = new Map()
      const walk = Effect.gen(function*() {
        const storage = yield* Storage
        for (const [n, step] of steps.entries()) {
          yield* take(step, n, true, newTally())
          if (n % every !== 0) continue
          for (const news of yield* drain(taker)) {
            const changed = enter(books, news)
            // Several changes in a row may end where they began; a single one never does.
            if (every === 1 && step.kind !== "world") expect(changed, `news of ${news.order.number} in vain`).toBe(true)
          }
          const orders = (yield* storage.orders.list({ limit: 1_000 })).items
          expectBooks(books, orders, taker.branches)
          expect(yield* storage.outbox.list("waiting", 10), "nothing waits after it was confirmed").toEqual([])
        }
      })
      return inWorld(walk, { hub: { adapters: [taker.adapter] } })
    },
    { arbitrary: { runs: 80, size: 40, seed: 20261127 } }
  )
})
