import {
  AdapterFault, AdapterRegistry, defineAdapter, dispatchOnce, type HubServices, Lanes, type MessageState, messagesPort, Network,
  pollStatusesOnce, Schema, Storage
} from "@aptekit/core"
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { line, place } from "./intake-kit.ts"
import { inWorld } from "./world.ts"

const gateway = (deliveryReports: boolean) => {
  const asked: Array<string> = []
  const answers: Array<MessageState | "down" | "refused" | "garbled"> = []
  const adapter = defineAdapter({
    name: "gateway",
    config: Schema.Struct({}),
    ports: { messages: messagesPort },
    capabilities: {
      sms: true, email: false, push: false,
      lookUp: false, status: true, balance: false, deliveryReports, idempotentSend: true, senderNames: false
    },
    setup: () => ({
      messages: {
        send: ({ id }) => ({ providerId: `g-${id}` }),
        status: ({ providerId, to }) => {
          asked.push(`${providerId.split(":")[1]} ${to}`)
          const state = answers.shift() ?? "unknown"
          if (state === "down") throw new AdapterFault("down", { outcome: "unavailable" })
          if (state === "refused") throw new AdapterFault("refused", { outcome: "rejected" })
          if (state === "garbled") throw new AdapterFault("a status that nobody knows", { outcome: "unknown" })
          return { state, at: "2026-11-23T10:00:00Z", detail: null }
        }
      }
    })
  })
  return { asked, answers, hub: { adapters: [adapter({})] } }
}

const round = Effect.gen(function*() {
  const network = yield* Network
  yield* dispatchOnce({
    lane: "gateway",
    storage: yield* Storage,
    registry: yield* AdapterRegistry,
    lanes: yield* Lanes,
    view: () => network.view()
  })
})

/** An order whose message `reserved` has been sent. */
const sent = Effect.tap(place(), () => round)

const reported = Effect.gen(function*() {
  const storage = yield* Storage
  const [order] = (yield* storage.orders.list({ limit: 1 })).items
  return (yield* storage.messages.ofOrder(order!.id)).map(({ report }) => report?.state ?? null)
})

const withGateway = (
  body: (own: ReturnType<typeof gateway>) => Effect.Effect<void, unknown, HubServices>,
  deliveryReports = false
) => {
  const own = gateway(deliveryReports)
  return inWorld(Effect.andThen(sent, body(own)), { hub: own.hub })
}

describe("SMS-2: a gateway that tells nothing", () => {
  it.effect("is asked until it has told the end, and then no more", () =>
    withGateway(({ asked, answers }) =>
      Effect.gen(function*() {
        const places = new Map<string, number>()
        const turn = Effect.andThen(TestClock.adjust("1 minute"), pollStatusesOnce("me", places))
        expect(yield* pollStatusesOnce("me", places), "too early").toBe(0)
        answers.push("sent", "unknown", "delivered")
        const seen = []
        for (let i = 0; i < 4; i++) seen.push([yield* turn, ...(yield* reported)])
        expect(seen).toEqual([[1, "sent"], [1, "sent"], [1, "delivered"], [0, "delivered"]])
        expect(asked).toEqual(Array.from({ length: 3 }, () => "reserved +77010000001"))
      })))

  it.effect("is asked later when it is away or refuses, by one hub at a time, and for two days", () =>
    withGateway(({ asked, answers }) =>
      Effect.gen(function*() {
        yield* TestClock.adjust("1 minute")
        answers.push("down", "refused")
        expect(yield* pollStatusesOnce("me", new Map())).toBe(1)
        expect(yield* pollStatusesOnce("other", new Map()), "the lease is another's").toBe(0)
        yield* TestClock.adjust("1 minute")
        expect(yield* pollStatusesOnce("other", new Map())).toBe(1)
        expect([asked.length, yield* reported]).toEqual([2, [null]])
        yield* TestClock.adjust("2 days")
        expect(yield* pollStatusesOnce("me", new Map())).toBe(0)
      })))

  it.effect("R-SMS-1: whose answer about one message is not understood is asked for those behind it all the same", () =>
    withGateway(({ asked, answers }) =>
      Effect.gen(function*() {
        const others = 8
        for (let n = 0; n < others; n++) yield* place({ externalId: `behind-${n}`, lines: [line("ibuprofen")] })
        yield* round
        yield* TestClock.adjust("1 minute")
        answers.push("garbled", ...Array.from({ length: others }, () => "delivered" as const))
        expect(yield* pollStatusesOnce("me", new Map())).toBe(others + 1)
        expect(asked.length).toBe(others + 1)
        yield* TestClock.adjust("1 minute")
        answers.push("garbled")
        expect(yield* pollStatusesOnce("me", new Map()), "the others have ended").toBe(1)
      })))

  it.effect("has a quarter of an hour where it reports by itself", () =>
    withGateway(({ answers }) =>
      Effect.gen(function*() {
        answers.push("delivered")
        yield* TestClock.adjust("14 minutes")
        expect(yield* pollStatusesOnce("me", new Map())).toBe(0)
        yield* TestClock.adjust("2 minutes")
        expect(yield* pollStatusesOnce("me", new Map())).toBe(1)
        expect(yield* reported).toEqual(["delivered"])
      }), true))
})
