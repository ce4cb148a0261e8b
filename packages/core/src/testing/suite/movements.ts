import { Effect } from "effect"
import { BranchId, ProductId } from "../../kernel/ids.ts"
import { HOUR } from "../../kernel/time.ts"
import { same } from "../assert.ts"
import { makeMovement, TEST_NOW } from "../builders.ts"
import { loadNetwork, stateStock, stockBatch } from "../network.ts"
import { commitFacts, figures, place, storageCase } from "./case.ts"

const T = TEST_NOW
/** Statements have the time of a file: whole seconds. */
const SECOND = 1_000
const onHand = (product: string, branch: string) => Effect.map(figures(product, branch), (row) => row.onHand)
const sold = (units: number, occurredAt: number) =>
  commitFacts({ movements: [makeMovement("aspirin", "north", -units, occurredAt)] })

/** Statement and movement in every order (D1): aspirin at north is stated as 10 at T. */
export const movementCases = [
  storageCase("STK-3", "a movement after the statement counts, one up to it does not", () =>
    Effect.gen(function*() {
      yield* loadNetwork()
      yield* sold(1, T - HOUR)
      same(yield* onHand("aspirin", "north"), 10, "sold before T")
      yield* sold(1, T)
      same(yield* onHand("aspirin", "north"), 10, "sold at T")
      yield* sold(2, T + 1)
      same(yield* onHand("aspirin", "north"), 8, "sold after T")
      yield* commitFacts({ movements: [makeMovement("aspirin", "north", 1, T + 2, "return")] })
      same(yield* onHand("aspirin", "north"), 9, "returned after T")
    })),

  storageCase("STK-3", "a statement never brings back what was sold after its time", () =>
    Effect.gen(function*() {
      yield* loadNetwork()
      yield* sold(3, T + HOUR)
      yield* stateStock([["aspirin", "north", 10]], T + SECOND)
      same(yield* onHand("aspirin", "north"), 7, "stated before the sale")
      yield* stateStock([["aspirin", "north", 7]], T + HOUR)
      same(yield* onHand("aspirin", "north"), 7, "stated at the sale: it is counted in")
      yield* sold(2, T + 2 * HOUR)
      yield* sold(1, T + 3 * HOUR)
      yield* stateStock([["aspirin", "north", 20]], T + 2 * HOUR)
      same(yield* onHand("aspirin", "north"), 19, "stated between two sales")
    })),

  storageCase("STK-3", "a movement recorded late, but older than the statement, is never applied", () =>
    Effect.gen(function*() {
      yield* loadNetwork()
      yield* sold(4, T - 1)
      yield* stateStock([["aspirin", "north", 10]], T)
      same(yield* onHand("aspirin", "north"), 10, "the same statement again")
    })),

  storageCase("STK-3", "a sale committed between write and finish is kept", (storage) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      const run = yield* storage.stock.openRun({ connection: "1c", file: "rests.xml" })
      yield* run.write(stockBatch(storage, [["aspirin", "north", 12], ["aspirin", "south", 9]], T + SECOND))
      yield* sold(2, T + HOUR)
      yield* run.finish()
      same(yield* onHand("aspirin", "north"), 10, "north: 12 stated, 2 sold since")
      same(yield* onHand("aspirin", "south"), 9, "south")
    })),

  storageCase("STK-3", "a reservation made between write and finish is kept", (storage) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      const run = yield* storage.stock.openRun({ connection: "1c", file: "rests.xml" })
      yield* run.write(stockBatch(storage, [["aspirin", "north", 5]], T + SECOND))
      yield* place({ n: 1, lines: [{ product: "aspirin", quantity: 3 }] })
      yield* run.finish()
      same(yield* figures("aspirin", "north"), { onHand: 5, reserved: 3 }, "aspirin")
    })),

  storageCase("D1", "a movement of a row that nobody stated makes the row", ({ stock }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      const cell = { productId: ProductId.make("rare"), branchId: BranchId.make("north") }
      yield* commitFacts({ movements: [makeMovement("rare", "north", -2, T)] })
      same(yield* stock.levels([cell]), [{ ...cell, onHand: -2, reserved: 0, asOf: 0 }], "the row")
      yield* stateStock([["rare", "north", 6]], T - SECOND)
      same(yield* onHand("rare", "north"), 4, "stated before the sale")
    })),

  storageCase("D1", "movements of one change are applied one by one", () =>
    Effect.gen(function*() {
      yield* loadNetwork()
      const movements = [-3, -2, 1].map((units, i) => makeMovement("aspirin", "north", units, T - 1 + i))
      yield* commitFacts({ movements })
      same(yield* onHand("aspirin", "north"), 11, "only the one after T counts")
    })),

  storageCase("D7", "a commit names the moved rows that hold more than they have", () =>
    Effect.gen(function*() {
      yield* loadNetwork()
      yield* place({ n: 1, lines: [{ product: "aspirin", quantity: 9 }, { product: "ibuprofen", quantity: 5 }] })
      const some = yield* sold(1, T + 1)
      same(some.short, [], "one unit is left over")
      const more = yield* commitFacts({
        movements: [
          makeMovement("aspirin", "north", -1, T + 2),
          makeMovement("aspirin", "north", -1, T + 3),
          makeMovement("insulin", "north", -1, T + 2)
        ]
      })
      same(more.short, [{ productId: "aspirin", branchId: "north" }], "short")
      const early = yield* commitFacts({ movements: [makeMovement("ibuprofen", "north", -1, T - 1)] })
      same(early.short, [], "counted by the statement already")
    }))
]
