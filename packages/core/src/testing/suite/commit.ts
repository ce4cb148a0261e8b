import { Effect } from "effect"
import type { Order } from "../../order/model.ts"
import { Storage } from "../../store/ports.ts"
import { check, failure, same } from "../assert.ts"
import { kzt, makeFulfilment, makeMovement, makeOrder, testUuid, withPart } from "../builders.ts"
import { loadNetwork, smallNetwork } from "../network.ts"
import { commit, commitFacts, figures, place, storageCase } from "./case.ts"
import { fullOrder } from "./full-order.ts"

const key = (text: string, fingerprint: string) => ({ scope: "branch/north", key: text, fingerprint })

const sale = (id: string, source: string) => ({
  source,
  id,
  branchId: smallNetwork().branches[0]!.id,
  occurredAt: "2026-11-23T06:00:00Z",
  lines: [{ productId: smallNetwork().products[0]!.id, quantity: 1 }] as const
})

/** Everything that a refused commit must leave as it was. */
const footprint = Effect.gen(function*() {
  const storage = yield* Storage
  return {
    position: yield* storage.feed.position,
    aspirin: yield* figures("aspirin", "north"),
    ibuprofen: yield* figures("ibuprofen", "north"),
    orders: (yield* storage.orders.list({ limit: 100 })).items,
    outbox: yield* storage.outbox.list("waiting", 100)
  }
})

const readBack = (order: Order) =>
  Effect.gen(function*() {
    const { orders } = yield* Storage
    same(yield* orders.byId(order.id), order, "byId")
    same(yield* orders.byNumber(order.number), order, "byNumber")
    same(yield* orders.byKey(order.channelId, order.externalId), order, "byKey")
    for (const f of order.fulfilments) same(yield* orders.byFulfilment(f.id), order, "byFulfilment")
  })

