import {
  type ActorKind,
  allowedCommands,
  type Command,
  type CommandName,
  COMMANDS,
  decide,
  type Fulfilment,
  type FulfilmentStatus,
  type Order,
  orderStatus,
  transition
} from "@aptekit/core"
import { BranchId, ProductId } from "@aptekit/core"
import { makeOrder, TEST_NOW, withPart } from "@aptekit/core/testing"
import { describe, expect, it } from "@effect/vitest"
import { Result } from "effect"
import { makeFacts } from "./facts.ts"

const STATES: ReadonlyArray<FulfilmentStatus> = [
  "placed", "operator", "assigned", "accepted", "awaiting", "assembled",
  "delivering", "delivered", "returning", "closed", "cancelled", "expired"
]

/** `domain.md`, Life of a fulfilment, D9 and D11, written down once more: the table in the code must say the same. */
const ALLOWED: Record<CommandName, string> = {
  assign: "placed operator",
  escalate: "placed assigned accepted awaiting assembled",
  accept: "assigned",
  defer: "assigned",
  hold: "accepted",
  changeLines: "operator accepted",
  substitute: "operator accepted",
  requestPurchase: "operator accepted",
  arrive: "awaiting",
  scan: "accepted assembled",
  assemble: "accepted",
  extend: "operator assigned accepted awaiting assembled",
  handOver: "assembled",
  deliver: "delivering",
  fail: "delivering",
  receiveBack: "returning",
  sell: "operator assigned accepted awaiting assembled delivering delivered returning expired",
  expire: "assembled assigned accepted",
  putBack: "closed cancelled expired",
  cancel: "placed operator assigned accepted awaiting assembled"
}

const ACTORS: ReadonlyArray<ActorKind> = ["system", "channel", "branch", "operator", "customer", "partner", "register"]

const WISHES: ReadonlyArray<Command> = [
  { name: "assign", input: {} },
  { name: "escalate", input: { comment: "не хватает" } },
  { name: "accept", input: {} },
  { name: "defer", input: { minutes: 5 } },
  { name: "hold", input: {} },
  { name: "changeLines", input: { lines: [{ lineId: 1, quantity: 1 }] } },
  { name: "substitute", input: { lineId: 1, productId: ProductId.make("ibuprofen") } },
  { name: "requestPurchase", input: { expectedAt: "2026-11-25T06:00:00Z" } },
  { name: "arrive", input: {} },
  { name: "scan", input: { barcode: "4600000000015" } },
  { name: "assemble", input: {} },
  { name: "extend", input: { until: "2026-11-23T12:00:00Z" } },
  { name: "handOver", input: {} },
  { name: "deliver", input: {} },
  { name: "fail", input: { reason: "no answer" } },
  { name: "receiveBack", input: { to: "assembled" } },
  { name: "receiveBack", input: { to: "cancelled" } },
  { name: "putBack", input: {} },
  { name: "expire", input: {} },
  { name: "cancel", input: { reason: "customer" } }
]

/** An order for delivery in a state, such that every command which the state allows can be carried out. */
const orderIn = (status: FulfilmentStatus, wish: CommandName): Order => {
  const lines = [{ product: "aspirin", quantity: 3, held: wish === "requestPurchase" ? 1 : 3 }]
  const expiresAt = wish === "expire" ? TEST_NOW : TEST_NOW + 60_000
  const order = makeOrder({
    n: 1,
    status,
    lines,
    expiresAt,
    over: { delivery: { type: "courier", address: { text: "пр. Абая, 1", point: null } } }
  })
  return withPart(order, { putBack: wish === "putBack" ? "due" : null })
}

const actorFor = (name: CommandName): ActorKind => transition(name).by[0]!

const run = (status: FulfilmentStatus, wish: Command, actor: ActorKind = actorFor(wish.name)) => {
  const order = orderIn(status, wish.name)
  const facts = makeFacts({ actor: { kind: actor, id: "x" }, policy: { acceptedDue: "expire" } })
  return decide(order, order.fulfilments[0]!, wish, facts)
}

const part = (order: Order): Fulfilment => order.fulfilments[0]!

