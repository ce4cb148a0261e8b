import { BranchId, Cases, eventsBetween, type Order, type PartFact, Storage } from "@aptekit/core"
import { makeBranch, makeFulfilment, makeOrder, smallNetwork } from "@aptekit/core/testing"
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { line, place, policy } from "./intake-kit.ts"
import { drain, fact, outcomes, sameLines, say, testTaker, type TestTaker } from "./pull-kit.ts"
import { command, expectSound, inWorld, levelOf, openCases, OPERATOR } from "./world.ts"

const ERP = {
  branches: smallNetwork().branches.map(({ id, point }) => makeBranch(id, { point, saleSource: "erp" as const }))
}

const current = (order: Order) =>
  Effect.flatMap(Storage, ({ orders }) => Effect.map(orders.byId(order.id), (found) => found!))
const position = Effect.flatMap(Storage, ({ feed }) => feed.position)

/** Says it, checks the outcome; says it again: nothing more happens, and the second time is told as `again`. */
const saidTwice = (taker: TestTaker, one: PartFact, outcome: string, again: string) =>
  Effect.gen(function*() {
    expect(outcomes(yield* say(taker, one)), `${one.state} of ${one.number}`).toEqual([outcome])
    const after = yield* position
    expect(outcomes(yield* say(taker, one)), `${one.state} again`).toEqual([again])
    expect(yield* position, "the second time commits nothing").toBe(after)
  })

const told = (over: Parameters<typeof place>[0] = { lines: [line("aspirin", 2), line("ibuprofen", 1)] }) =>
  Effect.map(place(over), (placed) => placed.order)

