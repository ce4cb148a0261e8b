import {
  AdapterFault, AdapterRegistry, defineAdapter, detourOf, dispatchOnce, type FaultOptions, hubLayer, type HubServices, Lanes, messagesPort,
  Network, optOut, type Order, type OrderRequest, Orders, type OutboxMessage, type Policy, Schema, Storage, subscribe
} from "@aptekit/core"
import { makeRequest, memoryStorage } from "@aptekit/core/testing"
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { place as taken, policy } from "./intake-kit.ts"
import { command, inWorld } from "./world.ts"

interface Sent {
  readonly by: string
  readonly id: string
  readonly kind: string
  readonly to: string
  readonly text: string
  readonly subject?: string | undefined
  readonly sender?: string | undefined
}

type Kinds = ReadonlyArray<"sms" | "email" | "push">
type Fault = FaultOptions | ((message: Sent) => FaultOptions | undefined)

/** Gateways by their connection and the kinds that they take; what they were sent, and how their next calls fail. */
const makeGateways = (of: Readonly<Record<string, Kinds>>) => {
  const sent: Array<Sent> = []
  const faults: Record<string, ReadonlyArray<Fault>> = {}
  const found = new Set<string>()
  const adapters = Object.entries(of).map(([id, kinds]) =>
    defineAdapter({
      name: "gateway",
      config: Schema.Struct({}),
      ports: { messages: messagesPort },
      capabilities: {
        sms: kinds.includes("sms"), email: kinds.includes("email"), push: kinds.includes("push"),
        lookUp: true, status: false, balance: false, deliveryReports: false, idempotentSend: false, senderNames: true
      },
      setup: () => ({
        messages: {
          send: ({ id: message, kind, to, text, subject, sender }) => {
            const one = { by: id, id: message, kind, to, text, subject, sender }
            const [fault, ...rest] = faults[id] ?? []
            faults[id] = rest
            const failure = typeof fault === "function" ? fault(one) : fault
            if (failure?.outcome !== "unavailable" && failure?.outcome !== "rejected") sent.push(one)
            if (failure !== undefined) throw new AdapterFault(`it is ${failure.outcome}`, failure)
            return { providerId: `${id}-${message}` }
          },
          find: ({ id: message }) => ({ providerId: found.has(message) ? `${id}-${message}` : null })
        }
      })
    })({}, { id })
  )
  return { sent, faults, found, adapters, lanes: Object.keys(of) }
}

/** One look of every lane, again and again until none has anything to do. */
const dispatch = (lanes: ReadonlyArray<string>): Effect.Effect<void, unknown, HubServices> =>
  Effect.gen(function*() {
    const network = yield* Network
    const work = { storage: yield* Storage, registry: yield* AdapterRegistry, lanes: yield* Lanes, view: () => network.view() }
    let handled = 1
    for (let turn = 0; turn < 30 && handled > 0; turn++) {
      handled = 0
      for (const lane of lanes) handled += yield* dispatchOnce({ ...work, lane })
    }
    expect(handled, "it comes to rest").toBe(0)
  })

const place = (request: Partial<OrderRequest> = {}) => Effect.map(taken(request), ({ order }) => order)
const MAIL = "aigerim@mail.kz"
const withMail = (request: Partial<OrderRequest> = {}) => place({ ...request, customer: { ...makeRequest().customer, email: MAIL } })

const BROWSER = { endpoint: "https://push.example.com/b1", keys: { p256dh: "p".repeat(87), auth: "a".repeat(22) } }

const messagesOf = (order: Order) => Effect.flatMap(Storage, ({ messages }) => messages.ofOrder(order.id))
const ended = (order: Order) => Effect.map(messagesOf(order), (all) => all.map(({ connection, state, error }) => [connection, state, error]))
const historyOf = (id: string) => Effect.flatMap(Storage, ({ pull }) => Effect.map(pull.letter(id), (found) => found!.history.map(({ text }) => text)))

interface Scene {
  readonly gateways: Readonly<Record<string, Kinds>>
  readonly policy?: Partial<Policy>
}
type Body = (own: ReturnType<typeof makeGateways> & { readonly go: Effect.Effect<void, unknown, HubServices> }) => Effect.Effect<void, unknown, HubServices>

const scene = ({ gateways, policy: rules = {} }: Scene, body: Body) => {
  const own = makeGateways(gateways)
  return inWorld(body({ ...own, go: dispatch(own.lanes) }), { network: policy(rules), hub: { adapters: own.adapters } })
}

