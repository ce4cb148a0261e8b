import {
  type Actor,
  allowedCommands,
  BranchId,
  type Command,
  type CommandName,
  COMMANDS,
  type Fulfilment,
  type HubServices,
  MINUTE,
  type Order,
  type OrderRequest,
  Orders,
  ProductId,
  Sales,
  Storage,
  sweepOnce,
  SYSTEM,
  transition
} from "@aptekit/core"
import { makeRequest, stateStock } from "@aptekit/core/testing"
import { expect } from "@effect/vitest"
import { Clock, Effect, Schema } from "effect"
import { TestClock } from "effect/testing"
import { OPERATOR } from "./world.ts"

export const PRODUCTS = ["aspirin", "ibuprofen", "coffee", "rare"] as const
export const BRANCHES = ["north", "south", "east"] as const

const between = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

/** One step of a walk: what kind of thing is done, which of the possible ones, to which order, with which figure. */
export const Step = Schema.Struct({
  kind: Schema.Literals(["command", "command", "command", "command", "anyCommand", "world"]),
  choice: between(0, 59),
  which: between(0, 3),
  figure: between(0, 11)
})
export type Step = typeof Step.Type
export const Walk = Schema.Array(Step).check(Schema.isMinLength(24), Schema.isMaxLength(40))

const WORLD = ["pickup", "tick", "courier", "again", "tick", "arrivals"] as const
const FACTS = ["walkIn", "statement"] as const
type Happening = (typeof WORLD)[number] | (typeof FACTS)[number]

/** What leads on is tried more often, so that walks reach the late states. */
const ONWARD: ReadonlyArray<CommandName> = [
  "accept", "hold", "arrive", "assemble", "handOver", "deliver", "fail", "receiveBack", "putBack"
]

const pick = <A>(from: ReadonlyArray<A>, n: number): A => from[n % from.length]!

const request = ({ which, figure }: Step, courier: boolean, n: number): OrderRequest =>
  makeRequest({
    externalId: `E-${n}`,
    lines: [
      { productId: ProductId.make(pick(PRODUCTS, figure)), quantity: 1 + (figure * 7 + which) % 6 },
      { productId: ProductId.make("aspirin"), quantity: 1 + which }
    ],
    delivery: courier
      ? { type: "courier", address: { text: "пр. Абая, 1", point: { lat: 43.2 + figure / 100, lon: 76.9 } } }
      : { type: "pickup", branchId: BranchId.make(pick(BRANCHES, which)) }
  })

const at = (from: number, minutes: number): string => new Date(from + minutes * MINUTE).toISOString()

const commandOf = (name: CommandName, figure: number, f: Fulfilment, now: number): Command => {
  const lineId = f.lines.length === 0 ? 1 : pick(f.lines, figure).lineId
  const productId = ProductId.make(pick(PRODUCTS, figure))
  switch (name) {
    case "assign":
      return { name, input: figure % 2 === 0 ? {} : { branchId: BranchId.make(pick(BRANCHES, figure)) } }
    case "changeLines": {
      const line = figure % 3 === 0 ? { productId, quantity: 1 + figure } : { lineId, quantity: figure % 5 }
      return { name, input: { lines: [line] } }
    }
    case "substitute":
      return { name, input: { lineId, productId, quantity: 1 + (figure % 4) } }
    case "requestPurchase":
      return { name, input: { expectedAt: at(now, figure * 60) } }
    case "scan":
      return { name, input: { barcode: figure % 4 === 0 ? "nothing" : "4600000000015", quantity: 1 + (figure % 2) } }
    case "extend":
      return { name, input: { until: at(now, figure * 240) } }
    case "defer":
      return { name, input: { minutes: 1 + figure } }
    case "fail":
    case "cancel":
      return { name, input: { reason: "проверка" } }
    case "receiveBack":
      return { name, input: { to: figure % 2 === 0 ? "assembled" : "cancelled" } }
    case "sell":
      throw new Error("a sale is no command")
    default:
      return { name, input: {} }
  }
}

/** What a walk has met, for the test that walks go far enough. */
export interface Tally {
  readonly states: Set<string>
  readonly done: Set<string>
  readonly refused: Set<string>
}
export const newTally = (): Tally => ({ states: new Set(), done: new Set(), refused: new Set() })