export const commitCases = [
  storageCase("ORD-1", "an order comes back as it was committed", () =>
    Effect.gen(function*() {
      yield* loadNetwork()
      const { order } = yield* commit(null, fullOrder())
      yield* readBack(order)
    })),

  storageCase("ORD-1", "a changed order comes back as it was committed", () =>
    Effect.gen(function*() {
      yield* loadNetwork()
      const { order: before } = yield* commit(null, fullOrder())
      const [first, second] = before.fulfilments
      const { order } = yield* commit(before, {
        ...before,
        customer: { name: "", phone: "+77019998877", email: null, language: "en" },
        comment: null,
        plan: null,
        payment: { method: "online", state: "refundDue" },
        cases: before.cases.map((old) => ({ ...old, closedAt: old.closedAt === null ? 9 : null, comment: null })),
        fulfilments: [
          { ...first!, status: "assembled", lines: first!.lines.slice(2, 5).toReversed(), reservation: null },
          { ...second!, branchId: first!.branchId, status: "closed" },
          makeFulfilment({ n: 78, status: "operator", lines: [{ product: "rare", quantity: 1, held: 0 }] }, 3)
        ]
      })
      same(order.version, 2, "version")
      yield* readBack(order)
    })),

  storageCase("ORD-1", "what is not there is null", ({ orders }) =>
    Effect.gen(function*() {
      const order = makeOrder({ n: 1 })
      same(yield* orders.byId(order.id), null, "byId")
      same(yield* orders.byNumber(order.number), null, "byNumber")
      same(yield* orders.byKey(order.channelId, order.externalId), null, "byKey")
      same(yield* orders.byFulfilment(order.fulfilments[0]!.id), null, "byFulfilment")
      same(yield* orders.events(order.id), [], "events")
    })),

  storageCase("D23", "these five ids are five orders", ({ orders }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      const ids = ["A-1", "a-1", "A-1 ", "Ё1", "е1"]
      const placed = yield* Effect.forEach(ids, (externalId, i) => place({ n: i + 1, over: { externalId } }))
      for (const [i, order] of placed.entries()) {
        same(yield* orders.byKey(order.channelId, ids[i]!), order, `the order ${JSON.stringify(ids[i])}`)
      }
      const app = smallNetwork().channels[1]!.id
      yield* place({ n: 6, over: { externalId: "A-1", channelId: app } })
      same((yield* orders.byKey(app, "A-1"))?.id, testUuid(6), "the other channel's A-1")
      same((yield* figures("aspirin", "north")).reserved, 6, "reserved")
    })),

  storageCase("ORD-1", "the same intake key is refused with the first order's id", () =>
    Effect.gen(function*() {
      yield* loadNetwork()
      const first = yield* place({ n: 1 })
      const before = yield* footprint
      const again = yield* failure(place({ n: 2, over: { externalId: first.externalId } }), "Duplicate")
      same([again.kind, again.orderId], ["order", first.id], "duplicate")
      same(yield* footprint, before, "footprint")
    })),

  storageCase("D15", "the intake key is checked before versions and stock", () =>
    Effect.gen(function*() {
      yield* loadNetwork()
      const first = yield* place({ n: 1 })
      const lines = [{ product: "rare", quantity: 9 }]
      const again = yield* failure(place({ n: 1, lines }), "Duplicate")
      same(again.orderId, first.id, "the first order")
    })),

  storageCase("ORD-6", "a sale is taken once per source and id", () =>
    Effect.gen(function*() {
      yield* loadNetwork()
      const order = yield* place({ n: 1 })
      const movements = [makeMovement("aspirin", "north", -1, order.createdAt + 1)]
      yield* commit(order, order, { sale: sale("s-1", "till-1"), movements })
      const again = yield* failure(commitFacts({ sale: sale("s-1", "till-1"), movements }), "Duplicate")
      same([again.kind, again.orderId], ["sale", order.id], "duplicate of the order's sale")
      yield* commitFacts({ sale: sale("s-1", "till-2"), movements })
      const walkIn = yield* failure(commitFacts({ sale: sale("s-1", "till-2"), movements }), "Duplicate")
      same([walkIn.kind, walkIn.orderId], ["sale", null], "duplicate of the walk-in")
      same((yield* figures("aspirin", "north")).onHand, 8, "onHand")
    })),

  storageCase("ORD-1", "a caller's key is taken once, with what it asked for", () =>
    Effect.gen(function*() {
      yield* loadNetwork()
      const first = yield* place({ n: 1 })
      const { order } = yield* commit(first, first, { key: key("k", "accept") })
      const again = yield* failure(commit(first, first, { key: key("k", "cancel") }), "Duplicate")
      same([again.kind, again.orderId, again.fingerprint], ["key", order.id, "accept"], "duplicate before version")
      yield* commit(order, order, { key: { ...key("k", "accept"), scope: "branch/south" } })
      const stored = yield* Effect.flatMap(Storage, (storage) => storage.orders.byId(order.id))
      same(stored?.version, 3, "version after another scope's key")
    })),

  storageCase("D27", "the mark of a partner's message is kept by itself, once, and is found", ({ orders }) =>
    Effect.gen(function*() {
      const mark = { scope: "inbox/1c", key: "m-1", fingerprint: "" }
      same(yield* orders.usedKey(mark.scope, mark.key), null, "free")
      yield* commitFacts({ key: mark })
      same(yield* orders.usedKey(mark.scope, mark.key), { orderId: null, fingerprint: "" }, "used")
      const again = yield* failure(commitFacts({ key: mark }), "Duplicate")
      same([again.kind, again.orderId], ["key", null], "duplicate")
      same(yield* orders.usedKey("inbox/other", mark.key), null, "another connection's")
    })),

  storageCase("D27", "a message's id is kept with its effect, or neither is", ({ orders }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      const mark = { scope: "inbox/1c", key: "m-1/fulfilment.accept/f", fingerprint: "" }
      const first = yield* place({ n: 1 })
      const { order } = yield* commit(first, first)
      yield* failure(commit(first, first, { key: mark }), "VersionConflict")
      same(yield* orders.usedKey(mark.scope, mark.key), null, "refused: not kept")
      yield* commit(order, order, { key: mark })
      same((yield* orders.usedKey(mark.scope, mark.key))?.orderId, order.id, "kept with it")
    })),

  storageCase("D12", "a stale version is refused before stock is looked at", () =>
    Effect.gen(function*() {
      yield* loadNetwork()
      const first = yield* place({ n: 1 })
      yield* commit(first, withPart(first, { deferredUntil: 5 }))
      const before = yield* footprint
      const [line] = first.fulfilments[0]!.lines
      const tooMany = withPart(first, { lines: [{ ...line!, quantity: 99, held: 99 }] })
      const error = yield* failure(commit(first, tooMany), "VersionConflict")
      same(error.orderId, first.id, "orderId")
      same(yield* footprint, before, "footprint")
    })),

  storageCase("D12", "an order that exists cannot come again, one that does not cannot change", () =>
    Effect.gen(function*() {
      yield* loadNetwork()
      const first = yield* place({ n: 1 })
      yield* failure(place({ n: 1, over: { externalId: "other", number: "7" } }), "VersionConflict")
      const stranger = { ...makeOrder({ n: 2 }), version: 1 }
      yield* failure(commit(stranger, stranger), "VersionConflict")
      yield* failure(commit({ ...first, version: 9 }, first), "VersionConflict")
    })),

  storageCase("P1", "one bad line among good ones changes nothing at all", () =>
    Effect.gen(function*() {
      yield* loadNetwork()
      const before = yield* footprint
      const lines = [
        { product: "aspirin", quantity: 2 },
        { product: "ibuprofen", quantity: 6 },
        { product: "insulin", quantity: 1 }
      ]
      const message = { id: "m-1", lane: "sms", method: "messages.send", orderId: null, payload: {}, availableAt: 0 }
      const draft = { key: key("k", "f"), sale: sale("s", "till"), outbox: [message] }
      const movements = [makeMovement("insulin", "north", -1, makeOrder({ n: 1 }).createdAt + 1)]
      yield* failure(commit(null, makeOrder({ n: 1, lines }), { ...draft, movements }), "InsufficientStock")
      same(yield* footprint, before, "footprint")
      same(yield* figures("insulin", "north"), { onHand: 4, reserved: 0 }, "insulin")
      const good = makeOrder({ n: 1, lines: lines.map((line) => ({ ...line, quantity: 1 })) })
      const { order } = yield* commit(null, good, draft)
      yield* readBack(order)
    })),

  storageCase("P1", "a refused change of an order leaves its version, lines and log", ({ orders }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      const order = yield* place({ n: 1 })
      const line = order.fulfilments[0]!.lines[0]!
      const grown = withPart(order, { lines: [line, { ...line, lineId: 2, quantity: 10, held: 10, price: kzt(1) }] })
      const error = yield* failure(commit(order, grown), "InsufficientStock")
      check(error.refused.length === 1, "one row is refused: the sum of what the lines want more of it")
      yield* readBack(order)
      same((yield* orders.events(order.id)).length, 1, "events")
    }))
]
