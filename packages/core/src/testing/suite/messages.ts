import { Effect } from "effect"
import { ChannelId, OrderId } from "../../kernel/ids.ts"
import type { MessageState } from "../../notify/ports.ts"
import type { UnendedQuery } from "../../store/messages.ts"
import { Storage } from "../../store/ports.ts"
import { same } from "../assert.ts"
import { TEST_NOW, testUuid } from "../builders.ts"
import { loadNetwork } from "../network.ts"
import { commitFacts, storageCase } from "./case.ts"

const T = TEST_NOW
const ORDER = OrderId.make(testUuid(1))

const report = (providerId: string, state: MessageState, now = T, connection = "sms") =>
  Effect.flatMap(Storage, ({ messages }) =>
    messages.report({ connection, providerId, state, at: now - 1_000, detail: `код ${state}` }, now))

const ofOrder = (id = ORDER) => Effect.flatMap(Storage, ({ messages }) => messages.ofOrder(id))

const draft = (id: string, over: { readonly method?: string; readonly order?: number } = {}) => ({
  id,
  lane: "sms",
  method: over.method ?? "messages.send",
  orderId: OrderId.make(testUuid(over.order ?? 1)),
  payload: { notice: "reserved", branchId: "Ё-1" },
  availableAt: T
})

/** Sends the oldest message of the order, as the gateway's `providerId`. */
const sent = (providerId: string) =>
  Effect.gen(function*() {
    const { outbox } = yield* Storage
    const [message] = yield* outbox.claim("sms", T, T + 60_000, 1)
    yield* outbox.settle([{
      id: message!.id,
      token: message!.token,
      at: T,
      state: "done",
      availableAt: null,
      error: null,
      partnerRef: providerId
    }])
  })

