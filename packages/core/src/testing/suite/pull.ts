import { Effect } from "effect"
import { BranchId, type FulfilmentId, OrderId } from "../../kernel/ids.ts"
import type { CaseQuery, OpenCase } from "../../operator/model.ts"
import { Storage } from "../../store/ports.ts"
import { same } from "../assert.ts"
import { makeFulfilment, makeOrder, testUuid, TEST_NOW } from "../builders.ts"
import { loadNetwork } from "../network.ts"
import { commit, commitFacts, place, storageCase } from "./case.ts"

const T = TEST_NOW
const LANE = "1c"
const PARTNER = { kind: "partner", id: LANE } as const
const ADMIN = { kind: "operator", id: "admin" } as const

const orderId = (n: number): OrderId => OrderId.make(testUuid(n))

/** News as commits write them: [order, version]. */
const news = (...rows: ReadonlyArray<readonly [number, number]>) =>
  commitFacts({
    outbox: rows.map(([order, version]) => ({
      id: `${order}v${version}`,
      lane: LANE,
      method: "order",
      orderId: orderId(order),
      payload: {},
      availableAt: T,
      orderVersion: version
    }))
  })

/** What is pending, as "order×offers"; `limit` as asked. */
const pending = (limit = 10, lane = LANE) =>
  Effect.gen(function*() {
    const { pull } = yield* Storage
    const numbers = new Map(Array.from({ length: 50 }, (_, n) => [orderId(n), n]))
    return (yield* pull.pending(lane, limit)).map((one) => `${numbers.get(one.orderId)}×${one.offers}`)
  })

const offer = (order: number, version: number, parts: ReadonlyArray<number> = []) => ({
  orderId: orderId(order),
  version,
  parts: parts.map((part) => makeFulfilment({ n: order }, part))
})

const confirmed = (order: number, version: number, gone: ReadonlyArray<FulfilmentId> = []) => ({
  orderId: orderId(order),
  version,
  gone
})

const deadIds = Effect.flatMap(Storage, ({ outbox }) =>
  Effect.map(outbox.list("dead", 10), (rows) => rows.map((row) => row.id)))

