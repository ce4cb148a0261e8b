import { Effect } from "effect"
import { BranchId, OrderId, ProductId } from "../../kernel/ids.ts"
import { HOUR, MINUTE } from "../../kernel/time.ts"
import { type OrderQuery, Storage } from "../../store/ports.ts"
import { check, same } from "../assert.ts"
import { makeFulfilment, makeOrder, type OrderDraft, testUuid, TEST_NOW, withPart } from "../builders.ts"
import { loadNetwork, smallNetwork } from "../network.ts"
import { commit, place, storageCase } from "./case.ts"

const T = TEST_NOW
const NORTH = BranchId.make("north")
const range = (from: number, to: number): ReadonlyArray<number> =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i)
const ids = (...ns: ReadonlyArray<number>) => ns.map((n) => testUuid(n))
const NOT_HELD = [{ product: "aspirin", quantity: 1, held: 0 }]
const placeAt = (n: number, draft: Partial<OrderDraft> = {}) => place({ n, at: T + n * MINUTE, ...draft })
const accept = { policy: { acceptedDue: "expire" } } as const

/** Numbers of the orders that a query finds, in order. */
const find = (query: Omit<OrderQuery, "limit">) =>
  Effect.flatMap(Storage, ({ orders }) =>
    Effect.map(orders.list({ limit: 100, ...query }), ({ items }) => items.map((order) => Number(order.number) - 1000)))