export const messageCases = [
  storageCase("SMS-2", "a delivery report is kept once per state, and never goes back", ({ messages }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      yield* commitFacts({ outbox: [draft("m1")] })
      yield* sent("g-1")
      const news = []
      for (const state of ["unknown", "sent", "sent", "accepted", "expired", "undelivered", "delivered", "expired"] as const) {
        news.push(yield* report("g-1", state))
      }
      same(news, [false, true, false, false, true, false, true, false], "what was news")
      same((yield* ofOrder())[0]?.report, { state: "delivered", at: T - 1_000, detail: "код delivered" }, "as it ended")
      same(yield* messages.prune(T, 10), 0, "not old")
    })),

  storageCase("SMS-2", "a report may come before its message is known to be sent, and belongs to its connection alone", () =>
    Effect.gen(function*() {
      yield* loadNetwork()
      yield* commitFacts({ outbox: [draft("m1"), draft("m2"), draft("x", { method: "other" }), draft("y", { order: 2 })] })
      yield* report("g-1", "sent")
      yield* report("g-1", "delivered", T, "other")
      same((yield* ofOrder()).map(({ id, state, report }) => [id, state, report]), [
        ["m1", "waiting", null], ["m2", "waiting", null]
      ], "before")
      yield* sent("g-1")
      const [first, second] = yield* ofOrder()
      same(first, {
        id: "m1",
        connection: "sms",
        payload: { notice: "reserved", branchId: "Ё-1" },
        state: "done",
        error: null,
        providerId: "g-1",
        report: { state: "sent", at: T - 1_000, detail: "код sent" }
      }, "after")
      same([second?.state, second?.report], ["waiting", null], "the next one")
      same(yield* ofOrder(OrderId.make(testUuid(3))), [], "of another order")
    })),

  storageCase("SMS-2", "old reports are forgotten in steps", ({ messages }) =>
    Effect.gen(function*() {
      for (const id of ["a", "b", "c"]) yield* report(id, "sent", T)
      yield* report("d", "sent", T + 100)
      yield* report("a", "delivered", T + 100)
      same(yield* messages.prune(T + 50, 1), 1, "one step")
      same(yield* messages.prune(T + 50, 10), 1, "the rest")
      same([yield* report("d", "sent", T + 200), yield* report("a", "sent", T + 200)], [false, false], "news of later stay")
    })),

  storageCase("SMS-1", "who wants no messages is known by the exact address, until taken back", ({ messages }) =>
    Effect.gen(function*() {
      const all = ["+77010000001", "+77010000002", "a@b.kz", "+7701000000"]
      const out = () => Effect.map(messages.optedOut(all), (found) => [...found].toSorted())
      same(yield* out(), [], "nobody at first")
      for (const address of ["+77010000002", "a@b.kz", "+77010000002"]) yield* messages.optOut(address, true, T)
      same(yield* out(), ["+77010000002", "a@b.kz"], "two")
      yield* messages.optOut("+77010000002", false, T)
      yield* messages.optOut("+77010000001", false, T)
      same(yield* out(), ["a@b.kz"], "one is back")
      same([...(yield* messages.optedOut([]))], [], "of nobody")
    })),

  storageCase("SMS-2", "browsers are kept by channel and owner, the newest first and so many, until they are gone", ({ messages }) =>
    Effect.gen(function*() {
      const put = (n: number, owner = "+77010000001", channel = "shop", at = T) =>
        messages.subscribe({
          channelId: ChannelId.make(channel), owner, endpoint: `https://push.example/${"ё".repeat(600)}${n}`, keys: { p256dh: `p${n}`, auth: "a" }
        }, at)
      const of = (...owners: ReadonlyArray<string>) =>
        Effect.map(messages.subscriptions(owners), (found) => found.map(({ channelId, keys }) => `${channelId} ${keys.p256dh}`))
      same(yield* of("+77010000001"), [], "none at first")
      for (const n of [1, 2, 1]) yield* put(n)
      same(yield* of("+77010000001"), ["shop p1", "shop p2"], "the same again is the newest")
      yield* put(1, "order")
      yield* put(1, "+77010000001", "app")
      same([yield* of("order"), (yield* of("+77010000001", "order")).length, yield* of()], [["shop p1"], 4, []], "by owner")
      for (const n of [3, 4, 5, 6]) yield* put(n)
      same(yield* of("+77010000001"), ["shop p6", "shop p5", "shop p4", "shop p3", "app p1", "shop p1"], "five of a channel")
      const endpoint = (yield* messages.subscriptions(["order"]))[0]!.endpoint
      yield* messages.unsubscribe(endpoint, ChannelId.make("app"))
      same((yield* of("+77010000001")).includes("app p1"), false, "taken back by its channel")
      same(yield* of("order"), ["shop p1"], "not by another one")
      yield* messages.unsubscribe(endpoint, null)
      same([yield* of("order"), yield* of("+77010000001")], [[], ["shop p6", "shop p5", "shop p4", "shop p3"]], "gone everywhere")
      yield* put(7, "order", "shop", T - 100)
      same([yield* messages.pruneBuyers(T, "0", 1), yield* of("order"), (yield* of("+77010000001")).length], [1, [], 4], "old ones go")
    })),

  storageCase("SMS-1", "of those who count at once none goes beyond a limit, and a wish counts on all its counters or on none", ({ messages }) =>
    Effect.gen(function*() {
      const wish = (phone: string, day = "2026-11-28") => [{ counter: `to ${phone}`, day, limit: 3 }, { counter: "by sms", day, limit: 5 }]
      const all = yield* Effect.forEach(Array.from({ length: 8 }), () => messages.count([wish("a"), wish("b")]), { concurrency: 8 })
      const ends = all.flat()
      same(ends.filter((end) => end === -1).length, 5, "as the gateway allows")
      same([yield* messages.count([wish("a"), wish("c")]), yield* messages.count([wish("c", "2026-11-29")])].flat().at(-1), -1, "the next day")
      yield* messages.uncount([{ counter: "by sms", day: "2026-11-28" }, { counter: "by nobody", day: "2026-11-28" }])
      same(yield* messages.count([wish("c"), wish("c")]), [-1, 1], "what was taken back is free again, once")
      same(yield* messages.count([[], [{ counter: "by nobody", day: "2026-11-28", limit: 1 }]]), [-1, -1], "below none nothing falls")
      same(yield* messages.pruneBuyers(0, "2026-11-29", 2), 2, "of old days so many")
      same((yield* messages.pruneBuyers(0, "2026-11-29", 99)) > 0, true, "and the rest")
      const [first, second] = [yield* messages.count([wish("a", "2026-11-29")]), yield* messages.pruneBuyers(0, "2026-11-29", 99)]
      same([first, second], [[-1], 0], "today stays")
    })),

  storageCase("SMS-2", "messages whose end is not known are listed in pages, by connection and time", ({ messages }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      yield* commitFacts({ outbox: [1, 2, 3, 4, 5].map((n) => draft(`m${n}`, { order: n })) })
      for (const n of [1, 2, 3, 4]) yield* sent(`g-${n}`)
      yield* report("g-2", "delivered")
      yield* report("g-3", "sent")
      const page = (over: Partial<UnendedQuery> = {}) =>
        messages.unended({ connection: "sms", from: T, before: T + 1, after: 0, limit: 10, ...over })
      const found = yield* page()
      same(found.map(({ orderId, providerId }) => [orderId, providerId]), [
        [testUuid(1), "g-1"], [testUuid(3), "g-3"], [testUuid(4), "g-4"]
      ], "without the delivered and the waiting one")
      const ids = (all: typeof found) => all.map(({ providerId }) => providerId)
      same(ids(yield* page({ limit: 1 })), ["g-1"], "the first page")
      same(ids(yield* page({ limit: 1, after: found[0]!.seq })), ["g-3"], "the second")
      same(yield* page({ from: T + 1, before: T + 2 }), [], "too old")
      same(yield* page({ before: T }), [], "too young")
      same(yield* page({ connection: "other" }), [], "of another connection")
    }))
]
