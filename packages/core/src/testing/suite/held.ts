import { Effect } from "effect"
import { KEPT_DIFFERENCE, NO_COUNTS, type RunOptions } from "../../exchange/sync.ts"
import type { Actor } from "../../kernel/actor.ts"
import { Storage } from "../../store/ports.ts"
import { check, same } from "../assert.ts"
import { makeMovement, makeProduct, TEST_NOW } from "../builders.ts"
import { type LevelRow, loadNetwork, type PriceRow, priceBatch, smallNetwork, stateStock, stockBatch } from "../network.ts"
import { commitFacts, figures, storageCase } from "./case.ts"

const T = TEST_NOW
/** Statements have the time of a file: whole seconds. */
const SECOND = 1_000
const ANNA: Actor = { kind: "operator", id: "anna" }
const HALF: RunOptions = { guard: { goneShare: 0.5, minimum: 2 } }

const opened = (rows: ReadonlyArray<LevelRow>, options: RunOptions, asOf = T + SECOND) =>
  Effect.gen(function*() {
    const storage = yield* Storage
    const run = yield* storage.stock.openRun({ connection: "1c", file: "rests.xml" }, options)
    yield* run.write(stockBatch(storage, rows, asOf))
    return run
  })

const pricesRun = (rows: ReadonlyArray<PriceRow>, options: RunOptions) =>
  Effect.gen(function*() {
    const storage = yield* Storage
    const run = yield* storage.stock.openRun({ connection: "1c", file: "prices.xml" }, options)
    yield* run.write(priceBatch(storage, rows, T + SECOND))
    return yield* run.finish()
  })

/** Three of the five rows of the small network that are above zero. */
const THREE_GONE: ReadonlyArray<LevelRow> = [
  ["aspirin", "north", 0],
  ["aspirin", "south", 0],
  ["ibuprofen", "north", 0],
  ["insulin", "north", 7]
]

