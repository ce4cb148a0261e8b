import { Effect, Fiber } from "effect"
import { BranchId } from "../../kernel/ids.ts"
import { check, same } from "../assert.ts"
import { kzt, makeFulfilment, makeOrder, withPart } from "../builders.ts"
import { loadNetwork } from "../network.ts"
import { commit, commitFacts, place, storageCase } from "./case.ts"

const range = (count: number): ReadonlyArray<number> => Array.from({ length: count }, (_, i) => i + 1)

export const feedCases = [
  storageCase("D22", "numbers have no gap and follow the order of commits", ({ feed }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      const start = yield* feed.position
      const seqs: Array<number> = []
      for (const n of range(3)) seqs.push((yield* commit(null, makeOrder({ n }))).committed.seq)
      same(seqs, [start + 1, start + 2, start + 3], "seq of each commit")
      const events = yield* feed.read(start, 100)
      same(events.map((event) => event.seq), seqs, "seq of each event")
      same(events.map((event) => event.orderId), range(3).map((n) => makeOrder({ n }).id), "order of events")
      same(yield* feed.position, start + 3, "position")
    })),

  storageCase("D22", "concurrent commits get consecutive numbers, events of one change stay together", ({ feed }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      const start = yield* feed.position
      const twoParts = (n: number) => {
        const order = makeOrder({ n })
        return { ...order, fulfilments: [...order.fulfilments, makeFulfilment({ n, branch: "south", lines: [] }, 2)] }
      }
      const attempt = (n: number) => Effect.result(commit(null, twoParts(n)))
      const done = yield* Effect.forEach(range(20), attempt, { concurrency: 16 })
      const won = done.flatMap((outcome) => (outcome._tag === "Success" ? [outcome.success] : []))
      same(won.length, 10, "the stock allows 10")
      const events = yield* feed.read(start, 100)
      same(events.map((event) => event.seq), range(20).map((n) => start + n), "no gap, though 10 commits were refused")
      for (const { order, committed } of won) {
        const own = events.filter((event) => event.orderId === order.id).map((event) => event.seq)
        same(own, [committed.seq - 1, committed.seq], `events of order ${order.number}`)
      }
    })),

  storageCase("D22", "a change without events leaves the number as it is", ({ feed }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      const start = yield* feed.position
      same((yield* commitFacts({})).seq, start, "seq")
      same(yield* feed.position, start, "position")
    })),

  storageCase("D22", "reading starts after a number, ends at the limit and may be one board's", ({ feed }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      const start = yield* feed.position
      for (const n of range(6)) yield* place({ n, branch: n % 2 === 0 ? "south" : "north" })
      const seqs = (events: ReadonlyArray<{ readonly seq: number }>) => events.map((event) => event.seq - start)
      same(seqs(yield* feed.read(start + 2, 3)), [3, 4, 5], "after 2, three of them")
      same(seqs(yield* feed.read(start, 2, BranchId.make("south"))), [2, 4], "two of the south")
      same(seqs(yield* feed.read(start + 4, 10, BranchId.make("south"))), [6], "the rest of the south")
      same(yield* feed.read(start + 6, 10), [], "nothing yet")
    })),

  storageCase("ORD-8", "an event comes back as it was recorded", ({ feed, orders }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      const start = yield* feed.position
      const order = makeOrder({ n: 1, lines: [{ product: "aspirin", quantity: 3, held: 2 }] })
      const times = { openedAt: 1, closedAt: null, resolution: null }
      const opened = { caseId: 1, part: 1, reason: "tooFew", lineId: 1, comment: "ё", ...times } as const
      const first = yield* commit(null, { ...order, cases: [opened] })
      const paid = { ...first.order, payment: { method: "cash", state: "paid" } } as const
      const second = yield* commit(first.order, paid, { actor: { kind: "operator", id: "o-7" } })
      const events = [...first.change.events, ...second.change.events]
      const recorded = events.map((event, i) => ({ ...event, seq: start + 1 + i }))
      same(yield* feed.read(start, 10), recorded, "events")
      same(yield* orders.events(order.id), recorded, "chronology")
    })),

  storageCase("ORD-8", "the chronology of an order is its own, oldest first", ({ orders }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      const mine = yield* place({ n: 1 })
      const other = yield* place({ n: 2 })
      const { order } = yield* commit(mine, withPart(mine, { deferredUntil: 1 }), { type: "fulfilment.defer" })
      yield* commit(other, withPart(other, { deferredUntil: 1 }))
      yield* commit(order, withPart(order, { branchId: BranchId.make("south") }), { type: "fulfilment.assign" })
      const events = yield* orders.events(mine.id)
      const types = ["order.placed", "fulfilment.defer", "fulfilment.assign", "fulfilment.assign"]
      same(events.map((event) => event.type), types, "types; the branch that was left is told too")
      same(events.map((event) => event.branchId), ["north", "north", "south", "north"], "branches")
      check(events.every((event, i) => i === 0 || event.seq > events[i - 1]!.seq), "oldest first")
    })),

  storageCase("D22", "listeners are called after a commit, when its events can be read", ({ feed }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      const start = yield* feed.position
      let calls = 0
      let stop = (): void => undefined
      const called = Effect.callback<void>((resume) => {
        stop = feed.subscribe(() => {
          calls++
          resume(Effect.void)
        })
      })
      const waiting = yield* Effect.forkChild(Effect.andThen(called, feed.read(start, 10)), { startImmediately: true })
      yield* place({ n: 1 })
      same((yield* Fiber.join(waiting)).length, 1, "events when the listener was called")
      stop()
      const before = calls
      yield* place({ n: 2 })
      same(calls, before, "calls after the way out")
    })),

  storageCase("D22", "nothing has been let go of a fresh feed", ({ feed }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      yield* place({ n: 1 })
      same(yield* feed.floor, 0, "floor")
    })),

  storageCase("P8", "money and units in an event survive", ({ orders }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      const order = yield* place({ n: 1 })
      const line = { ...order.fulfilments[0]!.lines[0]!, price: kzt(2_147_483_647), quantity: 100_000 }
      yield* commit(order, withPart(order, { lines: [line] }))
      const [, changed] = yield* orders.events(order.id)
      same(changed?.data["lines"], [{ lineId: 1, tracked: true, quantity: [1, 100_000] }], "lines")
    }))
]