const ALL = { sms: ["sms"], mail: ["email"], app: ["push"] } as const
const later = (own: { readonly go: Effect.Effect<void, unknown, HubServices> }) => Effect.andThen(TestClock.adjust("10 minutes"), own.go)

describe("SMS-2: by which kind a buyer is told", () => {
  it.effect("by default: in the browser that subscribed, else by SMS", () =>
    scene({ gateways: ALL }, ({ sent, go }) =>
      Effect.gen(function*() {
        const first = yield* withMail({ externalId: "E-1" })
        yield* go
        yield* subscribe({ channelId: first.channelId, owner: "+77010000001" }, BROWSER)
        const second = yield* withMail({ externalId: "E-2" })
        yield* go
        expect(sent.map(({ by, kind, to }) => [by, kind, to])).toEqual([
          ["sms", "sms", "+77010000001"], ["app", "push", JSON.stringify(BROWSER)]
        ])
        expect(sent[1]!.subject).toContain(second.number)
        // One message, one id, whatever way it went.
        expect([yield* ended(first), yield* ended(second)]).toEqual([[["sms", "done", null]], [["app", "done", null]]])
        expect(yield* historyOf(sent[0]!.id)).toEqual(["app → sms: no browser has subscribed"])
      })))

  it.effect("by every kind that reaches them, where a rule says so, each under an id of its own", () =>
    scene({ gateways: ALL, policy: { notifyBy: [{ notices: ["reserved"], kinds: ["email", "sms", "push"], mode: "each" }] } }, ({ sent, go }) =>
      Effect.gen(function*() {
        const order = yield* withMail()
        yield* go
        expect(sent.map(({ by, kind, to }) => [by, kind, to])).toEqual([["sms", "sms", "+77010000001"], ["mail", "email", MAIL]])
        expect(new Set(sent.map(({ id }) => id)).size).toBe(2)
        expect((yield* ended(order)).at(-1)).toEqual(["app", "dropped", "no browser has subscribed"])
        // No rule names any other notice.
        yield* (yield* Orders).cancel(order.id, "customer", { actor: { kind: "customer", id: "c" } })
        yield* go
        expect(sent.length).toBe(2)
      })))

  it.effect("not by a kind that nobody carries or the buyer has no address for", () =>
    scene({ gateways: { mail: ["email"] } }, ({ sent, go }) =>
      Effect.gen(function*() {
        const none = yield* place({ externalId: "E-1" })
        const mailed = yield* withMail({ externalId: "E-2" })
        yield* go
        expect([sent.map(({ to }) => to), yield* ended(none), (yield* messagesOf(mailed)).length]).toEqual([[MAIL], [], 1])
      })))

  it.effect("not by the kind that they want none of: the next one is taken, and none where they want none at all", () =>
    scene({ gateways: ALL, policy: { notifyBy: [{ kinds: ["sms", "email"], mode: "first" }] } }, ({ sent, go }) =>
      Effect.gen(function*() {
        const [first, second, third] = [yield* withMail({ externalId: "E-1" }), yield* withMail({ externalId: "E-2" }), yield* withMail({ externalId: "E-3" })]
        yield* optOut("+77010000001", true, "sms")
        yield* go
        expect(sent.map(({ to }) => to)).toEqual([MAIL, MAIL, MAIL])
        yield* command(first, { name: "accept", input: {} })
        yield* optOut(MAIL, true)
        const told = (order: Order) => Effect.andThen(command(order, { name: "cancel", input: { reason: "absent" } }, { actor: { kind: "operator", id: "o" } }), go)
        yield* told(second)
        expect((yield* ended(second)).at(-1)?.slice(1)).toEqual(["dropped", "the buyer wants no messages"])
        yield* optOut("+77010000001", false, "sms")
        yield* optOut("+77010000001", true)
        yield* optOut(MAIL, false)
        yield* told(third)
        expect([sent.length, (yield* ended(third)).at(-1)?.slice(1)]).toEqual([3, ["dropped", "the buyer wants no messages"]])
      })))

  it.effect("in no browser of another channel, and in none that is gone; then by the next kind", () =>
    scene({ gateways: ALL }, ({ sent, faults, go }) =>
      Effect.gen(function*() {
        const order = yield* place({ externalId: "E-1" })
        yield* subscribe({ channelId: "other" as Order["channelId"], owner: "+77010000001" }, BROWSER)
        yield* go
        expect(sent.map(({ by }) => by)).toEqual(["sms"])
        yield* subscribe({ channelId: order.channelId, owner: "+77010000001" }, BROWSER)
        yield* subscribe({ channelId: order.channelId, owner: order.id }, { ...BROWSER, endpoint: "https://push.example.com/b2" })
        faults["app"] = [{ outcome: "rejected", because: "addressGone" }, { outcome: "rejected", because: "addressGone" }]
        yield* (yield* Orders).cancel(order.id, "customer", { actor: { kind: "customer", id: "c" } })
        yield* go
        expect(sent.map(({ by }) => by)).toEqual(["sms", "sms"])
        const { messages } = yield* Storage
        expect((yield* messages.subscriptions(["+77010000001", order.id])).map(({ channelId }) => channelId), "forgotten").toEqual([])
      })))

  it.effect("D27: a push message whose end nobody knows is looked for in each of their browsers before it goes again", () =>
    scene({ gateways: ALL }, (own) =>
      Effect.gen(function*() {
        const { channelId } = yield* place({ externalId: "E-0" })
        for (const n of [1, 2]) yield* subscribe({ channelId, owner: "+77010000001" }, { ...BROWSER, endpoint: `https://push.example.com/${n}` })
        own.faults["app"] = [{ outcome: "unknown" }, { outcome: "unavailable" }]
        yield* own.go
        expect(own.sent.map(({ by: one }) => one)).toEqual(["app"])
        own.found.add(own.sent[0]!.id)
        yield* later(own)
        expect([own.sent.length, yield* (yield* Storage).outbox.list("waiting", 9)]).toEqual([1, []])
        expect(own.sent[0]!.id).not.toContain("push.example.com")
      })))

  it.effect("told is who was told in one of their browsers", () =>
    scene({ gateways: ALL }, ({ sent, faults, go }) =>
      Effect.gen(function*() {
        const { channelId } = yield* place({ externalId: "E-0", customer: { ...makeRequest().customer, phone: "+77010000001" } })
        for (const n of [1, 2, 3]) yield* subscribe({ channelId, owner: "+77010000001" }, { ...BROWSER, endpoint: `https://push.example.com/${n}` })
        faults["app"] = [{ outcome: "unavailable" }, { outcome: "rejected", because: "addressGone" }]
        yield* go
        expect(sent.map(({ by, to }) => [by, to.includes("/1")])).toEqual([["app", true]])
        expect((yield* (yield* Storage).messages.subscriptions(["+77010000001"])).length).toBe(2)
      })))
})

