import {
  AdapterFault, AdapterRegistry, defineAdapter, dispatchOnce, HOUR, type HubServices, Lanes, messagesPort, MINUTE, Network, type Policy, Schema,
  Storage
} from "@aptekit/core"
import { TEST_NOW } from "@aptekit/core/testing"
import { describe, expect, it } from "@effect/vitest"
import { Clock, Effect } from "effect"
import { TestClock } from "effect/testing"
import { place, policy } from "./intake-kit.ts"
import { inWorld } from "./world.ts"

/** Wall-clock time of the small network's branches, so long after the tests' morning. */
const after = (ms: number): string =>
  new Date(TEST_NOW + ms).toLocaleTimeString("en-GB", { timeZone: "Asia/Almaty", hour: "2-digit", minute: "2-digit" })
/** Quiet from ten minutes after the beginning on, for six hours. */
const SOON = { from: after(10 * MINUTE), to: after(10 * MINUTE + 6 * HOUR) }

/** A gateway that is away until its time, and takes down when it was called. */
const gateway = (backAt: number, lookUp: boolean) => {
  const calls: Array<number> = []
  const sent: Array<number> = []
  const adapter = defineAdapter({
    name: "gateway",
    config: Schema.Struct({}),
    ports: { messages: messagesPort },
    capabilities: {
      sms: true, email: false, push: false, lookUp, status: false, balance: false, deliveryReports: false, idempotentSend: false,
      senderNames: false
    },
    setup: () => ({
      messages: {
        send: ({ id }) =>
          Effect.gen(function*() {
            const at = (yield* Clock.currentTimeMillis) - TEST_NOW
            calls.push(at)
            if (at < backAt) throw new AdapterFault("it is away", { outcome: lookUp ? "unknown" : "unavailable" })
            sent.push(at)
            return { providerId: id }
          }),
        find: () => ({ providerId: null })
      }
    })
  })
  return { calls, sent, adapters: [adapter({})] }
}

const rounds = (until: number): Effect.Effect<void, unknown, HubServices> =>
  Effect.gen(function*() {
    const network = yield* Network
    const round = dispatchOnce({
      lane: "gateway", storage: yield* Storage, registry: yield* AdapterRegistry, lanes: yield* Lanes, view: () => network.view()
    })
    while ((yield* Clock.currentTimeMillis) - TEST_NOW < until) {
      yield* round
      yield* TestClock.adjust("1 minute")
    }
  })

const night = (own: ReturnType<typeof gateway>, over: Partial<Policy>) =>
  inWorld(
    Effect.gen(function*() {
      yield* place()
      yield* rounds(8 * HOUR)
      const { outbox } = yield* Storage
      return { waiting: yield* outbox.list("waiting", 9), dead: yield* outbox.list("dead", 9) }
    }),
    { hub: { adapters: own.adapters }, network: policy({ quietHours: SOON, unacceptedHoldMinutes: 24 * 60, ...over }) }
  )

describe("SMS-1: quiet hours hold for every try", () => {
  for (const lookUp of [false, true]) {
    const how = lookUp ? "whose answer was lost" : "that the gateway could not take"
    it.effect(`a message of the evening ${how} goes when the night is over, and not within it`, () =>
      Effect.gen(function*() {
        const own = gateway(2 * HOUR, lookUp)
        const { waiting, dead } = yield* night(own, {})
        expect(own.calls.length, "it was tried in the evening").toBeGreaterThan(1)
        expect(own.calls.filter((at) => at >= 10 * MINUTE && at < 10 * MINUTE + 6 * HOUR)).toEqual([])
        expect(own.sent.map((at) => at - 6 * HOUR - 10 * MINUTE < MINUTE)).toEqual([true])
        expect([waiting, dead]).toEqual([[], []])
      }))
  }

  it.effect("a notice that policy names is tried through the night", () =>
    Effect.gen(function*() {
      const own = gateway(2 * HOUR, false)
      yield* night(own, { quietIgnoredBy: ["reserved"] })
      expect(own.sent.map((at) => at >= 2 * HOUR && at < 2 * HOUR + 11 * MINUTE)).toEqual([true])
    }))

  it.effect("waiting for the morning is no try", () =>
    Effect.gen(function*() {
      const own = gateway(7 * HOUR, false)
      const { waiting } = yield* inWorld(
        Effect.gen(function*() {
          yield* place()
          yield* rounds(6 * HOUR)
          const { outbox } = yield* Storage
          return { waiting: yield* outbox.list("waiting", 9) }
        }),
        { hub: { adapters: own.adapters }, network: policy({ quietHours: SOON, unacceptedHoldMinutes: 24 * 60 }) }
      )
      expect(waiting.map(({ attempts, lastError }) => [attempts, lastError])).toEqual([[own.calls.length, expect.stringContaining("it is away")]])
    }))
})
