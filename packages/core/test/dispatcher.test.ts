import {
  AdapterFault,
  AdapterRegistry,
  DEFAULT_LANE,
  defineAdapter,
  dispatchOnce,
  type FaultOutcome,
  HOUR,
  type HubServices,
  Lanes,
  messagesPort,
  Network,
  Orders,
  Schema,
  Storage
} from "@aptekit/core"
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { line, place } from "./intake-kit.ts"
import { command, inWorld } from "./world.ts"

const CAPABILITIES = {
  sms: true, email: false, push: false,
  lookUp: true, status: false, balance: false, deliveryReports: false, idempotentSend: false, senderNames: false
}

/** A gateway that does what it is told: how the next calls end, what it knows. */
const gateway = (lookUp: boolean) => {
  const sent: Array<{ readonly id: string; readonly to: string; readonly text: string }> = []
  const asked: Array<string> = []
  const ends: Array<FaultOutcome> = []
  const known = new Map<string, string>()
  const fault = (): void => {
    const outcome = ends.shift()
    if (outcome !== undefined) throw new AdapterFault(`it is ${outcome}`, { outcome })
  }
  const adapter = defineAdapter({
    name: "gateway",
    config: Schema.Struct({}),
    ports: { messages: messagesPort },
    capabilities: { ...CAPABILITIES, lookUp },
    setup: () => ({
      messages: {
        send: ({ id, to, text }) => {
          sent.push({ id, to, text })
          fault()
          return { providerId: `g-${id}` }
        },
        find: ({ id }) => {
          asked.push(id)
          fault()
          return { providerId: known.get(id) ?? null }
        }
      }
    })
  })
  return { sent, asked, ends, known, adapters: [adapter({})] }
}

const dispatch: Effect.Effect<number, unknown, HubServices> = Effect.gen(function*() {
  const network = yield* Network
  return yield* dispatchOnce({
    lane: "gateway",
    storage: yield* Storage,
    registry: yield* AdapterRegistry,
    lanes: yield* Lanes,
    view: () => network.view()
  })
})

/** As long as any back-off may take, and then one round. */
const later = Effect.andThen(TestClock.adjust("10 minutes"), dispatch)
const waiting = Effect.flatMap(Storage, ({ outbox }) => outbox.list("waiting", 10))

/** The body gets the gateway; an order has been placed, whose message `reserved` waits. */
const withGateway = (body: (own: ReturnType<typeof gateway>) => Effect.Effect<void, unknown, HubServices>, lookUp = true) => {
  const own = gateway(lookUp)
  return inWorld(Effect.andThen(place(), body(own)), { hub: { adapters: own.adapters } })
}

