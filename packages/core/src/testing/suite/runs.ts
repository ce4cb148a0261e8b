import { Effect } from "effect"
import { NO_COUNTS } from "../../exchange/sync.ts"
import { BranchId, ProductId } from "../../kernel/ids.ts"
import { Storage } from "../../store/ports.ts"
import { check, same } from "../assert.ts"
import { makeBranch, makeProduct, TEST_NOW } from "../builders.ts"
import { loadNetwork, type PriceRow, smallNetwork, statePrices, stateStock, stockBatch } from "../network.ts"
import { figures, imageFigures, place, storageCase } from "./case.ts"

const T = TEST_NOW
/** Statements have the time of a file: whole seconds. */
const SECOND = 1_000
const NORTH = BranchId.make("north")
const SOUTH = BranchId.make("south")
const ASPIRIN = ProductId.make("aspirin")

const openRun = (file = "rests.xml") =>
  Effect.flatMap(Storage, ({ stock }) => stock.openRun({ connection: "1c", file }))

/** 250 products × 20 branches, so that the image must grow in both directions. */
const PRODUCTS = 250
const BRANCHES = 20
const bigNetwork = smallNetwork({
  branches: Array.from({ length: BRANCHES }, (_, i) => makeBranch(`b${i}`)),
  products: Array.from({ length: PRODUCTS }, (_, i) => makeProduct(`p${i}`)),
  levels: [],
  prices: []
})
const bigRows = (units: (p: number, b: number) => number) =>
  Array.from({ length: PRODUCTS * BRANCHES }, (_, i) => {
    const p = Math.floor(i / BRANCHES)
    const b = i % BRANCHES
    return [`p${p}`, `b${b}`, units(p, b)] as const
  })

