import { Effect } from "effect"
import type { LogEntry } from "../../exchange/log.ts"
import type { LogQuery } from "../../store/log.ts"
import type { StorageService } from "../../store/ports.ts"
import { same } from "../assert.ts"
import { TEST_NOW } from "../builders.ts"
import { storageCase } from "./case.ts"

const entry = (id: string, at: number, over: Partial<LogEntry> = {}): LogEntry => ({
  id,
  at,
  connection: "sms",
  direction: "out",
  operation: "messages.send",
  orderId: null,
  outcome: "done",
  durationMs: 12,
  sentBytes: 34,
  receivedBytes: 56,
  request: null,
  response: null,
  error: null,
  step: null,
  workplace: null,
  ...over
})

const ids = (log: StorageService["log"], query: Partial<LogQuery> = {}) =>
  Effect.map(log.list({ limit: 100, ...query }), ({ items }) => items.map((one) => one.id))

const T = TEST_NOW

export const logCases = [
  storageCase("EXP-4", "calls are listed newest first, page by page, as they were written", ({ log }) =>
    Effect.gen(function*() {
      const full = entry("b", T, {
        orderId: "o1", outcome: "rejected", request: "{\"a\":1}", response: "нет", error: "no", step: "nightly", workplace: "касса 2"
      })
      yield* log.write([entry("a", T), full, entry("c", T + 1), entry("d", T - 1)])
      const first = yield* log.list({ limit: 2 })
      same(first.items.map((one) => one.id), ["c", "b"], "first page")
      same(first.items[1], full, "whole")
      const second = yield* log.list({ limit: 2, after: first.next! })
      same(second.items.map((one) => one.id), ["a", "d"], "second page")
      same(second.next, null, "the end")
    })),

  storageCase("EXP-4", "a call that is written again stays as it was", ({ log }) =>
    Effect.gen(function*() {
      yield* log.write([entry("a", T)])
      yield* log.write([entry("a", T, { operation: "other" }), entry("b", T)])
      same((yield* log.list({ limit: 9 })).items.map((one) => one.operation), ["messages.send", "messages.send"], "operations")
    })),

  storageCase("EXP-4", "calls are found by period, partner, direction, order and failure", ({ log }) =>
    Effect.gen(function*() {
      yield* log.write([
        entry("a", T - 10, { outcome: "unavailable" }),
        entry("b", T, { connection: "1c", direction: "in" }),
        entry("c", T + 10, { orderId: "o1", outcome: "dropped" }),
        entry("d", T + 20, { orderId: "o1", outcome: "unknown", connection: "1c" })
      ])
      same(yield* ids(log, { from: T, to: T + 20 }), ["c", "b"], "from is in, to is not")
      same(yield* ids(log, { connection: "1c" }), ["d", "b"], "partner")
      same(yield* ids(log, { direction: "in" }), ["b"], "direction")
      same(yield* ids(log, { orderId: "o1" }), ["d", "c"], "order")
      same(yield* ids(log, { errorsOnly: true }), ["d", "a"], "errors; what was dropped is none")
      same(yield* ids(log, { errorsOnly: true, connection: "1c", orderId: "o1" }), ["d"], "together")
    })),

  storageCase("EXP-4", "a fragment is found whatever its case, and is no pattern", ({ log }) =>
    Effect.gen(function*() {
      yield* log.write([
        entry("a", T, { error: "Нет ОТВЕТА от шлюза" }),
        entry("b", T + 1, { response: "100% готово" }),
        entry("c", T + 2, { request: "100 готово", operation: "geocoding.geocode" })
      ])
      same(yield* ids(log, { text: "ответа  ОТ" }), ["a"], "folded")
      same(yield* ids(log, { text: "100%" }), ["b"], "a percent sign is itself")
      same(yield* ids(log, { text: "GEOCODE" }), ["c"], "operation")
      same(yield* ids(log, { text: "nothing" }), [], "none")
    })),

  storageCase("EXP-4", "old calls go in small steps, the oldest of them and no others", ({ log }) =>
    Effect.gen(function*() {
      yield* log.write(Array.from({ length: 250 }, (_, i) => entry(`n${String(i).padStart(3, "0")}`, T + i)))
      same(yield* log.prune(T + 200, 150), 150, "one step")
      same(yield* log.prune(T + 200, 150), 50, "the rest")
      same(yield* log.prune(T + 200, 150), 0, "nothing more")
      const left = yield* ids(log)
      same([left.length, left.at(-1)], [50, "n200"], "the others")
    }))
]
