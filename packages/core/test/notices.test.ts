import {
  AdapterFault, AdapterRegistry, BranchId, defineAdapter, dispatchOnce, type FulfilmentStatus, HOUR, Lanes, lateReason, messagesPort, Network, type Notice,
  noticesBetween, type Order, type Policy, resolvePolicy, Schema, Storage
} from "@aptekit/core"
import { makeOrder, TEST_NOW } from "@aptekit/core/testing"
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { line, place } from "./intake-kit.ts"
import { command, inWorld, OPERATOR } from "./world.ts"

/** A gateway that takes down what it sent; away while it is told to be. */
const gateway = () => {
  const own = { away: false, sent: [] as Array<string> }
  const adapter = defineAdapter({
    name: "gateway",
    config: Schema.Struct({}),
    ports: { messages: messagesPort },
    capabilities: {
      sms: true, email: false, push: false, lookUp: false, status: false, balance: false, deliveryReports: false, idempotentSend: false,
      senderNames: false
    },
    setup: () => ({
      messages: {
        send: ({ id, text }) => {
          if (own.away) throw new AdapterFault("it is away", { outcome: "unavailable" })
          own.sent.push(`${id.split(":")[1]}: ${text}`)
          return { providerId: id }
        }
      }
    })
  })
  return Object.assign(own, { hub: { adapters: [adapter({})] } })
}

const round = Effect.gen(function*() {
  const network = yield* Network
  yield* dispatchOnce({
    lane: "gateway", storage: yield* Storage, registry: yield* AdapterRegistry, lanes: yield* Lanes, view: () => network.view()
  })
  yield* TestClock.adjust("1 minute")
})

const toSouth = { name: "assign", input: { branchId: BranchId.make("south") } } as const

const at = (status: FulfilmentStatus, over: Partial<Order["fulfilments"][number]> = {}): Order => {
  const order = makeOrder({ n: 1 })
  return { ...order, fulfilments: order.fulfilments.map((part) => ({ ...part, status, ...over })) }
}

describe("R-SMS-1: what a buyer hears of an order that waits for an operator", () => {
  it.effect("by default once that it has come in, and once more when its goods are reserved", () => {
    const own = gateway()
    return inWorld(
      Effect.gen(function*() {
        const { order } = yield* place({ lines: [line("aspirin", 12)] })
        expect(order.fulfilments.map(({ status }) => status)).toEqual(["operator"])
        yield* round
        // What leaves it with the operator is no news to the buyer.
        const changed = yield* command(order, { name: "extend", input: { until: new Date(TEST_NOW + 30 * HOUR).toISOString() } }, { actor: OPERATOR })
        yield* round
        expect(own.sent).toEqual([`operator: Заказ ${order.number} принят. Оператор свяжется с вами`])
        yield* command(changed, toSouth, { actor: OPERATOR })
        yield* round
        yield* round
        expect(own.sent.slice(1)).toEqual([expect.stringContaining(`reserved: Заказ ${order.number} забронирован`)])
      }),
      { hub: own.hub }
    )
  })

  it.effect("nothing of the operator once they have done their work, or the order has ended: the message was late", () => {
    const own = gateway()
    return inWorld(
      Effect.gen(function*() {
        own.away = true
        const { order: moved } = yield* place({ externalId: "moved", lines: [line("aspirin", 12)] })
        const { order: cancelled } = yield* place({ externalId: "cancelled", lines: [line("ibuprofen", 12)] })
        expect([moved, cancelled].map(({ fulfilments: [part] }) => part!.status)).toEqual(["operator", "operator"])
        yield* round
        yield* command(moved, toSouth, { actor: OPERATOR })
        yield* command(cancelled, { name: "cancel", input: { reason: "the buyer called" } }, { actor: OPERATOR })
        own.away = false
        yield* round
        yield* round
        expect(own.sent.map((text) => text.split(":")[0])).toEqual(["reserved", "cancelled"])
        const { outbox } = yield* Storage
        expect((yield* outbox.list("dropped", 9)).map(({ lastError }) => lastError)).toEqual([
          "late: the order is no longer with an operator", "late: the order has ended"
        ])
      }),
      { hub: own.hub }
    )
  })
})

describe("R-SMS-1: a message says nothing that is true no more", () => {
  it.for<[Notice, FulfilmentStatus, string | null]>([
    ["operator", "operator", null],
    ["operator", "assigned", "the order is no longer with an operator"],
    ["operator", "cancelled", "the order has ended"],
    ["reserved", "assigned", null],
    ["reserved", "accepted", null],
    ["reserved", "assembled", null],
    ["reserved", "operator", "the order has gone back"],
    ["reserved", "awaiting", "the order has gone back"],
    ["assembled", "assembled", null],
    ["assembled", "delivering", null],
    ["assembled", "operator", "the order has gone back"],
    ["assembled", "closed", "the order has ended"],
    ["cancelled", "cancelled", null],
    ["closed", "closed", null]
  ])("%s of an order that is %s", ([notice, status, late], { expect }) => {
    expect(lateReason(notice, at(status), null, 0)).toBe(late)
  })
})

describe("R-SMS-1: when a buyer is told", () => {
  const north = BranchId.make("north")
  const told = (order: Order, entry: Partial<Policy>) =>
    noticesBetween(null, order, {
      policy: (branch) => resolvePolicy(undefined, branch === north ? entry : undefined, { notifyAt: ["operator"] }),
      gateways: [{ connection: "sms", kinds: ["sms"] }],
      now: 0,
      zone: () => "UTC"
    }).map(({ payload }) => payload["notice"])

  it("is the branch's to say too, where the goods lie in one", ({ expect }) => {
    expect(told(at("assigned", { branchId: north }), { notifyAt: ["reserved"] })).toEqual(["reserved"])
    expect(told(at("assigned", { branchId: BranchId.make("south") }), { notifyAt: ["reserved"] })).toEqual([])
    expect(told(at("operator", { branchId: null }), { notifyAt: [] })).toEqual(["operator"])
  })
})
