import { BranchId, type HubServices, ProductId, Storage } from "@aptekit/core"
import { makeChange, makeOrder } from "@aptekit/core/testing"
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { DriverError } from "../src/driver.ts"
import { both, figures, type Hooks, inHub, load, newHooks, order, shown, useDatabases, wants } from "./support/races.ts"

const [mariadb] = useDatabases().filter(({ name }) => name === "MariaDB")

/** SQLite's writer answers in the order of its commits; MariaDB's connections do not. */
describe.skipIf(mariadb!.skip)("D5: the image of a MariaDB, whose answers come in any order", () => {
  const test = (title: string, body: (hooks: Hooks) => Effect.Effect<void, unknown, HubServices>): void =>
    it.effect(title, () =>
      Effect.flatMap(Effect.promise(mariadb!.fresh), (open) => {
        const hooks = newHooks()
        return inHub(open, hooks, body(hooks))
      }))

  /** Looks again and again, as the hub's own clock goes on, until it is so; at most two seconds. */
  const looksUntil = <E>({ pass }: Hooks, so: Effect.Effect<boolean, E, Storage>) =>
    Effect.gen(function*() {
      for (let look = 0; look < 200; look++) {
        if (yield* so) return
        yield* pass("1 second")
        yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 10)))
      }
    })

  /** Until the image says this of aspirin at north. */
  const becomes = (hooks: Hooks, reserved: number) =>
    Effect.gen(function*() {
      yield* looksUntil(hooks, Effect.map(shown("aspirin", "north"), (row) => row.reserved === reserved))
      expect((yield* shown("aspirin", "north")).reserved).toBe(reserved)
    })

  test("counts a commit once whose row was read while its answer was under way", (hooks) =>
    Effect.gen(function*() {
      yield* load()
      const run = Effect.runPromiseWith(yield* Effect.context<HubServices>())
      hooks.gate.after = () => run(figures("aspirin", "north"))
      yield* order("E-1", wants(3))
      yield* becomes(hooks, 3)
      expect(yield* figures("aspirin", "north")).toEqual(both(10, 3))
    }))

  test("learns what waiting orders will take first, though the answer of the commit that made one wait was lost", (hooks) =>
    Effect.gen(function*() {
      yield* load()
      const { stock, commit } = yield* Storage
      const free = Effect.sync(() => stock.image.available(ProductId.make("aspirin"), BranchId.make("north")))
      hooks.gate.after = () => Promise.reject(new DriverError("connection lost", "unknown"))
      const waiting = makeOrder({ n: 1, status: "awaiting", lines: [{ product: "aspirin", quantity: 4, held: 0 }] })
      const lost = yield* Effect.result(commit(makeChange("change-1", null, waiting)))
      expect(lost).toMatchObject({ _tag: "Failure", failure: { _tag: "StorageUnavailable", outcome: "unknown" } })
      expect(yield* free).toBe(10)
      yield* looksUntil(hooks, Effect.map(free, (units) => units === 6))
      expect(yield* free).toBe(6)
    }))

  test("learns of a commit whose answer was lost for good", (hooks) =>
    Effect.gen(function*() {
      yield* load()
      hooks.gate.after = () => Promise.reject(new DriverError("connection lost", "unknown"))
      const lost = yield* Effect.result(order("E-1", wants(3)))
      expect(lost).toMatchObject({ _tag: "Failure", failure: { _tag: "StorageUnavailable", outcome: "unknown" } })
      expect(yield* shown("aspirin", "north")).toEqual({ onHand: 10, reserved: 0 })
      yield* becomes(hooks, 3)
    }))
})