export const listCases = [
  storageCase("SDK-5", "orders are paged newest first without a gap, though new ones come in", ({ orders }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      for (const n of range(1, 7)) yield* placeAt(n, { at: T + Math.ceil(n / 2) * MINUTE, lines: [] })
      const seen: Array<string> = []
      let after: string | undefined
      for (let turn = 0; turn < 3; turn++) {
        const page = yield* orders.list({ limit: 3, after })
        seen.push(...page.items.map((order) => order.id))
        same(page.next === null, turn === 2, `the end at page ${turn + 1}`)
        after = page.next ?? undefined
        yield* placeAt(20 + turn, { lines: [] })
      }
      same(seen, ids(7, 6, 5, 4, 3, 2, 1), "ids")
      same((yield* orders.list({ limit: 10 })).next, null, "one page that is just full")
    })),

  storageCase("D22", "a list says where the feed stood when it was read", ({ orders, feed }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      yield* placeAt(1)
      same((yield* orders.list({ limit: 1 })).position, yield* feed.position, "position")
    })),

  storageCase("ORD-5", "a list is one channel's, one branch's or of some states", () =>
    Effect.gen(function*() {
      yield* loadNetwork()
      const app = smallNetwork().channels[1]!.id
      yield* placeAt(1)
      yield* placeAt(2, { branch: "south", status: "operator" })
      yield* placeAt(3, { status: "accepted", over: { channelId: app } })
      const two = makeOrder({ n: 4, at: T + 4 * MINUTE, status: "closed", lines: [] })
      const part = makeFulfilment({ n: 4, branch: "south", lines: [] }, 2)
      yield* commit(null, { ...two, fulfilments: [...two.fulfilments, part] })
      same(yield* find({ channelId: app }), [3], "of the app")
      same(yield* find({ branchId: BranchId.make("south") }), [4, 2], "of the south")
      same(yield* find({ status: ["assigned", "accepted"] }), [4, 3, 1], "assigned or accepted")
      same(yield* find({ status: ["closed"] }), [], "an order is as far as its least advanced part")
      same(yield* find({ status: [] }), [], "of no state")
      same(yield* find({ branchId: NORTH, status: ["assigned"] }), [1], "the same part must be both")
      same(yield* find({ branchId: NORTH, status: ["closed"] }), [4], "a part that has ended")
    })),

  storageCase("ORD-17", "the counter finds an order by name, phone or number", () =>
    Effect.gen(function*() {
      yield* loadNetwork()
      const named = (n: number, name: string, phone: string | null) =>
        placeAt(n, { lines: [], over: { customer: { name, phone, email: null, language: "ru" } } })
      yield* named(1, "Фёдор  Ёлкин", "+77011234567")
      yield* named(2, "Әлия Қасымова", "+77479998877")
      yield* named(3, "100%_дом", null)
      same(yield* find({ text: "федор елк" }), [1], "ё is е, case and blanks do not matter")
      same(yield* find({ text: "ҚАСЫМ" }), [2], "a part of a Kazakh name")
      same(yield* find({ text: "123 45-67" }), [1], "the end of a phone, spelled")
      same(yield* find({ text: "+7 747" }), [2], "the start of a phone")
      same(yield* find({ text: "1002" }), [2], "a number")
      same(yield* find({ text: "1002-1" }), [2], "the number of a part")
      same(yield* find({ text: "100" }), [3, 2, 1], "the start of numbers")
      same(yield* find({ text: "%" }), [3], "% is a letter")
      same(yield* find({ text: "о_" }), [], "_ is a letter")
      same(yield* find({ text: "Петров" }), [], "nobody")
    })),

  storageCase("ORD-7", "what is due and waits for a person can be listed", () =>
    Effect.gen(function*() {
      yield* loadNetwork()
      const end = { expiresAt: T + HOUR }
      yield* placeAt(1, { ...end, status: "accepted" })
      yield* placeAt(2, { ...end, status: "operator" })
      yield* placeAt(3, { ...end, status: "awaiting", lines: [{ product: "rare", quantity: 1, held: 0 }] })
      yield* placeAt(4, { ...end, status: "assembled" })
      yield* placeAt(5, { ...end, status: "assigned" })
      yield* placeAt(6, { status: "accepted", expiresAt: T + 3 * HOUR })
      yield* place({ n: 7, at: T + 7 * MINUTE, ...end, status: "accepted" }, accept)
      yield* placeAt(8, { ...end, status: "cancelled", lines: [] })
      same(yield* find({ dueBefore: T + HOUR + 1 }), [3, 2, 1], "due")
      same(yield* find({ dueBefore: T + HOUR }), [], "before, not at, the instant")
      same(yield* find({ dueBefore: T + HOUR + 1, status: ["accepted"] }), [1], "accepted only")
      same(yield* find({ dueBefore: T + 4 * HOUR, status: ["accepted"] }), [6, 1], "later")
    })),

  storageCase("D10", "what the system must end is told, earliest first", ({ orders }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      same(yield* orders.nextSweep, null, "nothing to do")
      yield* placeAt(1, { expiresAt: T + 3 * HOUR })
      yield* placeAt(2, { expiresAt: T + HOUR, status: "assembled" })
      yield* placeAt(3, { expiresAt: T + 2 * HOUR, status: "accepted" })
      const fourth = yield* place({ n: 4, at: T, expiresAt: T + 2 * HOUR, status: "accepted" }, accept)
      yield* placeAt(5, { expiresAt: T, status: "operator" })
      same(yield* orders.nextSweep, T + HOUR, "the next one")
      same(yield* orders.due(T + HOUR - 1, 9), [], "a moment too early")
      same(yield* orders.due(T + HOUR, 9), ids(2), "at the very end")
      same(yield* orders.due(T + 9 * HOUR, 9), ids(2, 4, 1), "all of them")
      same(yield* orders.due(T + 9 * HOUR, 2), ids(2, 4), "two of them")
      yield* commit(fourth, withPart(fourth, { status: "closed", sweepAt: null }))
      same(yield* orders.due(T + 9 * HOUR, 9), ids(2, 1), "an ended one is no longer due")
    })),

  storageCase("D10", "only what expiry will free counts as due units", ({ orders }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      const end = { expiresAt: T + HOUR }
      const lines = [
        { product: "aspirin", quantity: 2 },
        { product: "ibuprofen", quantity: 2, held: 1 },
        { product: "coffee", quantity: 1, tracked: false },
        { product: "rare", quantity: 1, held: 0 }
      ]
      yield* placeAt(1, { ...end, status: "assembled", lines })
      yield* placeAt(2, { ...end, status: "assigned" })
      yield* placeAt(3, { ...end, status: "accepted" })
      yield* place({ n: 4, at: T, ...end, status: "accepted", branch: "south" }, accept)
      yield* placeAt(5, { expiresAt: T + 2 * HOUR, status: "assembled" })
      same(yield* orders.dueUnits(T + HOUR - 1), [], "a moment too early")
      const due = (yield* orders.dueUnits(T + HOUR))
        .map((held) => `${held.orderId} ${held.productId} ${held.branchId} ${held.units}`)
      const [first, fourth] = ids(1, 4)
      const expected = [`${first} aspirin north 2`, `${first} ibuprofen north 1`, `${fourth} aspirin south 1`]
      same(due.toSorted(), expected, "due units")
    })),

  storageCase("D7", "who holds a product at a branch is told, youngest first", ({ orders }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      yield* placeAt(1, { status: "operator" })
      yield* placeAt(3, { status: "accepted" })
      yield* placeAt(2)
      yield* placeAt(4, { status: "assembled" })
      yield* placeAt(5, { branch: "south" })
      yield* placeAt(6, { lines: NOT_HELD })
      yield* placeAt(7, { lines: [{ product: "ibuprofen", quantity: 1 }] })
      yield* placeAt(8, { status: "awaiting", lines: [{ product: "aspirin", quantity: 2, held: 1 }] })
      same(yield* orders.holders(ProductId.make("aspirin"), NORTH), ids(8, 3, 2, 1), "holders")
    })),

  storageCase("D15", "orders whose planning was cut off are found", ({ orders }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      const placed = (n: number) => placeAt(n, { status: "placed", lines: NOT_HELD })
      yield* Effect.forEach([2, 1, 3], placed)
      yield* placeAt(4)
      same(yield* orders.placedBefore(T + 3 * MINUTE, 9), ids(1, 2), "before")
      same(yield* orders.placedBefore(T + HOUR, 1), ids(1), "one")
    })),

  storageCase("D11", "waiting orders are told, oldest first", ({ orders }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      const waiting = (n: number) => placeAt(n, { status: "awaiting", lines: NOT_HELD })
      yield* Effect.forEach([2, 1, 3], waiting)
      yield* placeAt(4)
      same(yield* orders.awaiting(9), ids(1, 2, 3), "all")
      same(yield* orders.awaiting(2), ids(1, 2), "two")
      same(yield* orders.awaiting(2, OrderId.make(ids(2)[0]!)), ids(3), "the next page")
    })),

  storageCase("D14", "blocks of numbers never overlap", (storage) =>
    Effect.gen(function*() {
      const taken = yield* Effect.forEach(range(1, 12), (n) =>
        Effect.map(storage.takeNumbers(n * 10), (first) => ({ first, end: first + n * 10 })), { concurrency: 12 })
      const sorted = taken.toSorted((a, b) => a.first - b.first)
      check(sorted[0]!.first >= 1, "numbers are positive")
      for (const [i, block] of sorted.entries()) {
        check(i === 0 || block.first >= sorted[i - 1]!.end, `blocks overlap at ${block.first}`)
      }
      check((yield* storage.takeNumbers(1)) >= sorted.at(-1)!.end, "a later block comes after all of them")
    }))
]