const PAIR = { first: ["sms"], second: ["sms"] } as const
const by = (sent: ReadonlyArray<Sent>) => sent.map((one) => one.by)

describe("SMS-1: through which gateway", () => {
  it.effect("the one that its rule names for this address, else all of the kind in turn", () =>
    scene({
      gateways: { a: ["sms"], kz: ["sms"], mail: ["email"] },
      policy: { messageGateways: [{ kind: "sms", prefix: "+77", connections: ["gone", "mail", "kz"] }] }
    }, ({ sent, go }) =>
      Effect.gen(function*() {
        yield* place({ externalId: "E-1" })
        yield* place({ externalId: "E-2", customer: { ...makeRequest().customer, phone: "+998901234567" } })
        yield* go
        expect(sent.map(({ by: one, to }) => [one, to])).toEqual([["a", "+998901234567"], ["kz", "+77010000001"]])
      })))

  it.effect("the next one when the first has failed as often as policy says; never twice, and the record says through whom", () =>
    scene({ gateways: PAIR, policy: { failOverTries: 2 } }, (own) =>
      Effect.gen(function*() {
        own.faults["first"] = Array.from({ length: 9 }, () => ({ outcome: "unavailable" }) as const)
        const order = yield* place()
        yield* own.go
        expect(own.sent).toEqual([])
        yield* later(own)
        expect([by(own.sent), own.faults["first"].length]).toEqual([["second"], 7])
        expect(yield* ended(order)).toEqual([["second", "done", null]])
        expect((yield* historyOf(own.sent[0]!.id)).at(-1)).toContain("first → second: the gateway does not answer: ")
        yield* later(own)
        expect(own.sent.length).toBe(1)
      })))

  it.effect("the first again when all have failed, so that none is given up", () =>
    scene({ gateways: PAIR, policy: { failOverTries: 1 } }, (own) =>
      Effect.gen(function*() {
        own.faults["first"] = [{ outcome: "unavailable" }]
        own.faults["second"] = [{ outcome: "unavailable" }]
        yield* place()
        yield* own.go
        expect(own.sent).toEqual([])
        yield* later(own)
        expect(by(own.sent)).toEqual(["first"])
      })))

  it.effect("the first again when the second rests by now, a moment later; while all rest nobody moves", () =>
    Effect.sync(() => {
      const message = (lane: string, passed: ReadonlyArray<string>) =>
        ({ lane, attempts: 3, payload: { kinds: ["sms", "email"], kind: "sms", passed, closed: [], since: 1 } }) as unknown as OutboxMessage
      const steps = [{ kind: "sms", connection: "a" }, { kind: "sms", connection: "b" }, { kind: "email", connection: "mail" }] as const
      const at = (lane: string, passed: ReadonlyArray<string>, resting: ReadonlyArray<string>) => {
        const found = detourOf({ error: null, last: false }, { message: message(lane, passed), steps, resting: new Set(resting), tries: 3 })
        return found === null ? null : [found.lane, found.payload["passed"], found.waits ?? false]
      }
      expect(at("a", [], ["a"])).toEqual(["b", ["sms/a"], false])
      expect(at("b", ["sms/a"], ["b"])).toEqual(["a", ["sms/b"], true])
      expect(at("b", ["sms/a"], ["a", "b"])).toBeNull()
      expect(at("a", [], ["a", "b"]), "by e-mail only when it has failed").toBeNull()
    }))

  it.effect("the first alone where policy says never", () =>
    scene({ gateways: PAIR, policy: { failOverTries: null } }, (own) =>
      Effect.gen(function*() {
        own.faults["first"] = Array.from({ length: 4 }, () => ({ outcome: "unavailable" }) as const)
        yield* place()
        for (let i = 0; i < 5; i++) yield* later(own)
        expect(by(own.sent)).toEqual(["first"])
      })))

  it.effect("the next one at once when a gateway takes nothing; what was refused as a message is refused by all", () =>
    scene({ gateways: PAIR }, ({ sent, faults, go }) =>
      Effect.gen(function*() {
        faults["first"] = [{ outcome: "rejected", because: "gateway" }, { outcome: "unavailable", because: "gateway" }, { outcome: "rejected" }]
        for (const n of [1, 2, 3]) yield* Effect.andThen(place({ externalId: `E-${n}` }), go)
        expect(by(sent)).toEqual(["second", "second"])
        const refused = (yield* (yield* Storage).outbox.list("rejected", 9)).map(({ lane }) => lane)
        expect(refused).toEqual(["first"])
      })))

  it.effect("D27: after an end that nobody knows none but the gateway itself, until it says that it has none", () =>
    scene({ gateways: PAIR, policy: { failOverTries: 1 } }, (own) =>
      Effect.gen(function*() {
        own.faults["first"] = [{ outcome: "unknown" }, { outcome: "unknown" }, { outcome: "unavailable" }]
        const order = yield* place()
        yield* own.go
        yield* later(own)
        expect(by(own.sent), "sent again only after it said no").toEqual(["first", "first"])
        yield* later(own)
        expect(by(own.sent)).toEqual(["first", "first", "second"])
        own.faults["first"] = [{ outcome: "unknown" }, { outcome: "rejected", because: "gateway" }]
        yield* (yield* Orders).cancel(order.id, "customer", { actor: { kind: "customer", id: "c" } })
        yield* own.go
        own.found.add(own.sent.at(-1)!.id)
        yield* later(own)
        expect(by(own.sent).slice(3), "it had arrived").toEqual(["first"])
      })))

  it.effect("by the next kind when all gateways of the first have refused or failed", () =>
    scene({ gateways: { sms: ["sms"], mail: ["email"] }, policy: { failOverTries: 2 } }, (own) =>
      Effect.gen(function*() {
        own.faults["sms"] = [{ outcome: "rejected" }, { outcome: "unavailable" }, { outcome: "unavailable" }]
        yield* withMail({ externalId: "E-1" })
        yield* own.go
        yield* withMail({ externalId: "E-2" })
        yield* own.go
        yield* later(own)
        expect(own.sent.map(({ by: one, to }) => [one, to])).toEqual([["mail", MAIL], ["mail", MAIL]])
      })))

  it.effect("with the sender's name that policy gives a gateway", () =>
    scene({ gateways: PAIR, policy: { senderNames: { second: "Apteka 7" } } }, ({ sent, faults, go }) =>
      Effect.gen(function*() {
        faults["first"] = [() => undefined, { outcome: "rejected", because: "gateway" }]
        yield* place({ externalId: "E-1" })
        yield* go
        yield* place({ externalId: "E-2" })
        yield* go
        expect(sent.map(({ by: one, sender }) => [one, sender])).toEqual([["first", undefined], ["second", "Apteka 7"]])
      })))

  it.effect("SDK-2: a hub whose `messages` names no such connection does not start, and says which there are", () =>
    Effect.gen(function*() {
      const { adapters } = makeGateways(PAIR)
      const start = Effect.scoped(Effect.provide(Effect.void, hubLayer({ storage: memoryStorage(), jobs: false, adapters, messages: ["first", "thrid"] })))
      expect((yield* Effect.flip(start)).message).toBe("`messages` names thrid, which sends no messages; there are: first, second.")
    }))
})

