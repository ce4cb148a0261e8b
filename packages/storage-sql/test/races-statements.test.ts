import { BranchId, type HubServices, Orders, type Placed, ProductId, Sales, Storage } from "@aptekit/core"
import { stateStock, TEST_NOW } from "@aptekit/core/testing"
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { DriverError } from "../src/driver.ts"
import { both, figures, type Hooks, inHub, load, newHooks, order, useDatabases, wants } from "./support/races.ts"

const T = TEST_NOW
const SECOND = 1_000

const sale = (id: string, branch: string, occurredAt: number, quantity = 1, product = "aspirin") =>
  Effect.flatMap(Sales, (sales) =>
    sales.record({
      source: "till",
      id,
      branchId: BranchId.make(branch),
      occurredAt: new Date(occurredAt).toISOString(),
      lines: [{ productId: ProductId.make(product), quantity }]
    }, { kind: "register", id: "till" }))

/** Runs an effect with the hub's services inside a hook. */
type RunEffect = <A, E>(effect: Effect.Effect<A, E, HubServices>) => Promise<A>
const runner = Effect.map(Effect.context<HubServices>(), (context) => Effect.runPromiseWith(context))

describe.each(useDatabases())("statements among other commits on $name", ({ skip, fresh }) => {
  type Body = (hooks: Hooks) => Effect.Effect<void, unknown, HubServices>
  /** `next` runs in another hub on the same database, as after a restart. */
  const race = (title: string, body: Body, next?: Body): void =>
    it.effect.skipIf(skip)(title, () =>
      Effect.gen(function*() {
        const open = yield* Effect.promise(fresh)
        for (const work of next === undefined ? [body] : [body, next]) {
          const hooks = newHooks()
          yield* inHub(open, hooks, work(hooks))
        }
      }))

  /**
   * Acts before a write of a statement. Rows are read back (`levels`) only where a commit has touched them meanwhile:
   * by sales of before its time, which change nothing.
   */
  const meet = (moment: string, { writes }: Hooks, run: RunEffect, act: () => Promise<unknown>): void => {
    if (moment !== "levels") return writes.before(moment, act)
    writes.before("slice", async () => {
      for (const branch of ["north", "south"]) await run(sale(`touch-${branch}`, branch, T + 8 * SECOND))
      writes.before("levels", act)
    })
  }

  /** The writes of a statement, in their order; what is committed before each of them meets another stage of it. */
  for (const moment of ["journalRun", "slice", "levels", "finishRun"]) {
    race(
      `D1: P3: sales committed while a statement is applied (before ${moment}) count once, and only those after its time`,
      (hooks) =>
        Effect.gen(function*() {
          yield* load()
          yield* hooks.pass("1 minute")
          const run = yield* runner
          meet(moment, hooks, run, async () => {
            // North is stated anew, south as it was; of each a unit was sold before the statement's time and one after it.
            for (const branch of ["north", "south"]) {
              await run(sale(`before-${branch}`, branch, T + 9 * SECOND))
              await run(sale(`after-${branch}`, branch, T + 11 * SECOND))
            }
          })
          yield* stateStock([["aspirin", "north", 7], ["aspirin", "south", 15]], T + 10 * SECOND)
          expect(yield* figures("aspirin", "north")).toEqual(both(6, 0))
          expect(yield* figures("aspirin", "south")).toEqual(both(14, 0))
        }),
      () =>
        Effect.gen(function*() {
          yield* sale("late", "south", T + 8 * SECOND)
          expect(yield* figures("aspirin", "south")).toEqual(both(14, 0))
          const { counts } = yield* stateStock([["aspirin", "south", 99]], T + 9 * SECOND)
          expect(counts.stale).toBe(1)
        })
    )

    race(`P3: D4: an order committed while a statement is applied (before ${moment}) stays held, and the image says so`, (hooks) =>
      Effect.gen(function*() {
        yield* load()
        yield* hooks.pass("1 minute")
        const run = yield* runner
        meet(moment, hooks, run, () => run(order("E-1", wants(3))))
        yield* stateStock([["aspirin", "north", 7], ["aspirin", "south", 15]], T + 10 * SECOND)
        expect(yield* figures("aspirin", "north")).toEqual(both(7, 3))
        expect((yield* order("E-2", wants(5))).order.fulfilments[0]!.status).toBe("operator")
      }))
  }

  /** A sale of before the statement's time, of a row that the statement leaves as it is, meets the journal. */
  const soldAtTheJournal = ({ writes }: Hooks, run: RunEffect, moment: "journalRun" | "slice") =>
    writes.before("journalRun", async () => {
      await run(sale("before-south", "south", T + 9 * SECOND))
      writes.before(moment, () => Promise.reject(new Error("killed")))
    })
  const statedAndKilled = (moment: "journalRun" | "slice"): Body => (hooks) =>
    Effect.gen(function*() {
      yield* load()
      yield* hooks.pass("1 minute")
      soldAtTheJournal(hooks, yield* runner, moment)
      const cut = yield* Effect.result(stateStock([["aspirin", "north", 7], ["aspirin", "south", 15]], T + 10 * SECOND))
      expect(cut._tag).toBe("Failure")
    })
  const runStates = Effect.gen(function*() {
    return (yield* (yield* Storage).stock.runs(1, undefined)).items.map(({ state }) => state)
  })

  race("D1: D4: P7: a hub that dies before it could journal anew what a sale has touched meanwhile has applied nothing",
    statedAndKilled("journalRun"), () =>
      Effect.gen(function*() {
        expect(yield* runStates).toEqual(["failed"])
        expect(yield* figures("aspirin", "north")).toEqual(both(10, 0))
        expect(yield* figures("aspirin", "south")).toEqual(both(14, 0))
      }))

  race("D1: D4: P7: a hub that dies once it is journalled has stated that row too: the sale counts once", statedAndKilled("slice"), () =>
    Effect.gen(function*() {
      expect(yield* runStates).toEqual(["done"])
      expect(yield* figures("aspirin", "north")).toEqual(both(7, 0))
      expect(yield* figures("aspirin", "south")).toEqual(both(15, 0))
    }))

  race("STK-2: P10: a statement that could not be journalled is failed at once, with a reason; the next one goes through", (hooks) =>
    Effect.gen(function*() {
      yield* load()
      hooks.writes.before("journalRun", () => Promise.reject(new DriverError("no room", "notApplied")))
      yield* Effect.flip(stateStock([["aspirin", "north", 7]], T + 10 * SECOND))
      const { items: [failed] } = yield* (yield* Storage).stock.runs(1, undefined)
      expect(failed).toMatchObject({ state: "failed", error: expect.stringContaining("send the file again"), finishedAt: expect.any(Number) })
      yield* stateStock([["aspirin", "north", 8]], T + 10 * SECOND)
      expect(yield* figures("aspirin", "north")).toEqual(both(8, 0))
    }))

  race("P7: D4: a statement is shown although sales of other rows go on all the time", (hooks) =>
    Effect.gen(function*() {
      yield* load()
      yield* hooks.pass("1 minute")
      const run = yield* runner
      const rows = ["aspirin", "ibuprofen", "insulin"].flatMap((p) => ["north", "south", "east"].map((b) => [p, b] as const))
      let looks = 0
      // Whenever rows are read back a sale touches one more.
      const sellOne = (): Promise<unknown> => {
        if (looks + 1 < rows.length) hooks.writes.before("levels", sellOne)
        const [product, branch] = rows[looks++]!
        return run(sale(`sale-${looks}`, branch, T + 11 * SECOND, 1, product))
      }
      hooks.writes.before("slice", async () => {
        await run(sale("first", "north", T + 11 * SECOND, 1, "rare"))
        hooks.writes.before("levels", sellOne)
      })
      yield* stateStock([...rows, ["rare", "north"] as const].map(([p, b]) => [p, b, 20] as const), T + 10 * SECOND)
      hooks.writes.before("no more", () => Promise.resolve())
      expect(looks).toBe(1)
      for (const [i, [product, branch]] of rows.entries()) {
        expect(yield* figures(product, branch)).toEqual(both(i === 0 ? 19 : 20, 0))
      }
      expect(yield* figures("rare", "north")).toEqual(both(19, 0))
    }))

  race("P3: an order that was decided before a statement took the goods gets only what is left", ({ gate, writes }) =>
    Effect.gen(function*() {
      yield* load()
      const run = yield* runner
      const decided = Promise.withResolvers<void>()
      const taken = Promise.withResolvers<void>()
      let placing: Promise<Placed> | undefined
      writes.before("slice", async () => {
        gate.before = () => {
          decided.resolve()
          return taken.promise
        }
        placing = run(order("E-1", wants(3)))
        await decided.promise
        // Its row is under way: it will be read back.
        writes.before("levels", async () => {
          taken.resolve()
          await placing
        })
      })
      yield* stateStock([["aspirin", "north", 2]], T + 10 * SECOND)
      const { order: placed } = yield* Effect.promise(() => placing!)
      expect(placed.fulfilments[0]).toMatchObject({ status: "operator", lines: [{ held: 2 }] })
      expect(placed.cases.map((c) => c.reason)).toEqual(["tooFew"])
      expect(yield* figures("aspirin", "north")).toEqual(both(2, 2))
    }))

  race("D7: P3: a receipt cut off before those who lost their goods were told is finished by its repetition", (hooks) =>
    Effect.gen(function*() {
      yield* load({ levels: [["aspirin", "north", 5]] })
      yield* hooks.pass("1 minute")
      const { order: placed } = yield* order("E-1", wants(4))
      // The receipt is committed; the connection is lost at what follows from it.
      hooks.gate.before = async () => {
        hooks.gate.before = () => Promise.reject(new Error("connection lost"))
      }
      const cut = yield* Effect.result(sale("receipt", "north", T + SECOND, 3))
      expect(cut._tag === "Failure" ? cut.failure._tag : cut.success).toBe("StorageUnavailable")
      expect(yield* sale("receipt", "north", T + SECOND, 3)).toMatchObject({ created: false })
      const after = (yield* (yield* Storage).orders.byId(placed.id))!
      expect(after.cases.map((c) => c.reason)).toEqual(["shortage"])
      expect(after.fulfilments[0]!.lines.map((line) => line.held)).toEqual([2])
      expect(yield* figures("aspirin", "north")).toEqual(both(2, 2))
    }))

  race("D7: P3: who loses goods to a receipt while the order changes is told all the same", (hooks) =>
    Effect.gen(function*() {
      yield* load({ levels: [["aspirin", "north", 5]] })
      yield* hooks.pass("1 minute")
      const run = yield* runner
      const { order: placed } = yield* order("E-1", wants(4))
      const accept = Effect.flatMap(Orders, (orders) =>
        orders.command(placed.fulfilments[0]!.id, { name: "accept", input: {} }, { actor: { kind: "branch", id: "north" } }))
      // The receipt is committed; what follows from it is decided, and the branch is faster.
      hooks.gate.before = async () => {
        hooks.gate.before = () => run(accept)
      }
      yield* sale("receipt", "north", T + SECOND, 3)
      const after = (yield* (yield* Storage).orders.byId(placed.id))!
      expect([after.fulfilments[0]!.status, after.cases.map((c) => c.reason)]).toEqual(["accepted", ["shortage"]])
      expect(yield* figures("aspirin", "north")).toEqual(both(2, 2))
    }))

  race("P7: D4: a statement that the database cut off half-way is finished as soon as it answers, and the image shows it", (hooks) =>
    Effect.gen(function*() {
      yield* load()
      hooks.writes.before("slice", () => Promise.reject(new Error("connection lost")))
      yield* Effect.flip(stateStock([["aspirin", "north", 7]], T + 10 * SECOND))
      for (let look = 0; look < 100 && (yield* runStates)[0] !== "done"; look++) {
        yield* hooks.pass("1 second")
        yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 10)))
      }
      expect(yield* runStates).toEqual(["done"])
      expect(yield* figures("aspirin", "north")).toEqual(both(7, 0))
    }))

  race(
    "P7: D4: a statement that the database cut off half-way is finished before the next one is compared",
    ({ writes }) =>
      Effect.gen(function*() {
        yield* load()
        const { stock } = yield* Storage
        writes.before("slice", () => Promise.reject(new Error("connection lost")))
        const cut = yield* Effect.result(stateStock([["aspirin", "north", 7]], T + 10 * SECOND))
        expect(cut._tag).toBe("Failure")
        // The figure is the one that the image still has: had the first one not been finished, this would change nothing.
        yield* stateStock([["aspirin", "north", 10]], T + 20 * SECOND)
        expect(yield* figures("aspirin", "north")).toEqual(both(10, 0))
        expect((yield* stock.runs(10, undefined)).items.map((run) => run.state)).not.toContain("applying")
      }),
    () => Effect.gen(function*() {
      expect(yield* figures("aspirin", "north")).toEqual(both(10, 0))
    })
  )
})
