import {
  AdapterRegistry, defineAdapter, dispatchOnce, distanceMatrixPort, geocodingPort, Lanes, messagesPort, Network, planOnce, Schema, Storage
} from "@aptekit/core"
import { describe, expect, it } from "@effect/vitest"
import { Effect, Fiber, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { ANSWERS, KEY } from "./hostile-kit.ts"
import { place } from "./intake-kit.ts"
import { command, inWorld, openCases } from "./world.ts"

type Answer = (key: string) => unknown

const CONFIG = Schema.Struct({ key: Schema.RedactedFromValue(Schema.String) })
const CLIENT = { lat: 43.268, lon: 76.94 }

const geocoder = (id: string, answer: Answer) =>
  defineAdapter({
    name: "geocoder",
    config: CONFIG,
    ports: { geocoding: geocodingPort },
    setup: ({ key }) => ({ geocoding: { geocode: () => answer(Redacted.value(key)) as never } })
  })({ key: KEY }, { id })

const matrix = (id: string, answer: (key: string, from: number, to: number) => unknown) =>
  defineAdapter({
    name: "matrix",
    config: CONFIG,
    ports: { distanceMatrix: distanceMatrixPort },
    setup: ({ key }) => ({ distanceMatrix: { matrix: ({ from, to }) => answer(Redacted.value(key), from.length, to.length) as never } })
  })({ key: KEY }, { id })

const gateway = (answer: Answer, lookUp: boolean) =>
  defineAdapter({
    name: "gateway",
    config: CONFIG,
    ports: { messages: messagesPort },
    capabilities: {
      sms: true, email: false, push: false, lookUp, status: false, balance: false, deliveryReports: false, idempotentSend: false, senderNames: false
    },
    setup: ({ key }) => ({ messages: { send: () => answer(Redacted.value(key)) as never, find: () => answer(Redacted.value(key)) as never } })
  })({ key: KEY }, { id: "gateway" })

const goodPlace = () => ({ candidates: [{ address: "дом 1", point: CLIENT, precision: "exact" }] })
const goodRoads = (_: string, from: number, to: number) => ({
  source: "good", cells: Array.from({ length: from }, () => Array.from({ length: to }, () => ({ metres: 500, seconds: 60 })))
})

/** The time goes on until it is done: what hangs is given up. */
const inTime = <A, E, R>(work: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.forkChild(work)
    for (let i = 0; i < 4_000 && fiber.pollUnsafe() === undefined; i++) yield* TestClock.adjust("50 millis")
    expect(fiber.pollUnsafe(), "it waits for the adapter without end").toBeDefined()
    return yield* Fiber.join(fiber)
  })

const discreetly = (value: unknown): void => {
  const text = JSON.stringify(value)
  expect(text).not.toContain(KEY)
  expect(text).not.toContain(encodeURIComponent(KEY))
}

/** The order when it is planned, or is with a person: within a minute and a half, whatever its partners do (D15). */
const planned = (request: Parameters<typeof place>[0]) =>
  Effect.gen(function*() {
    let { order } = yield* inTime(place(request))
    const storage = yield* Storage
    for (let i = 0; i < 18 && order.fulfilments[0]!.status === "placed"; i++) {
      yield* TestClock.adjust("5 seconds")
      yield* inTime(planOnce("test"))
      order = (yield* storage.orders.byId(order.id))!
    }
    return order
  })

const toAddress = { delivery: { type: "courier", address: { text: "дом 1" } } } as const

describe.each(ANSWERS)("R-SDK-2: an adapter that %s cannot harm", (_, answer) => {
  it.effect("the search for an address: the next geocoder is asked, and without one a person", () =>
    Effect.gen(function*() {
      const two = [geocoder("bad", answer), geocoder("good", goodPlace)]
      yield* inWorld(
        Effect.gen(function*() {
          const order = yield* planned(toAddress)
          expect([openCases(order), order.fulfilments[0]!.status]).toEqual([[], "assigned"])
          discreetly(order)
        }),
        { hub: { adapters: two } }
      )
      yield* inWorld(
        Effect.gen(function*() {
          const order = yield* planned(toAddress)
          expect(openCases(order)).toEqual(["addressUnclear", "partnerUnreachable"])
          discreetly(order)
        }),
        { hub: { adapters: [geocoder("bad", answer)] } }
      )
    }))

  it.effect("the measuring of roads: the next matrix is asked, and without one the great circle", () =>
    Effect.gen(function*() {
      for (const adapters of [[matrix("bad", answer), matrix("good", goodRoads)], [matrix("bad", answer)]]) {
        yield* inWorld(
          Effect.gen(function*() {
            const order = yield* planned({ delivery: { type: "courier", address: { text: "дом 1", point: CLIENT } } })
            expect([openCases(order), order.fulfilments[0]!.status]).toEqual([[], "assigned"])
            discreetly(order)
          }),
          { hub: { adapters } }
        )
      }
    }))

  it.effect("orders: a message of which nobody knows waits or is dropped, and the order goes on", () =>
    Effect.gen(function*() {
      for (const lookUp of [false, true]) {
        yield* inWorld(
          Effect.gen(function*() {
            const { order } = yield* place()
            const network = yield* Network
            const storage = yield* Storage
            const round = dispatchOnce({
              lane: "gateway", storage, registry: yield* AdapterRegistry, lanes: yield* Lanes, view: () => network.view()
            })
            for (let i = 0; i < 3; i++) {
              yield* inTime(round)
              yield* TestClock.adjust("10 minutes")
            }
            // Where nobody can be asked it is dropped with a record: better no message than two (D27).
            const [waiting, dropped] = [yield* storage.outbox.list("waiting", 10), yield* storage.outbox.list("dropped", 10)]
            expect([waiting.length, dropped.length]).toEqual(lookUp ? [1, 0] : [0, 1])
            discreetly([waiting, dropped])
            yield* command(order, { name: "accept", input: {} })
            const [after] = yield* storage.orders.byIds([order.id])
            expect(after?.fulfilments[0]?.status).toBe("accepted")
          }),
          { hub: { adapters: [gateway(answer, lookUp)] } }
        )
      }
    }))
})