export const runCases = [
  storageCase("STK-2", "a run counts new, changed, unchanged, gone and stale rows", () =>
    Effect.gen(function*() {
      yield* loadNetwork()
      yield* stateStock([["ibuprofen", "east", 5]], T + 10 * SECOND)
      const run = yield* stateStock([
        ["rare", "north", 3],
        ["aspirin", "north", 11],
        ["aspirin", "south", 15],
        ["ibuprofen", "north", 0],
        ["ibuprofen", "east", 99]
      ], T + 5 * SECOND)
      same(run.counts, { ...NO_COUNTS, new: 1, changed: 1, unchanged: 1, gone: 1, stale: 1 }, "counts")
      same([run.state, run.error, run.file], ["done", null, "rests.xml"], "run")
      same((yield* figures("ibuprofen", "north")).onHand, 0, "gone")
      same((yield* figures("ibuprofen", "east")).onHand, 5, "stale")
      same((yield* figures("rare", "north")).onHand, 3, "new")
    })),

  storageCase("D2", "an older statement is stale even where the later one changed nothing; an equal one applies", () =>
    Effect.gen(function*() {
      yield* loadNetwork()
      yield* stateStock([["aspirin", "north", 10]], T + 10 * SECOND)
      const stale = yield* stateStock([["aspirin", "north", 3], ["aspirin", "south", 4]], T + 9 * SECOND)
      same([stale.counts.stale, stale.counts.changed], [1, 1], "the rest of the file goes on")
      same((yield* figures("aspirin", "north")).onHand, 10, "stale")
      same((yield* figures("aspirin", "south")).onHand, 4, "south")
      const again = yield* stateStock([["aspirin", "north", 6]], T + 10 * SECOND)
      same([again.counts.stale, again.counts.changed], [0, 1], "equal time")
      same((yield* figures("aspirin", "north")).onHand, 6, "equal time applies")
    })),

  storageCase("STK-2", "a run repeated gives the same result and changes nothing", () =>
    Effect.gen(function*() {
      yield* loadNetwork()
      const { levels } = smallNetwork()
      const run = yield* stateStock(levels)
      same(run.counts, { ...NO_COUNTS, unchanged: levels.length }, "counts")
    })),

  storageCase("STK-2", "of a row that a run names twice the last word counts, though it says what was there before", ({ stock: { image } }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      yield* stateStock([["aspirin", "north", 3], ["aspirin", "north", 10]], T + SECOND)
      same(yield* figures("aspirin", "north"), { onHand: 10, reserved: 0 }, "stock")
      yield* statePrices([["aspirin", null, 1], ["aspirin", null, 49_000]], T + SECOND)
      same(image.price("retail", ASPIRIN, NORTH), 49_000, "price")
    })),

  storageCase("STK-2", "a run leaves reservations alone, and may take stock below them", () =>
    Effect.gen(function*() {
      yield* loadNetwork()
      yield* place({ n: 1, lines: [{ product: "aspirin", quantity: 8 }] })
      yield* stateStock([["aspirin", "north", 2]], T + SECOND)
      same(yield* figures("aspirin", "north"), { onHand: 2, reserved: 8 }, "aspirin")
    })),

  storageCase("STK-2", "an aborted run changes nothing and says why", ({ stock, feed }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      const position = yield* feed.position
      const storage = yield* Storage
      const run = yield* openRun()
      yield* run.write(stockBatch(storage, [["aspirin", "north", 1]], T + SECOND))
      yield* run.reject([{ line: 7, reason: "no such product" }])
      const ended = yield* run.abort("the file ends in the middle")
      same([ended.state, ended.error, ended.counts.rejected], ["failed", "the file ends in the middle", 1], "run")
      check(ended.finishedAt !== null, "an aborted run has its end")
      same(yield* stock.run(run.id), ended, "the run as it is kept")
      same(yield* figures("aspirin", "north"), { onHand: 10, reserved: 0 }, "aspirin")
      same(yield* feed.position, position, "no event")
      const later = yield* stateStock([["aspirin", "north", 3]], T)
      same(later.counts.stale, 0, "its time was not taken over")
    })),

  storageCase("D4", "readers see a run only when it is finished", ({ stock: { image, run: runById } }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      const storage = yield* Storage
      const run = yield* openRun()
      yield* run.write(stockBatch(storage, [["aspirin", "north", 1]], T + SECOND))
      yield* run.write(stockBatch(storage, [["aspirin", "south", 2]], T + SECOND))
      same(imageFigures(image, "aspirin", "north").onHand, 10, "image before finish")
      same((yield* figures("aspirin", "south")).onHand, 15, "row before finish")
      same((yield* runById(run.id))?.state, "receiving", "state before finish")
      yield* run.finish()
      same((yield* figures("aspirin", "north")).onHand, 1, "north")
      same((yield* figures("aspirin", "south")).onHand, 2, "south")
    })),

  storageCase("STK-2", "rejected rows are counted, the first thousand are kept with line and reason", ({ stock }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      const run = yield* openRun()
      const rows = (from: number, count: number) =>
        Array.from({ length: count }, (_, i) => ({ line: from + i, reason: `строка ${from + i}: дробь` }))
      yield* run.reject(rows(1, 900))
      yield* run.reject(rows(901, 600))
      const done = yield* run.finish({ parked: 3, products: 12 })
      same([done.counts.rejected, done.counts.parked, done.counts.products], [1500, 3, 12], "counts")
      same(done.rejects.length, 1000, "kept")
      same(done.rejects[999], { line: 1000, reason: "строка 1000: дробь" }, "the last one kept")
      same(yield* stock.run(run.id), done, "the run as it is kept")
    })),

  storageCase("STK-1", "a run of 5,000 rows changes each, a second one only what differs", ({ stock: { image } }) =>
    Effect.gen(function*() {
      yield* loadNetwork(bigNetwork)
      const first = yield* stateStock(bigRows((p, b) => p + b + 1), T)
      same(first.counts, { ...NO_COUNTS, new: 5000 }, "first")
      const second = yield* stateStock(bigRows((p, b) => (p % 50 === 0 ? 0 : p + b + 1)), T + SECOND)
      same(second.counts, { ...NO_COUNTS, gone: 100, unchanged: 4900 }, "second")
      for (const [p, b, units] of bigRows((p, b) => (p % 50 === 0 ? 0 : p + b + 1))) {
        same(imageFigures(image, p, b).onHand, units, `image of ${p} at ${b}`)
      }
      same((yield* figures("p249", "b19")).onHand, 269, "the last row")
      same((yield* figures("p200", "b3")).onHand, 0, "a row that is gone")
    })),

  storageCase("STK-1", "a branch's price wins over the network's, until it is taken back", ({ stock }) =>
    Effect.gen(function*() {
      const { image } = stock
      yield* loadNetwork(smallNetwork({ prices: [] }))
      const at = (branch: BranchId | null) => image.price("retail", ASPIRIN, branch)
      same([at(NORTH), at(null)], [null, null], "nobody stated a price")
      const rows = (network: number, north: number, south: number): ReadonlyArray<PriceRow> =>
        [["aspirin", null, network], ["aspirin", "north", north], ["aspirin", "south", south]]
      const first = yield* statePrices(rows(49_000, 45_500, 0), T)
      same(first.counts, { ...NO_COUNTS, new: 3 }, "first")
      same([at(NORTH), at(SOUTH), at(BranchId.make("east")), at(null)], [45_500, 0, 49_000, 49_000], "prices")
      const second = yield* statePrices(rows(2_147_483_647, -1, 0), T + SECOND)
      same(second.counts, { ...NO_COUNTS, changed: 1, gone: 1, unchanged: 1 }, "second")
      same([at(NORTH), at(SOUTH), at(null)], [2_147_483_647, 0, 2_147_483_647], "prices after")
      same(image.price("wholesale", ASPIRIN, NORTH), null, "another price type")
    })),

  storageCase("D2", "prices have as-of times of their own", ({ stock: { image } }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      yield* statePrices([["aspirin", "north", 50_000]], T - 5 * SECOND)
      const stale = yield* statePrices([["aspirin", "north", 51_000], ["aspirin", null, 52_000]], T - 6 * SECOND)
      same([stale.counts.stale, stale.counts.changed, stale.counts.new], [2, 0, 0], "both are overtaken")
      same(image.price("retail", ASPIRIN, NORTH), 50_000, "north")
      const again = yield* statePrices([["aspirin", "north", 51_000]], T - 5 * SECOND)
      same(again.counts.changed, 1, "equal time applies again")
      same(image.price("retail", ASPIRIN, NORTH), 51_000, "north after")
    })),

  storageCase("STK-2", "runs are listed newest first, page by page", ({ stock }) =>
    Effect.gen(function*() {
      yield* loadNetwork(smallNetwork({ levels: [], prices: [] }))
      const opened = yield* Effect.forEach(["a", "b", "c"], openRun)
      yield* opened[1]!.abort("no")
      const first = yield* stock.runs(2, undefined)
      const second = yield* stock.runs(2, first.next ?? "no cursor")
      same([...first.items, ...second.items].map((run) => run.file).join(), "c,b,a", "files")
      same(first.items.map((run) => run.state), ["receiving", "failed"], "states")
      same(second.next, null, "the end")
      same(yield* stock.run("00000000-0000-7000-8000-000000000000"), null, "an unknown run")
    })),

  storageCase("D5", "a finished run is an event, so that other replicas read again", ({ feed }) =>
    Effect.gen(function*() {
      yield* loadNetwork()
      const before = yield* feed.position
      const run = yield* stateStock([["aspirin", "north", 3]], T + SECOND)
      const events = yield* feed.read(before, 10)
      same(events.map((event) => [event.type, event.data["run"]]), [["stock.imported", run.id]], "events")
    }))
]
