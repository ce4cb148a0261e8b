import { OrderId, Storage } from "@aptekit/core"
import { loadNetwork, makeFulfilment, TEST_NOW, testUuid } from "@aptekit/core/testing"
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { storageLayer } from "../src/internal.ts"
import { useDatabases } from "./support/races.ts"

const ORDER = OrderId.make(testUuid(1))
const PART = makeFulfilment({ n: 1 })

const news = (version: number) =>
  Effect.flatMap(Storage, (storage) =>
    storage.commit({
      id: testUuid(100 + version),
      at: TEST_NOW,
      orders: [],
      reservations: [],
      movements: [],
      sale: null,
      key: null,
      events: [],
      outbox: [{
        id: `v${version}`, lane: "1c", method: "order", orderId: ORDER, payload: {}, availableAt: TEST_NOW, orderVersion: version
      }]
    }))

describe.each(useDatabases())("a pull lane over restarts on $name", ({ skip, fresh }) => {
  it.live.skipIf(skip)("D28: what was offered, told, confirmed and put aside is as it was", () =>
    Effect.gen(function*() {
      const open = yield* Effect.promise(fresh)
      const started = <A, E>(work: Effect.Effect<A, E, Storage>) => Effect.provide(work, storageLayer(open))
      const lane = Effect.flatMap(Storage, ({ pull, outbox }) =>
        Effect.all({
          pending: pull.pending("1c", 10),
          told: Effect.map(pull.told("1c", [ORDER]), (told) => told.map((one) => one.part)),
          dead: Effect.map(outbox.list("dead", 10), (rows) => rows.map((row) => row.id))
        }))
      yield* started(Effect.gen(function*() {
        yield* loadNetwork()
        yield* news(1)
        yield* (yield* Storage).pull.offered("1c", [{ orderId: ORDER, version: 1, parts: [PART] }])
        yield* news(2)
      }))
      expect(yield* started(lane)).toEqual({ pending: [{ orderId: ORDER, offers: 1 }], told: [PART], dead: [] })
      yield* started(Effect.flatMap(Storage, ({ pull }) => pull.confirm("1c", [{ orderId: ORDER, version: 1, gone: [PART.id] }])))
      expect(yield* started(lane), "the newer news are left, and say what is gone once more")
        .toEqual({ pending: [{ orderId: ORDER, offers: 0 }], told: [PART], dead: [] })
      yield* started(Effect.flatMap(Storage, ({ pull }) =>
        pull.quarantine("1c", ORDER, "refused", { kind: "partner", id: "1c" })))
      expect(yield* started(lane)).toEqual({ pending: [], told: [PART], dead: ["v2"] })
    }))
})
