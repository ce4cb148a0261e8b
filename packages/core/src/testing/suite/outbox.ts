import { Effect } from "effect"
import { webhookLane } from "../../exchange/channel-status.ts"
import type { OutboxMessage, OutboxOutcome } from "../../exchange/outbox.ts"
import { LONGEST_CHANNEL_ID } from "../../kernel/ids.ts"
import { Storage } from "../../store/ports.ts"
import { same } from "../assert.ts"
import { testUuid, TEST_NOW } from "../builders.ts"
import { loadNetwork } from "../network.ts"
import { storageCase } from "./case.ts"
import { claim, idsOf, LEASE, settle, write } from "./outbox-steps.ts"

const T = TEST_NOW
const ADMIN = { kind: "operator", id: "admin" } as const

export const outboxCases = [
  storageCase("D28", "a message comes back as it was written", () =>
    Effect.gen(function*() {
      yield* loadNetwork()
      yield* write({ id: "a", order: 1 })
      same(yield* claim(T), [{
        id: "a",
        seq: 1,
        lane: "sms",
        method: "messages.send",
        orderId: testUuid(1),
        payload: { notice: "reserved", text: "Заказ ё", nested: { n: [1, null] } },
        attempts: 1,
        token: 1,
        uncertain: false,
        lastError: null,
        partnerRef: null,
        orderVersion: null,
        state: "claimed",
        createdAt: T,
        history: []
      }], "claimed")
    })),

  storageCase("D28", "of each order only the oldest unended message is claimed, in the order of commits", () =>
    Effect.gen(function*() {
      yield* loadNetwork()
      yield* write({ id: "z1", order: 1 }, { id: "a2", order: 1 }, { id: "b1", order: 2 })
      yield* write({ id: "b2", order: 2 }, { id: "n1" }, { id: "n2" })
      const first = yield* claim(T)
      same(idsOf(first), ["z1", "b1", "n1", "n2"], "one per order; those of no order are free")
      same(yield* claim(T), [], "what is leased is not claimed again")
      yield* settle(first[0], "done", T)
      same(idsOf(yield* claim(T)), ["a2"], "the next one of order 1")
    })),

  storageCase("D28", "lanes do not wait for one another, nor for what is put off elsewhere", ({ outbox }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      yield* write({ id: "s1", order: 1, at: T + 5 }, { id: "c1", order: 1, lane: "1c" }, { id: "s2", order: 2 })
      same(idsOf(yield* claim(T, 10, "1c")), ["c1"], "1c")
      same(idsOf(yield* claim(T)), ["s2"], "sms")
      same(yield* outbox.nextDue("courier"), null, "a lane that has nothing")
    })),

  storageCase("D28", "a message put off blocks the later ones of its order", () =>
    Effect.gen(function*() {
      yield* loadNetwork()
      yield* write({ id: "a1", order: 1, at: T + 10 }, { id: "a2", order: 1 })
      same(yield* claim(T + 9), [], "not yet")
      const [first] = yield* claim(T + 10)
      same(first?.id, "a1", "at its time")
      yield* settle(first, "retry", T + 10, { availableAt: T + 50, error: "lost connection" })
      same(yield* claim(T + 49), [], "put off")
      const [again] = yield* claim(T + 50)
      same([again?.id, again?.attempts, again?.uncertain], ["a1", 2, false], "again")
      same(again?.lastError, "lost connection", "lastError")
    })),

  storageCase("D28", "done, rejected and dropped let the next one go; dead does not", ({ outbox }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      const states = ["done", "rejected", "dropped", "dead"] as const
      yield* write(...states.flatMap((_, i) => [{ id: `${i}a`, order: i + 1 }, { id: `${i}b`, order: i + 1 }]))
      const claimed = yield* claim(T)
      for (const [i, state] of states.entries()) yield* settle(claimed[i], state, T, { error: state })
      same(idsOf(yield* claim(T + LEASE * 9)), ["0b", "1b", "2b"], "the next ones")
      const dead = yield* outbox.list("dead", 10)
      same(dead.map(({ id, lastError }) => [id, lastError]), [["3a", "dead"]], "dead letters")
    })),

  storageCase("D28", "an end that nobody knows blocks its order, and is claimed as uncertain", () =>
    Effect.gen(function*() {
      yield* loadNetwork()
      yield* write({ id: "a1", order: 1 }, { id: "a2", order: 1 })
      const [first] = yield* claim(T)
      yield* settle(first, "unknown", T, { availableAt: T + 5 })
      same(yield* claim(T + 4), [], "blocked")
      const [again] = yield* claim(T + 5)
      same([again?.id, again?.uncertain], ["a1", true], "uncertain")
      yield* settle(again, "retry", T + 6)
      const [third] = yield* claim(T + 6)
      same([third?.id, third?.uncertain, third?.attempts], ["a1", false, 3], "after an end that is known")
    })),

  storageCase("D27", "what was being sent when its lease ran out is uncertain, what was claimed is not", ({ outbox }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      yield* write({ id: "sent", order: 1 }, { id: "claimed", order: 2 })
      const first = yield* claim(T)
      same(yield* outbox.sending(first.slice(0, 1), T), ["sent"], "may be called")
      same(yield* claim(T + LEASE - 1), [], "both are leased")
      const again = yield* claim(T + LEASE + 1)
      const seen = again.map(({ id, uncertain, attempts }) => [id, uncertain, attempts])
      same(seen, [["sent", true, 2], ["claimed", false, 2]], "reclaimed")
    })),

  storageCase("D28", "a message that moves to another lane waits there as one that nobody has called, and no longer here", ({ outbox, pull }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      yield* write({ id: "a1", order: 1 }, { id: "a2", order: 1 }, { id: "b1", order: 2, lane: "other" })
      const [first] = yield* claim(T)
      yield* outbox.sending([first!], T)
      const moved = { at: T + 1, outcome: "moved", text: "sms → other: no money", by: null } as const
      yield* settle(first, "moved", T + 1, { to: "other", availableAt: T + 2, payload: { kind: "sms" }, error: "no money", history: [moved] })
      same(idsOf(yield* claim(T + 2)), ["a2"], "the next one of its order may go here")
      same([yield* outbox.nextDue("other"), idsOf(yield* claim(T + 1, 9, "other"))], [T, ["b1"]], "due there at its time")
      const [again] = yield* claim(T + 2, 9, "other")
      same([again?.id, again?.lane, again?.payload, again?.attempts, again?.uncertain], ["a1", "other", { kind: "sms" }, 2, false], "there")
      same([again?.token, again?.history], [2, [moved]], "its token grows, its history is kept")
      yield* settle(first, "done", T + 3)
      same((yield* pull.letter("a1"))?.lane, "other", "what its old worker still says is left alone")
      yield* settle(again, "retry", T + 3, { availableAt: T + 4, attempts: 1 })
      same((yield* pull.letter("a1"))?.attempts, 1, "a claim that was no try")
      const depths = (yield* outbox.depths).map(({ lane, waiting }) => [lane, waiting])
      same(depths, [["other", 2], ["sms", 1]], "depths")
    })),

  storageCase("D24", "each claim has a greater token, and an outcome with an old one is left alone", ({ outbox }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      yield* write({ id: "a1", order: 1 })
      const [slow] = yield* claim(T)
      const [fast] = yield* claim(T + LEASE + 1)
      same([slow?.token, fast?.token], [1, 2], "tokens")
      yield* settle(slow, "done", T + LEASE + 2)
      same(yield* outbox.sending([slow!], T + LEASE + 2), [], "the slow one may not be called")
      same(idsOf(yield* outbox.list("waiting", 10)), ["a1"], "still waiting")
      yield* settle(fast, "retry", T + LEASE + 3)
      const [third] = yield* claim(T + LEASE + 3)
      same([third?.token, third?.uncertain], [3, false], "the old worker's `sending` did not count either")
    })),

  storageCase("P6", "half a character in what a partner said keeps no outcome from being recorded, nor those beside it", ({ pull }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      yield* write({ id: "a1", order: 1 }, { id: "b1", order: 2 })
      const [first, second] = yield* claim(T)
      const error = `cut off \ud83d, \udc00 and "\u0000" \\ud800`
      const outcome = ({ id, token }: OutboxMessage, over: Partial<OutboxOutcome>): OutboxOutcome =>
        ({ id, token, at: T + 1, state: "dead", availableAt: null, error: null, partnerRef: null, ...over })
      yield* Effect.flatMap(Storage, ({ outbox }) =>
        outbox.settle([
          outcome(first!, { error, history: [{ at: T + 1, outcome: "dead", text: error, by: null }] }),
          outcome(second!, { state: "done", partnerRef: "p\ud83d" })
        ]))
      const [dead, done] = [yield* pull.letter("a1"), yield* pull.letter("b1")]
      same([dead?.state, done?.state], ["dead", "done"], "states")
      same(dead?.lastError?.toWellFormed(), error.toWellFormed(), "its text")
    })),

  storageCase("ORD-13", "the longest channel has a lane of its own, in which a message goes all its way", ({ outbox, log }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      const lane = webhookLane("к".repeat(LONGEST_CHANNEL_ID))
      yield* write({ id: "a1", order: 1, lane }, { id: "b1", order: 2 })
      yield* settle((yield* claim(T, 10, lane))[0], "retry", T, { availableAt: T + 1 })
      const quota = { concurrency: 1, perSecond: 1 }
      const [again] = yield* outbox.claim(lane, T + 1, T + LEASE, 9, quota)
      same([again?.id, again?.lane], ["a1", lane], "claimed with a quota")
      yield* settle((yield* claim(T))[0], "moved", T + 1, { to: lane, availableAt: T + 1 })
      same((yield* outbox.list("waiting", 9, { lane })).length, 2, "moved there")
      const call = {
        id: "c", at: T, connection: lane, direction: "out", operation: "channel.status", orderId: null, outcome: "done", durationMs: 1,
        sentBytes: 0, receivedBytes: 0, request: null, response: null, error: null, step: null, workplace: null
      } as const
      yield* log.write([call])
      same((yield* log.list({ limit: 1, connection: lane })).items.length, 1, "in the exchange log")
    })),

  storageCase("D24", "a longer lease is for whoever holds it, and keeps the others away", ({ outbox }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      yield* write({ id: "a1", order: 1 })
      const [slow] = yield* claim(T)
      same(yield* outbox.renew([slow!], T + 5 * LEASE), ["a1"], "renewed")
      same([yield* claim(T + 2 * LEASE), yield* outbox.nextDue("sms")], [[], T + 5 * LEASE], "still leased")
      const [fast] = yield* claim(T + 5 * LEASE + 1)
      same(fast?.token, 2, "taken over")
      same(yield* outbox.renew([slow!], T + 9 * LEASE), [], "not the slow one's any more")
      yield* settle(fast, "done", T + 5 * LEASE + 2)
      same(yield* outbox.renew([fast!], T + 9 * LEASE), [], "nor anybody's when it has ended")
    })),

  storageCase("D24", "a worker whose lease has run out may not call, though nobody has taken over yet", ({ outbox }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      yield* write({ id: "a1", order: 1 }, { id: "b1", order: 2 })
      const claimed = yield* claim(T)
      same(yield* outbox.sending(claimed.slice(0, 1), T + LEASE - 1), ["a1"], "in time")
      same(yield* outbox.sending(claimed, T + LEASE), [], "too late")
    })),

  storageCase("OPS-2", "a person's word ends what a worker may still say of the message", ({ pull }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      yield* write({ id: "a1", order: 1 })
      const [first] = yield* claim(T)
      yield* settle(first, "retry", T + 1)
      same((yield* pull.decide("a1", "discarded", ADMIN, "of no use"))?.state, "dropped", "discarded")
      yield* settle(first, "dead", T + 2)
      same((yield* pull.letter("a1"))?.state, "dropped", "it stays so")
    })),

  storageCase("OPS-2", "a dead letter is put right, replayed, and remembers all of it", ({ outbox, pull, feed }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      yield* write({ id: "a1", order: 1 })
      const [first] = yield* claim(T)
      const tried = { at: T + 1, outcome: "dead", text: "no such branch", by: null } as const
      yield* settle(first, "dead", T + 1, { error: "no such branch", history: [tried] })
      same(yield* pull.decide("nobody", "mended", ADMIN, "why", { payload: {} }), null, "one that is not there")
      const mended = yield* pull.decide("a1", "mended", ADMIN, "branch closed", { payload: { branchId: "south" } })
      same([mended?.state, mended?.payload], ["dead", { branchId: "south" }], "mended, still dead")
      same(yield* outbox.nextDue("sms"), null, "nothing goes by itself")
      const replayed = yield* pull.decide("a1", "replayed", ADMIN, "now it fits")
      same([replayed?.state, replayed?.attempts], ["waiting", 0], "replayed")
      same(yield* pull.decide("a1", "mended", ADMIN, "why", { payload: {} }), null, "only a dead one is mended")
      const said = replayed?.history.map(({ outcome, text, by }) => [outcome, text, by])
      same(said, [["dead", "no such branch", null], ["mended", "branch closed", "admin"], ["replayed", "now it fits", "admin"]], "history")
      const events = (yield* feed.read(0, 100)).filter(({ type }) => type.startsWith("outbox."))
      same(events.map(({ type, data }) => [type, data["reason"]]), [
        ["outbox.mended", "branch closed"], ["outbox.replayed", "now it fits"]
      ], "events")
    })),

  storageCase("D27", "a dead letter that may have arrived is replayed as one of which nobody knows", ({ pull }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      yield* write({ id: "a1", order: 1 }, { id: "b1", order: 2 })
      for (const message of yield* claim(T)) yield* settle(message, "dead", T + 1)
      same((yield* pull.decide("a1", "replayed", ADMIN, "why", { inDoubt: true }))?.state, "unknown", "in doubt")
      same((yield* pull.decide("b1", "replayed", ADMIN, "why"))?.state, "waiting", "not in doubt")
      // Replayed by the storage's own clock.
      same((yield* claim(T * 2)).map(({ id, uncertain, attempts }) => [id, uncertain, attempts]), [["a1", true, 1], ["b1", false, 1]], "claimed")
    })),

  storageCase("OPS-2", "messages are listed by state and lane, page by page, and lanes by what waits in them", ({ outbox }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      same(yield* outbox.depths, [], "no lane yet")
      yield* write({ id: "a", order: 1 }, { id: "b", order: 2 }, { id: "c", order: 3 }, { id: "d", order: 4 }, { id: "e", lane: "erp" })
      const claimed = yield* claim(T)
      for (const [i, state] of (["dead", "rejected", "dropped"] as const).entries()) yield* settle(claimed[i], state, T)
      for (const [state, ids] of [["dead", ["a"]], ["rejected", ["b"]], ["dropped", ["c"]], ["waiting", ["d", "e"]]] as const) {
        same(idsOf(yield* outbox.list(state, 10)), ids, state)
      }
      same(idsOf(yield* outbox.list("waiting", 10, { lane: "erp" })), ["e"], "of one lane")
      const [first] = yield* outbox.list("waiting", 1)
      same(idsOf(yield* outbox.list("waiting", 1, { after: first!.seq })), ["e"], "the next page")
      same(yield* outbox.depths, [
        { lane: "erp", waiting: 1, dead: 0, oldest: T }, { lane: "sms", waiting: 1, dead: 1, oldest: T }
      ], "depths")
    })),

  storageCase("D28", "the lane knows when it has something to do next", ({ outbox }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      same(yield* outbox.nextDue("sms"), null, "nothing")
      yield* write({ id: "a1", order: 1, at: T + 20 }, { id: "a2", order: 1 }, { id: "b1", order: 2, at: T + 30 })
      same(yield* outbox.nextDue("sms"), T + 20, "the earliest that may go; a2 waits for a1")
      const [first] = yield* claim(T + 20)
      same(yield* outbox.nextDue("sms"), T + 30, "a1 is leased for longer")
      yield* settle(first, "dead", T + 21)
      same(yield* outbox.nextDue("sms"), T + 30, "a dead one has no next time")
      const [second] = yield* claim(T + 30)
      same(yield* outbox.nextDue("sms"), T + 30 + LEASE, "only the end of a lease")
      yield* settle(second, "done", T + 31)
      same(yield* outbox.nextDue("sms"), null, "nothing but a dead one")
    })),

  storageCase("D24", "twelve workers at once claim each message once", () =>
    Effect.gen(function*() {
      yield* loadNetwork()
      yield* write(...Array.from({ length: 30 }, (_, i) => ({ id: `m${i}`, order: i + 1 })))
      const claimed = yield* Effect.forEach(Array.from({ length: 12 }), () => claim(T, 4), { concurrency: 12 })
      const all = claimed.flatMap(idsOf)
      same([all.length, new Set(all).size], [30, 30], "messages and different ones")
      same(Math.max(...claimed.map((own) => own.length)), 4, "the limit")
    })),

  storageCase("OPS-2", "what waits is listed oldest first", ({ outbox }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      yield* write({ id: "c", order: 1 }, { id: "b", order: 1 }, { id: "a", order: 2, at: T + 9 })
      const [first] = yield* claim(T)
      same(idsOf(yield* outbox.list("waiting", 10)), ["c", "b", "a"], "waiting")
      same(idsOf(yield* outbox.list("waiting", 2)), ["c", "b"], "two")
      yield* settle(first, "done", T)
      same(idsOf(yield* outbox.list("waiting", 10)), ["b", "a"], "after one is done")
      const [second] = yield* claim(T)
      yield* settle(second, "retry", T, { availableAt: T + LEASE })
      same(idsOf(yield* outbox.list("waiting", 10)), ["b", "a"], "what was put off still waits")
    }))
]
