import {
  answered,
  begun,
  type Breaker,
  breakerAt,
  CLOSED,
  fullBucket,
  notMade,
  permits,
  refilled,
  taken,
  tokensIn,
  unanswered,
  untilToken
} from "@aptekit/core"
import { describe, expect, it } from "@effect/vitest"
import { Schema } from "effect"

const SETTINGS = { failures: 3, openMs: 100 }

describe("breaker", () => {
  const open: Breaker = { state: "open", until: 100 }
  const halfOpen: Breaker = { state: "halfOpen", probing: false }
  const probing: Breaker = { state: "halfOpen", probing: true }
  it.each<[string, Breaker, Breaker, number]>([
    ["one failure leaves it closed", unanswered(CLOSED, 0, SETTINGS), { state: "closed", failures: 1 }, Infinity],
    ["the last of the permitted failures opens it", unanswered({ state: "closed", failures: 2 }, 7, SETTINGS), { state: "open", until: 107 }, 0],
    ["an answer forgets the failures before it", answered({ state: "closed", failures: 2 }), CLOSED, Infinity],
    ["it stays open until its time", breakerAt(open, 99), open, 0],
    ["then one call may try", breakerAt(open, 100), halfOpen, 1],
    ["and no second one meanwhile", begun(halfOpen), probing, 0],
    ["a partner that is back closes it", answered(probing), CLOSED, Infinity],
    ["one that is not opens it for as long again", unanswered(probing, 200, SETTINGS), { state: "open", until: 300 }, 0],
    ["a try that was not made leaves the next one free", notMade(probing), halfOpen, 1],
    ["a call that began before it opened does not prolong it", unanswered(open, 50, SETTINGS), open, 0],
    ["what was not called says nothing", notMade({ state: "closed", failures: 2 }), { state: "closed", failures: 2 }, Infinity]
  ])("P9: %s", (_, found, expected, allowed) => {
    expect([found, permits(found)]).toEqual([expected, allowed])
  })

  const steps = Schema.Array(Schema.Literals(["fail", "answer", "time"]))
  it.prop("P9: between two openings there are never more failures without an answer than permitted", { steps }, (input) => {
    let [breaker, now, inARow]: [Breaker, number, number] = [CLOSED, 0, 0]
    for (const step of input.steps) {
      breaker = breakerAt(breaker, now)
      if (step === "time") now += 60
      else if (permits(breaker) > 0) {
        breaker = begun(breaker)
        inARow = step === "fail" ? inARow + 1 : 0
        breaker = step === "fail" ? unanswered(breaker, now, SETTINGS) : answered(breaker)
        expect(breaker.state, `after ${inARow} failures`).toBe(inARow >= SETTINGS.failures ? "open" : "closed")
      }
    }
  })
})

describe("token bucket", () => {
  const rate = Schema.Finite.check(Schema.isBetween({ minimum: 0.1, maximum: 500 }))
  const waits = Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 400 })))
  it.prop("R-OPS-1: in no time are there more calls than its rate and one burst allow", { rate, waits }, (input) => {
    let bucket = fullBucket(input.rate, 0)
    let [now, calls] = [0, 0]
    for (const wait of input.waits) {
      now += wait
      bucket = refilled(bucket, input.rate, now)
      const count = tokensIn(bucket)
      bucket = taken(bucket, count)
      calls += count
      expect(calls).toBeLessThanOrEqual(Math.max(1, input.rate) + (now * input.rate) / 1_000 + 1e-6)
    }
  })

  it("R-OPS-1: says when the next call may go, and a clock set back gives nothing", () => {
    const empty = taken(fullBucket(4, 1_000), 4)
    expect([tokensIn(empty), untilToken(empty, 4)]).toEqual([0, 250])
    expect([tokensIn(refilled(empty, 4, 1_249)), tokensIn(refilled(empty, 4, 1_250))]).toEqual([0, 1])
    expect(tokensIn(refilled(empty, 4, 0))).toBe(0)
  })
})