describe("SMS-1: limits of a day", () => {
  const daily = (dailyPerAddress: number | null, dailyPerGateway: Readonly<Record<string, number>> = {}) => ({ dailyPerAddress, dailyPerGateway })

  it.effect("more than so many do not go to one number; each that is dropped says why; the next day begins at midnight there", () =>
    scene({ gateways: { sms: ["sms"] }, policy: daily(2) }, (own) =>
      Effect.gen(function*() {
        const orders = []
        for (const n of [1, 2, 3]) orders.push(yield* place({ externalId: `E-${n}` }))
        const other = yield* place({ externalId: "E-9", customer: { ...makeRequest().customer, phone: "+77010000099" } })
        yield* own.go
        expect([own.sent.length, (yield* ended(orders[2]!))[0]]).toEqual([
          3, ["sms", "dropped", "the limit of 2 messages a day to one address is reached"]
        ])
        expect((yield* ended(other))[0]?.[1]).toBe("done")
        // Monday 10:00 in Almaty is 05:00 in UTC: its midnight is five hours before the one there.
        yield* TestClock.adjust("14 hours")
        yield* place({ externalId: "E-4" })
        yield* own.go
        expect(own.sent.length).toBe(4)
      })))

  it.effect("what did not go is not counted; what may have gone is", () =>
    scene({ gateways: { sms: ["sms"] }, policy: { ...daily(2), failOverTries: null } }, (own) =>
      Effect.gen(function*() {
        own.faults["sms"] = [{ outcome: "unavailable" }, { outcome: "rejected" }, { outcome: "unknown" }]
        for (const n of [1, 2, 3]) yield* Effect.andThen(place({ externalId: `E-${n}` }), own.go)
        yield* later(own)
        yield* place({ externalId: "E-4" })
        yield* own.go
        const dropped = (yield* (yield* Storage).outbox.list("dropped", 9)).length
        // The first went at its second try; the third, in doubt, was asked for and sent again as the same one.
        expect([new Set(own.sent.map(({ id }) => id)).size, dropped]).toEqual([2, 1])
      })))

  it.effect("a gateway that has done its day leaves the rest to the next, and the last one drops it with its reason", () =>
    scene({ gateways: PAIR, policy: daily(null, { first: 2, second: 1 }) }, ({ sent, go }) =>
      Effect.gen(function*() {
        const orders = []
        for (const n of [1, 2, 3, 4]) orders.push(yield* place({ externalId: `E-${n}` }))
        yield* go
        expect(by(sent)).toEqual(["first", "first", "second"])
        expect((yield* ended(orders[3]!))[0]).toEqual(["second", "dropped", "the limit of 1 messages a day through second is reached"])
      })))

  it.effect("a number that has had its messages is told by the next kind", () =>
    scene({ gateways: { both: ["sms", "email"] }, policy: daily(1) }, ({ sent, go }) =>
      Effect.gen(function*() {
        for (const n of [1, 2, 3]) yield* Effect.andThen(withMail({ externalId: `E-${n}` }), go)
        expect(sent.map(({ kind }) => kind)).toEqual(["sms", "email"])
      })))
})