const happen = (what: Happening, step: Step, n: number, tally: Tally): Effect.Effect<void, unknown, HubServices> =>
  Effect.gen(function*() {
    const orders = yield* Orders
    const storage = yield* Storage
    const now = yield* Clock.currentTimeMillis
    const productId = ProductId.make(pick(PRODUCTS, step.figure))
    const branchId = BranchId.make(pick(BRANCHES, step.which))
    if (what === "pickup" || what === "courier") {
      const placed = yield* orders.place(request(step, what === "courier", n), { kind: "channel", id: "shop" })
      expect(placed.created).toBe(true)
    } else if (what === "tick") {
      // Up to two days, so that every kind of reservation ends in some walk.
      yield* TestClock.adjust(`${4 * step.figure} hours`)
      yield* sweepOnce
    } else if (what === "walkIn") {
      const lines = [{ productId, quantity: 1 + (step.figure % 3) }] as const
      const sale = { source: "till", id: `s-${n}`, branchId, occurredAt: at(now, step.figure - 3), lines }
      yield* (yield* Sales).record(sale, { kind: "register", id: "till" })
    } else if (what === "statement") {
      // Now and then a delivery for everybody, so that those who wait get their goods.
      const everywhere = BRANCHES.flatMap((branch) => PRODUCTS.map((product) => [product, branch, 20] as const))
      yield* stateStock(
        step.figure > 7 ? everywhere : [[productId, branchId, step.figure]],
        now - step.which * MINUTE
      )
    } else if (what === "arrivals") {
      for (const id of yield* storage.orders.awaiting(10)) {
        for (const f of (yield* storage.orders.byId(id))!.fulfilments) {
          const done = yield* Effect.result(orders.command(f.id, { name: "arrive", input: {} }, { actor: SYSTEM }))
          if (done._tag === "Success") tally.done.add("arrive")
        }
      }
    } else yield* again(step)
  })

/** P2: the same request again is the same order, as it is now. */
const again = (step: Step) =>
  Effect.gen(function*() {
    const known = (yield* (yield* Storage).orders.list({ limit: 100 })).items
    if (known.length === 0) return
    const order = pick(known, step.which)
    const request = JSON.parse(order.request) as OrderRequest
    const repeated = yield* (yield* Orders).place(request, { kind: "channel", id: "shop" })
    expect([repeated.created, repeated.order]).toEqual([false, order])
  })

/** A receipt for all of a part's lines, or for the first one only. */
const sell = (order: Order, f: Fulfilment, step: Step, n: number) =>
  Effect.gen(function*() {
    const lines = f.lines.flatMap(({ productId, quantity }) => (productId === null ? [] : [{ productId, quantity }]))
      .slice(0, step.figure % 3 === 0 ? 1 : undefined)
    const [first, ...rest] = lines
    if (first === undefined) return
    const now = yield* Clock.currentTimeMillis
    yield* (yield* Sales).record({
      source: "till",
      id: `s-${n}`,
      branchId: f.branchId ?? BranchId.make("north"),
      occurredAt: at(now, 0),
      fulfilmentNumber: `${order.number}-${f.part}`,
      lines: [first, ...rest]
    }, { kind: "register", id: "till" })
  })

const act = (step: Step, order: Order, facts: boolean, n: number, tally: Tally) =>
  Effect.gen(function*() {
    const orders = yield* Orders
    const f = pick(order.fulfilments, step.figure)
    const now = yield* Clock.currentTimeMillis
    const allowed = allowedCommands(f.status)
    const onward = allowed.filter((name) => ONWARD.includes(name))
    const choices = step.kind === "anyCommand" ? COMMANDS : [...onward, ...onward, ...onward, ...onward, ...allowed]
    const name = choices.length === 0 ? "sell" : pick(choices, step.choice)
    if (name === "sell" || (facts && step.choice % 7 === 0)) {
      if (facts) yield* sell(order, f, step, n)
      return
    }
    const actor: Actor = step.choice === 59 ? OPERATOR : { kind: transition(name).by.at(-1)!, id: "x" }
    const whole = step.choice % 20 === 13
    const wish = whole
      ? orders.cancel(order.id, "проверка", { actor: { kind: "customer", id: "x" } })
      : orders.command(f.id, commandOf(name, step.figure, f, now), { actor })
    const done = yield* Effect.result(wish)
    if (done._tag === "Success") {
      tally.done.add(whole ? "cancel" : name)
      expect([order.version, order.version + 1], `version after ${name}`).toContain(done.success.version)
    } else if (done.failure._tag === "Refused") {
      const { message, state, allowed, code } = done.failure
      tally.refused.add(`${whole ? "cancel" : name} ${code}`)
      // ORD-9: the state it met, and all that this state allows.
      expect(message).toContain(`State: ${state};`)
      for (const other of allowed) expect(message).toContain(other)
    } else yield* done.failure
  })

/** Takes one step in the world; whatever is refused must be refused well, and nothing else may go wrong. */
export const take = (step: Step, n: number, facts: boolean, tally: Tally): Effect.Effect<void, unknown, HubServices> =>
  Effect.gen(function*() {
    const { orders } = yield* Storage
    const known = (yield* orders.list({ limit: 100 })).items.toReversed()
    if (step.kind === "world" || known.length === 0) {
      const happenings: ReadonlyArray<Happening> = facts ? [...WORLD, ...FACTS] : WORLD
      yield* happen(known.length === 0 ? "courier" : pick(happenings, step.choice), step, n, tally)
    } else yield* act(step, pick(known, step.which), facts, n, tally)
    for (const order of (yield* orders.list({ limit: 100 })).items) {
      for (const f of order.fulfilments) tally.states.add(f.status)
    }
  })