describe("life of a fulfilment", () => {
  it("ORD-9: the table in the code is the one of the domain", () => {
    const table = Object.fromEntries(COMMANDS.map((name) => [name, [...transition(name).from].toSorted()]))
    const expected = Object.entries(ALLOWED).map(([name, from]) => [name, from.split(" ").toSorted()])
    expect(table).toEqual(Object.fromEntries(expected))
  })

  for (const wish of WISHES) {
    const allowed = STATES.filter((status) => ALLOWED[wish.name].split(" ").includes(status))

    it(`ORD-9: ${wish.name} is refused outside ${allowed.join(", ")}, naming state and what is allowed`, () => {
      for (const status of STATES.filter((state) => !allowed.includes(state))) {
        const ruling = run(status, wish)
        const refusal = Result.isFailure(ruling) ? ruling.failure : expect.fail(`it went through in ${status}`)
        expect(refusal).toMatchObject({
          _tag: "Refused", code: "state", command: wish.name, state: status, allowed: allowedCommands(status)
        })
        expect(refusal.message).toContain(status)
        for (const name of refusal.allowed) expect(refusal.message).toContain(name)
      }
    })

    it(`ORD-9: ${wish.name} leads from ${allowed.join(", ")} to where the table says`, () => {
      for (const status of allowed) {
        const ruling = run(status, wish)
        const after = Result.isSuccess(ruling) ? ruling.success.order : expect.fail(ruling.failure.message)
        const { to } = transition(wish.name)
        expect(to === "same" ? [status] : to, `${wish.name} from ${status}`).toContain(part(after).status)
      }
    })

    it(`ORD-9: ${wish.name} is refused to whom the table does not name`, () => {
      const { by } = transition(wish.name)
      for (const actor of ACTORS.filter((kind) => !by.includes(kind))) {
        const ruling = run(allowed[0]!, wish, actor)
        expect(Result.isFailure(ruling) && ruling.failure.code, `${wish.name} by ${actor}`).toBe("actor")
      }
    })
  }

  it("ORD-9: what a screen may offer leaves out facts and what only the system does", () => {
    expect(allowedCommands("assigned")).toEqual(["escalate", "accept", "defer", "extend", "cancel"])
    expect(allowedCommands("delivering")).toEqual(["deliver", "fail"])
    expect(allowedCommands("delivered")).toEqual([])
    expect(COMMANDS.filter((name) => STATES.some((status) => allowedCommands(status).includes(name))))
      .toEqual(COMMANDS.filter((name) => name !== "sell" && name !== "expire"))
  })

  it("D12: the least advanced open part decides the order's status, then closed, expired, cancelled", () => {
    const of = (...statuses: ReadonlyArray<FulfilmentStatus>) => orderStatus(statuses.map((status) => ({ status })))
    expect(of("delivered", "operator", "placed")).toBe("operator")
    expect(of("placed", "awaiting")).toBe("placed")
    expect(of("awaiting", "assigned")).toBe("awaiting")
    expect(of("accepted", "returning")).toBe("accepted")
    expect(of("assembled", "returning")).toBe("returning")
    expect(of("delivering", "delivered", "closed")).toBe("delivering")
    expect(of("cancelled", "delivered")).toBe("delivered")
    expect(of("cancelled", "expired", "closed")).toBe("closed")
    expect(of("cancelled", "expired")).toBe("expired")
    expect(of("cancelled", "cancelled")).toBe("cancelled")
  })

  it("ORD-9: a refusal of a shortage names line, wanted and available units", () => {
    const order = makeOrder({ n: 1, status: "accepted", lines: [{ product: "aspirin", quantity: 3, held: 1 }] })
    const facts = makeFacts({ actor: { kind: "branch", id: "north" } })
    const ruling = decide(order, part(order), { name: "assemble", input: {} }, facts)
    expect(Result.isFailure(ruling) && ruling.failure).toMatchObject({
      code: "missingLines", lines: [{ lineId: 1, wanted: 3, available: 1 }]
    })
  })

  it("ORD-4: an operator cannot assign to a branch that is unknown or closed down", () => {
    const order = orderIn("operator", "assign")
    const facts = makeFacts({ actor: { kind: "operator", id: "o" } })
    const ruling = decide(order, part(order), { name: "assign", input: { branchId: BranchId.make("moon") } }, facts)
    expect(Result.isFailure(ruling) && ruling.failure.code).toBe("branchInactive")
  })
})