describe("dispatcher", () => {
  it.effect("SMS-1: the buyer of a new order is told once, by the number of the order", () =>
    withGateway(({ sent }) =>
      Effect.gen(function*() {
        expect([yield* dispatch, yield* dispatch]).toEqual([1, 0])
        expect(sent.map(({ to }) => to)).toEqual(["+77010000001"])
        expect(sent[0]!.text).toContain("Заказ")
        expect(yield* waiting).toEqual([])
      })))

  it.effect("D28: a partner that is not there is tried later, and later news of the order wait", () =>
    withGateway(({ sent, ends }) =>
      Effect.gen(function*() {
        const [order] = (yield* (yield* Storage).orders.list({ limit: 1 })).items
        ends.push("unavailable")
        yield* dispatch
        const accepted = yield* command(order!, { name: "accept", input: {} })
        yield* command(accepted, { name: "assemble", input: {} })
        expect(yield* dispatch, "the first one is put off").toBe(0)
        yield* later
        yield* dispatch
        expect(sent.map(({ id }) => id.split(":")[1])).toEqual(["reserved", "reserved", "assembled"])
      })))

  it.effect("D28: what the partner refuses is never repeated, and stops nothing", () =>
    withGateway(({ sent, ends }) =>
      Effect.gen(function*() {
        ends.push("rejected")
        yield* dispatch
        expect([yield* later, sent.length, (yield* waiting).length]).toEqual([0, 1, 0])
      })))

  it.effect("D27: a lost answer is looked up, and what arrived is not sent again", () =>
    withGateway(({ sent, asked, ends, known }) =>
      Effect.gen(function*() {
        ends.push("unknown")
        yield* dispatch
        known.set(sent[0]!.id, "g-1")
        yield* later
        expect([sent.length, asked.length, (yield* waiting).length]).toEqual([1, 1, 0])
      })))

  it.effect("D27: where a gateway cannot be asked, a lost answer is never repeated, and later news go on", () =>
    withGateway(({ sent, asked, ends }) =>
      Effect.gen(function*() {
        const [order] = (yield* (yield* Storage).orders.list({ limit: 1 })).items
        ends.push("unknown")
        yield* dispatch
        yield* later
        expect([sent.length, asked.length, (yield* waiting).length]).toEqual([1, 0, 0])
        const accepted = yield* command(order!, { name: "accept", input: {} })
        yield* command(accepted, { name: "assemble", input: {} })
        yield* dispatch
        expect(sent.map(({ id }) => id.split(":")[1])).toEqual(["reserved", "assembled"])
      }), false))

  it.effect("D27: what did not arrive is sent again under the same id", () =>
    withGateway(({ sent, asked, ends }) =>
      Effect.gen(function*() {
        ends.push("unknown")
        yield* dispatch
        yield* later
        expect([asked.length, sent.length, new Set(sent.map(({ id }) => id)).size]).toEqual([1, 2, 1])
      })))

  for (const outcome of ["unavailable", "unknown"] as const) {
    it.effect(`D27: while the look-up is ${outcome} the doubt stays, and nothing is sent`, () =>
      withGateway(({ sent, asked, ends, known }) =>
        Effect.gen(function*() {
          ends.push("unknown", outcome)
          yield* dispatch
          yield* later
          known.set(sent[0]!.id, "g-1")
          yield* later
          expect([sent.length, asked.length, (yield* waiting).length]).toEqual([1, 2, 0])
        })))
  }

  it.effect("D24: a round of calls that nobody answers ends within its lease, so no other takes its messages meanwhile", () => {
    const adapter = defineAdapter({
      name: "gateway",
      config: Schema.Struct({}),
      ports: { messages: messagesPort },
    capabilities: CAPABILITIES,
      setup: () => ({
        messages: {
          send: () => Effect.never,
          find: () => Effect.as(Effect.sleep("9 seconds"), { providerId: null })
        }
      })
    })
    return inWorld(
      Effect.gen(function*() {
        for (let i = 0; i < 64; i++) yield* place({ externalId: `E-${i}`, lines: [line("coffee", 1)] })
        // The first rounds leave every message in doubt; the later ones look each up and send it again.
        for (let round = 0; round < 4; round++) {
          const working = yield* Effect.forkChild(dispatch)
          yield* TestClock.adjust("59 seconds")
          expect(working.pollUnsafe(), `round ${round}`).toBeDefined()
          yield* TestClock.adjust("1 minute")
        }
      }),
      { hub: { adapters: [adapter({})] } }
    )
  })

  it.effect("OPS-2: after its last try a message is a dead letter with its error", () =>
    withGateway(({ sent, ends }) =>
      Effect.gen(function*() {
        ends.push(...Array.from({ length: DEFAULT_LANE.maxAttempts }, () => "unavailable" as const))
        yield* dispatch
        // The order must live on, or the message would be dropped as late.
        const [order] = (yield* (yield* Storage).orders.list({ limit: 1 })).items
        const until = new Date(order!.fulfilments[0]!.reservation!.expiresAt + 24 * HOUR).toISOString()
        yield* command(order!, { name: "extend", input: { until } })
        for (let i = 1; i < DEFAULT_LANE.maxAttempts; i++) yield* later
        const dead = yield* (yield* Storage).outbox.list("dead", 10)
        expect([sent.length, dead.length, dead[0]?.attempts]).toEqual([DEFAULT_LANE.maxAttempts, 1, DEFAULT_LANE.maxAttempts])
        expect(dead[0]?.lastError).toContain("it is unavailable")
        expect(yield* later).toBe(0)
      })))

  it.effect("SMS-1: news of an order that has ended meanwhile are not sent", () =>
    withGateway(({ sent, ends }) =>
      Effect.gen(function*() {
        const [order] = (yield* (yield* Storage).orders.list({ limit: 1 })).items
        ends.push("unavailable")
        yield* dispatch
        yield* (yield* Orders).cancel(order!.id, "customer", { actor: { kind: "customer", id: "c" } })
        yield* later
        yield* dispatch
        expect(sent.map(({ id }) => id.split(":")[1])).toEqual(["reserved", "cancelled"])
      })))
})