describe("facts of a partner", () => {
  it.effect("D7: accepted, assembled and cancelled move the part as the life allows, once", () => {
    const taker = testTaker()
    return inWorld(
      Effect.gen(function*() {
        const order = yield* told()
        yield* drain(taker)
        yield* saidTwice(taker, fact(order, "accepted"), "applied", "known")
        yield* saidTwice(taker, fact(order, "assembled"), "applied", "known")
        const assembled = yield* current(order)
        expect(assembled.fulfilments[0]!.status).toBe("assembled")
        yield* saidTwice(taker, fact(order, "accepted"), "known", "known")
        yield* saidTwice(taker, fact(order, "cancelled"), "applied", "known")
        const ended = yield* current(order)
        expect(ended.fulfilments[0]).toMatchObject({ status: "cancelled", endReason: "cancelledByPartner", putBack: "due" })
        expect(openCases(ended)).toEqual([])
        // What it said itself is no news to it.
        expect(yield* drain(taker)).toEqual([])
        const events = yield* (yield* Storage).orders.events(order.id)
        expect(events.slice(1).map(({ type, actor }) => `${type} ${actor.kind}/${actor.id}`)).toEqual([
          "fulfilment.accept partner/erp", "fulfilment.assemble partner/erp", "fulfilment.cancel partner/erp"
        ])
        yield* expectSound
      }),
      { hub: { adapters: [taker.adapter] } }
    )
  })

  it.effect("D7: assembled of a part that nobody has accepted accepts it first", () => {
    const taker = testTaker()
    return inWorld(
      Effect.gen(function*() {
        const order = yield* told()
        yield* drain(taker)
        yield* saidTwice(taker, fact(order, "assembled", { number: order.number }), "applied", "known")
        expect((yield* current(order)).fulfilments[0]!.status).toBe("assembled")
      }),
      { hub: { adapters: [taker.adapter] } }
    )
  })

  it.effect("R8: what has ended here and lives there is work to be done there, until it is cancelled there", () => {
    const taker = testTaker()
    return inWorld(
      Effect.gen(function*() {
        const order = yield* told()
        yield* drain(taker)
        yield* command(order, { name: "cancel", input: { reason: "customerAsks" } }, { actor: OPERATOR })
        yield* saidTwice(taker, fact(order, "accepted"), "recorded", "recorded")
        expect(openCases(yield* current(order))).toEqual(["needsErpAction"])
        yield* saidTwice(taker, fact(order, "cancelled"), "applied", "known")
        expect(openCases(yield* current(order))).toEqual([])
      }),
      { hub: { adapters: [taker.adapter] } }
    )
  })

  it.effect("D7: lines that differ are a case that names them, never a change; the same again settles it", () => {
    const taker = testTaker()
    return inWorld(
      Effect.gen(function*() {
        const order = yield* told()
        const [aspirin, ibuprofen] = sameLines(order.fulfilments[0]!)
        const cut = [{ ...aspirin!, quantity: 1, priceMinor: 50_000 }, { productId: "coffee", quantity: 3, priceMinor: null }]
        yield* drain(taker)
        yield* saidTwice(taker, fact(order, "accepted", { lines: cut }), "recorded", "recorded")
        const differing = yield* current(order)
        expect(differing.fulfilments[0]).toMatchObject({ status: "accepted", lines: [{ quantity: 2 }, { quantity: 1 }] })
        expect(differing.cases).toMatchObject([{
          reason: "erpDiffers",
          closedAt: null,
          comment: "line 1 (aspirin): quantity 2 → 1; line 1 (aspirin): price 490.00 → 500.00; line 2 (ibuprofen) removed; " +
            "coffee × 3 added"
        }])
        const more = [{ ...aspirin!, quantity: 1 }, ibuprofen!]
        yield* saidTwice(taker, fact(order, "none", { lines: more }), "recorded", "recorded")
        const [one, ...others] = (yield* current(order)).cases
        expect([one?.comment, others]).toEqual(["line 1 (aspirin): quantity 2 → 1", []])
        // Two lines of one product are one quantity.
        const split = [{ ...aspirin!, quantity: 1 }, { ...aspirin!, quantity: 1 }, ibuprofen!]
        yield* saidTwice(taker, fact(order, "none", { lines: split }), "applied", "known")
        expect(openCases(yield* current(order))).toEqual([])
      }),
      { hub: { adapters: [taker.adapter] } }
    )
  })

  it.effect("D7: an echo of the lines that it was told before the newest change is no difference", () => {
    const taker = testTaker()
    return inWorld(
      Effect.gen(function*() {
        const order = yield* told()
        yield* drain(taker)
        const accepted = yield* command(order, { name: "accept", input: {} })
        yield* command(accepted, { name: "changeLines", input: { lines: [{ lineId: 1, quantity: 1 }] } })
        const echo = fact(order, "accepted", { lines: sameLines(order.fulfilments[0]!) })
        yield* saidTwice(taker, echo, "known", "known")
        yield* drain(taker)
        yield* saidTwice(taker, echo, "recorded", "recorded")
      }),
      { hub: { adapters: [taker.adapter] } }
    )
  })

  it.effect("D7: what the rules refuse is recorded with its reason; a person's closing lasts while it says the same", () => {
    const taker = testTaker()
    return inWorld(
      Effect.gen(function*() {
        const order = yield* told()
        yield* drain(taker)
        const one = fact(order, "assembled")
        yield* saidTwice(taker, one, "recorded", "recorded")
        const [opened] = (yield* current(order)).cases
        expect(opened?.comment).toBe("assembled in the partner's system; assemble refused here: notScanned")
        yield* (yield* Cases).close(order.id, opened!.caseId, "видел", { actor: OPERATOR })
        yield* saidTwice(taker, one, "known", "known")
        const closed = yield* current(order)
        expect(closed.cases).toMatchObject([{ resolution: "видел" }])
        yield* saidTwice(taker, fact(order, "cancelled"), "applied", "known")
      }),
      { hub: { adapters: [taker.adapter] }, network: policy({ confirmByScan: true }) }
    )
  })

  it.effect("D9, ORD-6: sold where the ERP is the source is a sale, once per document; more of it later is a case", () => {
    const taker = testTaker()
    return inWorld(
      Effect.gen(function*() {
        const order = yield* told()
        yield* drain(taker)
        // After the statement of the stock, which has counted what was sold before it (D1).
        yield* TestClock.adjust("1 minute")
        const [aspirin, ibuprofen] = sameLines(order.fulfilments[0]!)
        yield* saidTwice(taker, fact(order, "sold", { lines: [aspirin!, ibuprofen!] }), "applied", "known")
        expect((yield* current(order)).fulfilments[0]).toMatchObject({ status: "closed", endReason: "sold" })
        expect(yield* levelOf("aspirin", "north")).toEqual({ onHand: 8, reserved: 0 })
        const more = fact(order, "sold", { lines: [{ ...aspirin!, quantity: 5 }] })
        yield* saidTwice(taker, more, "recorded", "recorded")
        expect(yield* levelOf("aspirin", "north")).toEqual({ onHand: 8, reserved: 0 })
        // Another document of the same sale is a double sale (D9): stored, nothing moves.
        expect(outcomes(yield* say(taker, fact(order, "sold", { documentId: "check-2" })))).toEqual(["recorded"])
        expect(openCases(yield* current(order))).toEqual(["erpDiffers", "doubleSale"])
        expect(yield* levelOf("aspirin", "north")).toEqual({ onHand: 8, reserved: 0 })
      }),
      { hub: { adapters: [taker.adapter] }, network: ERP }
    )
  })

  it.effect("D9: sold where the register is the source moves nothing; its receipt settles the case", () => {
    const taker = testTaker()
    return inWorld(
      Effect.gen(function*() {
        const order = yield* told()
        yield* drain(taker)
        const accepted = yield* command(order, { name: "accept", input: {} })
        yield* command(accepted, { name: "assemble", input: {} })
        yield* saidTwice(taker, fact(order, "sold"), "recorded", "recorded")
        expect(yield* levelOf("aspirin", "north")).toEqual({ onHand: 10, reserved: 2 })
        expect(openCases(yield* current(order))).toEqual(["erpDiffers"])
        const receipt = {
          source: "till", id: "1", branchId: BranchId.make("north"), occurredAt: "2026-11-23T06:00:30Z",
          fulfilmentNumber: order.number, lines: [line("aspirin", 2), line("ibuprofen", 1)]
        } as const
        expect(yield* Effect.promise(() => taker.hub().sales.record(receipt))).toEqual({ created: true })
        expect(yield* Effect.promise(() => taker.hub().sales.record(receipt))).toEqual({ created: false })
        const sold = yield* current(order)
        expect([sold.fulfilments[0]!.status, openCases(sold)]).toEqual(["closed", []])
        yield* saidTwice(taker, fact(order, "sold"), "known", "known")
      }),
      { hub: { adapters: [taker.adapter] } }
    )
  })

  it.effect("D7: a number that is nobody's, or of another connection's branch, is unknown; several facts keep their order", () => {
    const taker = testTaker(["south"])
    return inWorld(
      Effect.gen(function*() {
        const north = yield* told()
        const south = yield* told({
          externalId: "E-2",
          delivery: { type: "pickup", branchId: BranchId.make("south") },
          lines: [line("aspirin", 1)]
        })
        yield* drain(taker)
        const all = [
          fact(north, "cancelled"), fact(south, "accepted"), fact(south, "assembled"),
          fact(south, "none", { number: "999999-1" }), fact(south, "accepted", { number: `${south.number}-7` })
        ]
        const results = yield* say(taker, ...all)
        expect(results.map((one) => [one.number, one.outcome])).toEqual([
          [`${north.number}-1`, "unknownOrder"],
          [`${south.number}-1`, "applied"],
          [`${south.number}-1`, "applied"],
          ["999999-1", "unknownOrder"],
          [`${south.number}-7`, "unknownOrder"]
        ])
        expect((yield* current(north)).fulfilments[0]!.status).toBe("assigned")
        expect((yield* current(south)).fulfilments[0]!.status).toBe("assembled")
      }),
      { hub: { adapters: [taker.adapter] } }
    )
  })

  it.effect("D7: the cancelled document of a part that went to another branch cancels nothing", () => {
    const taker = testTaker()
    return inWorld(
      Effect.gen(function*() {
        const order = yield* told({ lines: [line("aspirin", 1)] })
        yield* drain(taker)
        const back = yield* command(order, { name: "escalate", input: {} })
        yield* command(back, { name: "assign", input: { branchId: BranchId.make("south") } }, { actor: OPERATOR })
        const id = order.fulfilments[0]!.id
        const needs = () => taker.hub().orders.needsAction(id, "needsErpAction", "снять резерв в 1С")
        yield* Effect.promise(needs)
        yield* Effect.promise(needs)
        expect(openCases(yield* current(order))).toEqual(["needsErpAction"])
        yield* saidTwice(taker, fact(order, "cancelled"), "applied", "known")
        const after = yield* current(order)
        expect([after.fulfilments[0]!.status, openCases(after)]).toEqual(["assigned", []])
        yield* Effect.promise(needs)
        expect(openCases(yield* current(order)), "it had settled itself, and is there again").toEqual(["needsErpAction"])
        yield* Effect.promise(() => taker.hub().orders.resolved(id, "needsErpAction"))
        expect(openCases(yield* current(order))).toEqual([])
      }),
      { hub: { adapters: [taker.adapter] } }
    )
  })

  it.effect("D7: a case of work in the partner's system outlives the end of its part; others end with it", () => {
    const taker = testTaker()
    return inWorld(
      Effect.gen(function*() {
        const order = yield* told()
        const id = order.fulfilments[0]!.id
        yield* Effect.promise(() => taker.hub().orders.needsAction(id, "needsErpAction", "a"))
        yield* Effect.promise(() => taker.hub().orders.needsAction(id, "erpDiffers", "b"))
        const ended = yield* command(order, { name: "cancel", input: { reason: "customerAsks" } }, { actor: OPERATOR })
        expect(openCases(ended)).toEqual(["needsErpAction"])
        const closed = yield* (yield* Cases).close(order.id, 1, "снято в 1С", { actor: OPERATOR })
        expect(openCases(closed)).toEqual([])
        const again = yield* Effect.flip((yield* Cases).close(order.id, 1, "ещё раз", { actor: OPERATOR }))
        expect(again).toMatchObject({ _tag: "Refused", code: "caseClosed" })
        const none = yield* Effect.flip((yield* Cases).close(order.id, 9, "нет", { actor: OPERATOR }))
        expect(none).toMatchObject({ _tag: "NotFound", what: "case" })
        const log = JSON.stringify(yield* (yield* Storage).orders.events(order.id))
        expect(log, "a person's words stay out of the log (D25)").not.toContain("снято")
      }),
      { hub: { adapters: [taker.adapter] } }
    )
  })
})

describe("events of cases", () => {
  it("ORD-8: a case of the second part is told of the second part and its branch", () => {
    const one = makeOrder({ n: 1 })
    const second = { ...makeFulfilment({ n: 1, branch: "south" }, 2), status: "cancelled" as const }
    const before: Order = { ...one, fulfilments: [...one.fulfilments, second] }
    const opened = {
      caseId: 1, part: 2, reason: "needsErpAction", lineId: null, comment: "x", openedAt: 1, closedAt: null, resolution: null
    } as const
    const events = eventsBetween(before, { ...before, cases: [opened] }, { type: "case.opened", actor: OPERATOR, at: 1 })
    expect(events.map(({ fulfilmentId, branchId, data }) => [fulfilmentId, branchId, data["cases"]])).toEqual([
      [second.id, "south", [{ caseId: 1, part: 2, reason: "needsErpAction" }]]
    ])
  })
})
