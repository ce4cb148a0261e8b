import { Effect } from "effect"
import { BranchId, ProductId } from "../../kernel/ids.ts"
import type { Order } from "../../order/model.ts"
import { Storage } from "../../store/ports.ts"
import { check, failure, same } from "../assert.ts"
import { holding, makeFulfilment, makeMovement, makeOrder, TEST_NOW, withPart } from "../builders.ts"
import { loadNetwork } from "../network.ts"
import { commit, commitFacts, figures, imageFigures, place, storageCase } from "./case.ts"

const NORTH = BranchId.make("north")
const ASPIRIN = ProductId.make("aspirin")

/** Deterministic noise: the same walk on every storage. */
const dice = (seed: number) => {
  let state = seed
  return (sides: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 4_294_967_296) * sides)
  }
}

/** How many of `buyers` get one unit; each tries its branches in turn. */
const sell = (buyers: number, concurrency: number, branches: ReadonlyArray<string>) => {
  const buy = (n: number) =>
    Effect.gen(function*() {
      for (let i = 0; i < branches.length; i++) {
        const branch = branches[(n + i) % branches.length]!
        const outcome = yield* Effect.result(place({ n: n * 10 + i + 1, branch, over: { externalId: `${n}/${i}` } }))
        if (outcome._tag === "Success") return 1
        if (outcome.failure._tag !== "InsufficientStock") return yield* outcome.failure
      }
      return 0
    })
  return Effect.map(
    Effect.forEach(Array.from({ length: buyers }, (_, n) => n), buy, { concurrency }),
    (sold) => sold.reduce<number>((sum, one) => sum + one, 0)
  )
}

const exactlyTen = (concurrency: number) =>
  storageCase("STK-4", `10 units, 50 buyers, ${concurrency} at once: exactly 10 are sold`, () =>
    Effect.gen(function*() {
      yield* loadNetwork()
      same(yield* sell(50, concurrency, ["north"]), 10, "sold")
      same(yield* figures("aspirin", "north"), { onHand: 10, reserved: 10 }, "aspirin at north")
    }))

const heldOf = (orders: ReadonlyArray<Order>, product: string, branch: string): number =>
  orders.flatMap((order) => order.fulfilments.filter((f) => f.branchId === branch))
    .flatMap((f) => f.lines.filter((line) => line.productId === product && line.tracked))
    .reduce((sum, line) => sum + line.held, 0)