export const pullCases = [
  storageCase("D28", "news are offered again until confirmed, oldest order first; each offer is counted", ({ pull }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      yield* news([2, 1], [1, 1])
      yield* news([2, 2])
      same(yield* pending(), ["2×0", "1×0"], "one per order")
      same(yield* pending(1), ["2×0"], "the limit")
      yield* pull.offered(LANE, [offer(2, 2), offer(1, 1)])
      yield* pull.offered(LANE, [offer(2, 2)])
      same(yield* pending(), ["2×2", "1×1"], "the same again")
      yield* pull.confirm(LANE, [confirmed(2, 2), confirmed(1, 1)])
      same(yield* pending(), [], "confirmed")
    })),

  storageCase("D28", "the confirmation of an older version leaves the newer news", ({ pull }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      yield* news([1, 3])
      yield* pull.offered(LANE, [offer(1, 3)])
      yield* news([1, 4])
      yield* pull.confirm(LANE, [confirmed(1, 3)])
      same(yield* pending(), ["1×0"], "the newer one, never offered")
      yield* pull.confirm(LANE, [confirmed(1, 3)])
      same(yield* pending(), ["1×0"], "confirmed twice")
      yield* pull.confirm(LANE, [confirmed(1, 9)])
      same(yield* pending(), [], "none left")
    })),

  storageCase("D28", "a quarantined order blocks itself only, in its lane only, and says so", ({ pull, feed }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      yield* news([1, 1], [2, 1], [1, 2])
      const before = yield* feed.position
      same(yield* pull.quarantine(LANE, orderId(1), "1C refuses it", PARTNER), true, "quarantined")
      same(yield* pull.quarantine(LANE, orderId(1), "again", PARTNER), false, "a second time there is nothing")
      yield* news([1, 3])
      same(yield* pending(), ["2×0"], "the other order, and nothing behind the dead letters")
      same(yield* deadIds, ["1v1", "1v2"], "visible")
      const events = yield* feed.read(before, 10)
      same(events.map(({ type, orderId: of, actor }) => [type, of, actor.id]), [["outbox.quarantined", orderId(1), LANE]], "event")
      yield* pull.confirm(LANE, [confirmed(1, 3)])
      same(yield* deadIds, [], "a partner that took it after all confirms dead letters too")
    })),

  storageCase("OPS-2", "a replayed dead letter brings its order back, from the start, with its event", ({ pull, feed, outbox }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      yield* news([1, 1], [1, 2], [2, 1])
      yield* pull.offered(LANE, [offer(1, 2)])
      yield* pull.quarantine(LANE, orderId(1), "refused", PARTNER)
      same(yield* pull.decide("2v1", "replayed", ADMIN, "no"), null, "it is not dead")
      same(yield* pull.decide("nobody", "replayed", ADMIN, "no"), null, "it is not there")
      const before = yield* feed.position
      const letter = yield* pull.decide("1v2", "replayed", ADMIN, "fixed in 1C")
      same([letter?.id, letter?.state, letter?.attempts, letter?.orderVersion], ["1v2", "waiting", 0, 2], "as it is now")
      same(yield* deadIds, [], "all of the order")
      same((yield* pending()).toSorted(), ["1×0", "2×0"], "both are offered")
      const [event] = yield* feed.read(before, 10)
      same([event?.type, event?.orderId, event?.actor.id], ["outbox.replayed", orderId(1), "admin"], "event")
      same((yield* outbox.list("waiting", 10)).map((row) => row.lastError), ["fixed in 1C", "fixed in 1C", null], "why")
    })),

  storageCase("OPS-2", "a discarded letter is gone; what waits behind it goes on", ({ pull, outbox }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      yield* news([1, 1], [1, 2])
      yield* pull.quarantine(LANE, orderId(1), "refused", PARTNER)
      yield* news([1, 3])
      same((yield* pull.decide("1v1", "discarded", ADMIN, "not needed"))?.state, "dropped", "dropped")
      same(yield* pull.decide("1v1", "discarded", ADMIN, "again"), null, "it has ended")
      same(yield* deadIds, [], "the order's dead ones are one state")
      same(yield* pending(), ["1×0"], "the news behind them")
      same((yield* pull.decide("1v3", "discarded", ADMIN, "nor this"))?.state, "dropped", "a waiting one")
      same(yield* outbox.list("waiting", 10), [], "none")
    })),

  storageCase("D28", "a lane that is sent does not see news, nor do news see it", ({ pull, outbox }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      yield* news([1, 1])
      const draft = { lane: LANE, method: "messages.send", orderId: orderId(1), payload: {}, availableAt: T }
      yield* commitFacts({ outbox: [{ ...draft, id: "sms1" }] })
      same((yield* outbox.claim(LANE, T, 2 * T, 10)).map((row) => row.id), ["sms1"], "claimed beside the news")
      same(yield* outbox.nextDue(LANE), 2 * T, "the end of its lease")
      same(yield* pending(), ["1×0"], "the news beside what is sent")
      same(yield* pull.decide("sms1", "discarded", ADMIN, "no"), null, "what is on its way is not discarded")
    })),

  storageCase("D28", "what a connection was told is kept until it knows that it is gone", ({ pull }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      yield* news([1, 1], [2, 1])
      yield* pull.offered(LANE, [offer(1, 1, [1, 2]), offer(2, 1, [1])])
      const toldOf = (...orders: ReadonlyArray<number>) =>
        Effect.map(pull.told(LANE, orders.map(orderId)), (told) => told.map((one) => one.part.id).toSorted())
      const ids = [offer(1, 1, [1]).parts[0]!.id, offer(1, 1, [2]).parts[0]!.id, offer(2, 1, [1]).parts[0]!.id]
      same(yield* toldOf(1, 2), ids, "all")
      same(yield* toldOf(2), [ids[2]], "of one order")
      same(yield* pull.told("odata", [orderId(1)]), [], "another connection was told nothing")
      const [known] = yield* pull.told(LANE, [orderId(2)])
      same(known, { orderId: orderId(2), part: makeFulfilment({ n: 2 }) }, "as it was told")
      yield* news([1, 2])
      yield* pull.confirm(LANE, [confirmed(1, 1, [ids[1]!])])
      same(yield* toldOf(1), ids.slice(0, 2), "kept: newer news will say it again")
      yield* pull.confirm(LANE, [confirmed(1, 2, [ids[1]!])])
      same(yield* toldOf(1), [ids[0]], "forgotten")
    })),

  storageCase("D28", "two that pull at once are told the same, and each offer is counted", ({ pull }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      yield* news(...Array.from({ length: 8 }, (_, n) => [n + 1, 1] as const))
      const one = Effect.gen(function*() {
        const found = yield* pull.pending(LANE, 10)
        yield* pull.offered(LANE, found.map(({ orderId: id }) => ({ orderId: id, version: 1, parts: [] })))
        return found.length
      })
      same(yield* Effect.forEach([1, 2, 3, 4], () => one, { concurrency: 4 }), [8, 8, 8, 8], "orders")
      same(new Set((yield* pull.pending(LANE, 10)).map((row) => row.offers)), new Set([4]), "offers")
    })),

  storageCase("ORD-3", "open cases are listed oldest first, of ended orders too, by reason, by branch and by pages", ({ orders }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      const one = (caseId: number, openedAt: number, reason: "shortage" | "needsErpAction", closedAt: number | null = null) =>
        ({ caseId, part: 1, reason, lineId: null, comment: `c${caseId}`, openedAt, closedAt, resolution: null })
      yield* place({ n: 1, over: { cases: [one(1, T + 5, "shortage"), one(2, T + 1, "needsErpAction")] } })
      const ended = makeOrder({ n: 2, branch: "south", status: "cancelled", lines: [{ product: "aspirin", quantity: 1, held: 0 }] })
      yield* commit(null, { ...ended, cases: [one(1, T + 5, "needsErpAction"), one(2, T, "shortage", T + 1)] })
      const list = (query: Partial<CaseQuery> = {}) => orders.openCases({ limit: 10, ...query })
      const names = (page: { readonly items: ReadonlyArray<OpenCase> }) => page.items.map((c) => `${c.number}/${c.caseId}`)
      same(names(yield* list()), ["1001/2", "1001/1", "1002/1"], "all")
      same((yield* list()).items.at(-1), {
        orderId: ended.id,
        number: "1002",
        channelId: ended.channelId,
        part: 1,
        fulfilmentId: ended.fulfilments[0]!.id,
        branchId: "south",
        status: "cancelled",
        caseId: 1,
        reason: "needsErpAction",
        lineId: null,
        comment: "c1",
        openedAt: T + 5
      }, "as it is shown")
      same(names(yield* list({ reasons: ["shortage"] })), ["1001/1"], "of a reason")
      same(names(yield* list({ branchId: BranchId.make("south") })), ["1002/1"], "at a branch")
      const first = yield* list({ limit: 2 })
      same(names(first), ["1001/2", "1001/1"], "first page")
      const second = yield* list({ limit: 2, after: first.next! })
      same([names(second), second.next], [["1002/1"], null], "second page")
    })),

  storageCase("ORD-8", "links and orders are read by a list of ids and numbers", ({ catalogue, orders }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      const link = (connection: string, externalId: string, id: string) => ({ connection, kind: "product", externalId, id })
      yield* catalogue.putLinks([link("1c", "g1", "aspirin"), link("1c", "g2", "coffee"), link("b", "g9", "aspirin")])
      same(yield* catalogue.linksOf("1c", "product", ["aspirin", "none"]), [link("1c", "g1", "aspirin")], "links")
      same(yield* catalogue.linksOf("1c", "product", []), [], "of nothing")
      same(yield* orders.byNumbers(["1", "2"]), [], "no such orders")
    }))
]