/** Runs that wait for a person: a guard that trips, previews, what they show, and what becomes of them. */
export const heldCases = [
  storageCase("STK-2", "a guard holds a run in which more than its share drops to zero; nothing is applied", ({ stock, feed }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      const position = yield* feed.position
      const run = yield* (yield* opened(THREE_GONE, HALF)).finish({ parked: 2 })
      same([run.state, run.preview, run.finishedAt, run.decidedBy], ["held", false, null, null], "run")
      check(/3 of 4 stock rows/u.test(run.error ?? ""), `its error says why: ${run.error}`)
      same(run.counts, { ...NO_COUNTS, gone: 3, changed: 1, parked: 2 }, "counts")
      same(yield* stock.run(run.id), run, "the run as it is kept")
      same((yield* figures("aspirin", "north")).onHand, 10, "aspirin")
      const events = yield* feed.read(position, 10)
      same(events.map((event) => [event.type, event.data["run"]]), [["run.held", run.id]], "events")
      const later = yield* stateStock([["aspirin", "north", 3]], T)
      same(later.counts.stale, 0, "its time was not taken over")
    })),

  storageCase("STK-2", "a guard lets through what is not more than its share, or too few rows", () =>
    Effect.gen(function*() {
      yield* loadNetwork()
      const half = yield* (yield* opened([...THREE_GONE.slice(1), ["ibuprofen", "east", 5]], HALF)).finish()
      same([half.state, half.counts.gone], ["done", 2], "two of four")
      const few = yield* (yield* opened([["aspirin", "north", 0]], HALF, T + 2 * SECOND)).finish()
      same([few.state, few.counts.gone], ["done", 1], "one row is below the minimum")
      // Rows that were zero before or are new do not weigh.
      const zeros: ReadonlyArray<LevelRow> = [["aspirin", "south", 0], ["rare", "north", 0], ["rare", "south", 0]]
      same((yield* (yield* opened(zeros, HALF, T + 3 * SECOND)).finish()).state, "done", "zero stays zero")
    })),

  storageCase("STK-2", "a guard looks at prices that are taken back on their own", ({ stock: { image } }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      const rows: ReadonlyArray<PriceRow> = [["aspirin", null, -1], ["ibuprofen", null, -1], ["rare", null, 11_000]]
      const run = yield* pricesRun(rows, HALF)
      check(run.state === "held" && /2 of 3 price rows/u.test(run.error ?? ""), `held: ${run.error}`)
      const [product] = smallNetwork().products
      same(image.price("retail", product!.id, null), 49_000, "price")
      same((yield* pricesRun(rows.slice(1), HALF)).state, "done", "one of two is not more than half")
    })),

  storageCase("STK-2", "a held run shows what it would change, page by page, sales since its time taken off", ({ stock }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      yield* commitFacts({ movements: [makeMovement("aspirin", "south", -2, T + 5 * SECOND)] })
      const run = yield* opened([["aspirin", "north", 4], ["aspirin", "south", 20], ["rare", "east", 1], ["insulin", "north", 4]], {})
      yield* run.write(priceBatch(yield* Storage, [["aspirin", null, -1], ["coffee", "north", 5]], T + SECOND))
      const held = yield* run.hold("the file looks wrong", { rejected: 1 })
      same([held.state, held.error, held.counts.rejected], ["held", "the file looks wrong", 1], "run")
      const first = yield* stock.difference(held.id, 3, undefined)
      const second = yield* stock.difference(held.id, 3, first.next ?? "no cursor")
      const row = (kind: string, productId: string, branchId: string | null, before: number | null, after: number | null) =>
        ({ kind, productId, branchId, priceType: kind === "price" ? "retail" : null, before, after })
      same([...first.items, ...second.items], [
        row("stock", "aspirin", "north", 10, 4),
        row("stock", "aspirin", "south", 13, 18),
        row("stock", "rare", "east", null, 1),
        row("price", "aspirin", null, 49_000, null),
        row("price", "coffee", "north", null, 5)
      ], "difference")
      same(second.next, null, "the end")
      same((yield* figures("aspirin", "south")).onHand, 13, "nothing is applied")
      same((yield* stock.difference("none", 3, undefined)).items, [], "an unknown run")
    })),

  storageCase("STK-2", "of a difference ten thousand rows are kept, all are counted", ({ stock }) =>
    Effect.gen(function*() {
      const products = Array.from({ length: 3_400 }, (_, i) => makeProduct(`p${i}`))
      yield* loadNetwork(smallNetwork({ products, levels: [], prices: [] }))
      const rows = products.flatMap(({ id }) => ["north", "south", "east"].map((branch) => [id, branch, 1] as const))
      const run = yield* (yield* opened(rows, { preview: true })).finish()
      same([run.counts.new, run.state], [10_200, "held"], "run")
      const last = yield* stock.difference(run.id, 100, String(KEPT_DIFFERENCE - 1))
      same([last.items.length, last.next], [1, null], "the last one kept")
    })),

  storageCase("STK-2", "a preview applies nothing, though no guard trips", () =>
    Effect.gen(function*() {
      yield* loadNetwork()
      const run = yield* (yield* opened([["aspirin", "north", 11]], { preview: true })).finish()
      same([run.state, run.preview, run.counts.changed], ["held", true, 1], "run")
      same((yield* figures("aspirin", "north")).onHand, 10, "aspirin")
    })),

  storageCase("STK-2", "what a held run said is applied later as of its own time: rows named since stay", () =>
    Effect.gen(function*() {
      yield* loadNetwork()
      yield* (yield* opened(THREE_GONE, HALF)).finish()
      yield* stateStock([["aspirin", "north", 6]], T + 9 * SECOND)
      const released = yield* (yield* opened(THREE_GONE, {})).finish()
      same([released.state, released.counts.stale, released.counts.gone], ["done", 1, 2], "run")
      same((yield* figures("aspirin", "north")).onHand, 6, "stated later")
      same((yield* figures("aspirin", "south")).onHand, 0, "released")
    })),

  storageCase("STK-2", "a person decides on a held run once, and the log says who", ({ stock, feed }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      const first = yield* (yield* opened(THREE_GONE, HALF)).finish()
      const second = yield* (yield* opened(THREE_GONE, HALF)).finish()
      const position = yield* feed.position
      const released = yield* stock.decide(first.id, "released", ANNA)
      same([released?.state, released?.decidedBy], ["done", "anna"], "released")
      check(released?.finishedAt !== null, "it has its end")
      same(yield* stock.run(first.id), released, "the run as it is kept")
      same((yield* stock.decide(second.id, "discarded", ANNA))?.state, "discarded", "discarded")
      same(yield* stock.decide(first.id, "discarded", ANNA), null, "decided already")
      const events = yield* feed.read(position, 10)
      same(
        events.map((event) => [event.type, event.data["run"], event.actor]),
        [["run.released", first.id, ANNA], ["run.discarded", second.id, ANNA]],
        "events"
      )
      same((yield* figures("aspirin", "south")).onHand, 15, "deciding applies nothing")
    })),

  storageCase("STK-2", "how far a run is can be seen while it is under way, and not after", ({ stock }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      const run = yield* opened([["aspirin", "north", 11]], {})
      run.progress("reading", 40)
      same((yield* stock.run(run.id))?.progress, { phase: "reading", percent: 40 }, "under way")
      same((yield* stock.runs(1, undefined)).items[0]?.progress, { phase: "reading", percent: 40 }, "in the list")
      same([(yield* run.finish()).progress, (yield* stock.run(run.id))?.progress], [null, null], "after")
    }))
]