export const holdCases = [
  storageCase("STK-4", "a shortage lists every refused row with its figures", () =>
    Effect.gen(function*() {
      yield* loadNetwork()
      yield* place({ n: 1, lines: [{ product: "aspirin", quantity: 4 }] })
      const lines = [
        { product: "aspirin", quantity: 7 },
        { product: "ibuprofen", quantity: 5 },
        { product: "rare", quantity: 1 },
        { product: "insulin", quantity: 5 }
      ]
      const error = yield* failure(place({ n: 2, lines }), "InsufficientStock")
      const refused = error.refused.toSorted((a, b) => (a.productId < b.productId ? -1 : 1))
      same(refused, [
        { productId: "aspirin", branchId: "north", wanted: 7, onHand: 10, reserved: 4 },
        { productId: "insulin", branchId: "north", wanted: 5, onHand: 4, reserved: 0 },
        { productId: "rare", branchId: "north", wanted: 1, onHand: 0, reserved: 0 }
      ], "refused")
    })),

  storageCase("D5", "a refusal repairs the image", ({ stock: { image } }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      image.setLevel(image.productSlot(ASPIRIN)!, image.branchSlot(NORTH)!, 99, 0)
      yield* failure(place({ n: 1, lines: [{ product: "aspirin", quantity: 11 }] }), "InsufficientStock")
      same(imageFigures(image, "aspirin", "north"), { onHand: 10, reserved: 0 }, "image")
    })),

  storageCase("D5", "asking for levels repairs the image, and names only rows that were stated", ({ stock }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      const { image } = stock
      image.setLevel(image.productSlot(ASPIRIN)!, image.branchSlot(NORTH)!, 0, 0)
      const asked = [ASPIRIN, ProductId.make("rare"), ProductId.make("stranger")]
      const levels = yield* stock.levels(asked.map((productId) => ({ productId, branchId: NORTH })))
      same(levels, [{ productId: ASPIRIN, branchId: NORTH, onHand: 10, reserved: 0, asOf: TEST_NOW }], "levels")
      same(imageFigures(image, "aspirin", "north"), { onHand: 10, reserved: 0 }, "image")
    })),

  storageCase("STK-4", "only the net of a change is guarded", () =>
    Effect.gen(function*() {
      yield* loadNetwork()
      const order = yield* place({ n: 1, lines: [{ product: "aspirin", quantity: 8 }] })
      const [line] = order.fulfilments[0]!.lines
      const units = (lineId: number, held: number) => ({ ...line!, lineId, quantity: held, held })
      yield* commit(order, withPart(order, { lines: [units(1, 3), units(2, 7)] }))
      same(yield* figures("aspirin", "north"), { onHand: 10, reserved: 10 }, "aspirin")
    })),

  storageCase("D7", "goods are let go even where a fact took onHand below what is reserved", () =>
    Effect.gen(function*() {
      yield* loadNetwork()
      const order = yield* place({ n: 1, lines: [{ product: "aspirin", quantity: 9 }] })
      yield* commitFacts({ movements: [makeMovement("aspirin", "north", -8, TEST_NOW + 1)] })
      same(yield* figures("aspirin", "north"), { onHand: 2, reserved: 9 }, "after the fact")
      const { order: less } = yield* commit(order, holding(order, 5))
      same(yield* figures("aspirin", "north"), { onHand: 2, reserved: 5 }, "after letting go 4")
      const error = yield* failure(commit(less, holding(less, 6)), "InsufficientStock")
      same(error.refused[0]?.wanted, 1, "wanted")
    })),

  storageCase("STK-9", "lines without stock control reserve nothing", () =>
    Effect.gen(function*() {
      yield* loadNetwork()
      yield* place({ n: 1, lines: [{ product: "coffee", quantity: 500, tracked: false }] })
      same(yield* figures("coffee", "north"), { onHand: 0, reserved: 0 }, "coffee")
    })),

  storageCase("D11", "what waiting orders miss is free, but not available", ({ stock: { image } }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      const seen = () => [image.free(ASPIRIN, NORTH), image.available(ASPIRIN, NORTH)]
      const lines = [{ product: "aspirin", quantity: 4, held: 1 }]
      const order = yield* place({ n: 1, status: "accepted", lines })
      same(seen(), [9, 9], "accepted")
      const { order: waiting } = yield* commit(order, withPart(order, { status: "awaiting" }))
      same(seen(), [9, 6], "awaiting 3")
      const { order: more } = yield* commit(waiting, holding(waiting, 2))
      same(seen(), [8, 6], "awaiting 2")
      yield* commit(more, withPart(holding(more, 4), { status: "accepted" }))
      same(seen(), [6, 6], "arrived")
    })),

  storageCase("STK-4", "what the lines hold is what is reserved, after every step", ({ orders }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      const roll = dice(7)
      const cells = [["aspirin", "north"], ["aspirin", "south"], ["ibuprofen", "north"], ["ibuprofen", "east"]] as const
      for (let step = 1; step <= 60; step++) {
        const known = (yield* orders.list({ limit: 100 })).items
        const old = roll(2) === 0 ? undefined : known[roll(known.length || 1)]
        const [product, branch] = cells[roll(cells.length)]!
        const fresh = makeOrder({ n: step, branch, lines: [{ product, quantity: 1 + roll(4) }] })
        const next: Order = old === undefined
          ? { ...fresh, fulfilments: [...fresh.fulfilments, makeFulfilment({ n: step, branch: "south" }, 2)] }
          : withPart(holding(old, roll(4)), { branchId: BranchId.make(roll(2) === 0 ? "north" : "south") })
        const outcome = yield* Effect.result(commit(old ?? null, next))
        if (outcome._tag === "Failure") same(outcome.failure._tag, "InsufficientStock", "refusal")
        const now = (yield* orders.list({ limit: 100 })).items
        for (const [p, b] of [...cells, ["ibuprofen", "south"] as const]) {
          const { onHand, reserved } = yield* figures(p, b)
          same(reserved, heldOf(now, p, b), `step ${step}: reserved of ${p} at ${b}`)
          check(reserved <= onHand, `step ${step}: ${p} at ${b} holds ${reserved} of ${onHand}`)
        }
      }
      check((yield* orders.list({ limit: 100 })).items.length > 5, "the walk made orders")
    })),

  exactlyTen(1),
  exactlyTen(8),
  exactlyTen(16),

  storageCase("STK-4", "10 units here and 15 there, 50 buyers, 16 at once: exactly 25 are sold", () =>
    Effect.gen(function*() {
      yield* loadNetwork()
      same(yield* sell(50, 16, ["north", "south"]), 25, "sold")
      same(yield* figures("aspirin", "north"), { onHand: 10, reserved: 10 }, "north")
      same(yield* figures("aspirin", "south"), { onHand: 15, reserved: 15 }, "south")
    })),

  storageCase("D21", "changes that touch the same rows in opposite orders all end", () =>
    Effect.gen(function*() {
      yield* loadNetwork()
      const pair = [{ product: "aspirin", quantity: 1 }, { product: "ibuprofen", quantity: 1 }]
      const outcomes = yield* Effect.forEach(
        Array.from({ length: 24 }, (_, n) => n),
        (n) => Effect.result(place({ n: n + 1, lines: n % 2 === 0 ? pair : pair.toReversed() })),
        { concurrency: 8 }
      )
      same(outcomes.filter((outcome) => outcome._tag === "Success").length, 5, "sold")
      same(yield* figures("aspirin", "north"), { onHand: 10, reserved: 5 }, "aspirin")
      same(yield* figures("ibuprofen", "north"), { onHand: 5, reserved: 5 }, "ibuprofen")
    })),

  storageCase("D12", "of writers who read the same version one wins", () =>
    Effect.gen(function*() {
      yield* loadNetwork()
      const order = yield* place({ n: 1 })
      const writers = Array.from({ length: 12 }, (_, n) => withPart(order, { deferredUntil: n }))
      const outcomes = yield* Effect.forEach(writers, (next) => Effect.result(commit(order, next)), { concurrency: 12 })
      const won = outcomes.flatMap((outcome) => (outcome._tag === "Success" ? [outcome.success.order] : []))
      const lost = outcomes.flatMap((outcome) => (outcome._tag === "Failure" ? [outcome.failure._tag] : []))
      same([won.length, new Set(lost).size, lost[0]], [1, 1, "VersionConflict"], "winners and errors")
      same(yield* Effect.flatMap(Storage, ({ orders }) => orders.byId(order.id)), won[0], "the winner's order")
    })),

  storageCase("ORD-1", "the same order sent 12 times at once is one order", ({ orders }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      const outcomes = yield* Effect.forEach(
        Array.from({ length: 12 }, (_, n) => n + 1),
        (n) => Effect.result(place({ n, over: { externalId: "same" } })),
        { concurrency: 12 }
      )
      const stored = (yield* orders.list({ limit: 100 })).items
      same(stored.length, 1, "orders")
      const named = outcomes.flatMap((outcome) =>
        outcome._tag === "Failure" && outcome.failure._tag === "Duplicate" ? [outcome.failure.orderId] : []
      )
      same(named, Array.from({ length: 11 }, () => stored[0]!.id), "duplicates name the first")
      same(yield* figures("aspirin", "north"), { onHand: 10, reserved: 1 }, "aspirin")
    }))
]
