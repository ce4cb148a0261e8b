import type { HubServices } from "@aptekit/core"
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

  /** Looks again and again, as the hub's own clock goes on, until the image says this of aspirin at north. */
  const becomes = ({ pass }: Hooks, reserved: number) =>
    Effect.gen(function*() {
      for (let look = 0; look < 200; look++) {
        if ((yield* shown("aspirin", "north")).reserved === reserved) return
        yield* pass("1 second")
        yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 10)))
      }
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
