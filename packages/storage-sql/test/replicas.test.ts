import { BranchId, ProductId, Storage } from "@aptekit/core"
import { loadNetwork, makeChange, makeMovement, makeOrder, makeProduct, TEST_NOW } from "@aptekit/core/testing"
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import { useMariadb } from "../../../test/mariadb.ts"
import { mariadb } from "../src/index.ts"

const server = useMariadb()

describe.skipIf(server.skip !== null)("two replicas on one MariaDB", () => {
  const both = async <A>(body: (one: Storage["Service"], two: Storage["Service"]) => Effect.Effect<A, unknown, Storage>) => {
    const uri = await server.fresh()
    const nested = Effect.gen(function*() {
      const one = yield* Storage
      return yield* Effect.provide(Effect.flatMap(Storage, (two) => body(one, two)), mariadb({ uri }))
    })
    return Effect.runPromise(nested.pipe(Effect.provide(mariadb({ uri }))))
  }

  it("D5: what one adds to the catalogue the other can sell", () =>
    both((one, two) =>
      Effect.gen(function*() {
        yield* Effect.provideService(loadNetwork(), Storage, one)
        yield* two.network.load
        yield* one.catalogue.upsert([makeProduct("zinc")])
        expect(yield* two.catalogue.byIds([ProductId.make("zinc")])).toHaveLength(1)
        const order = makeOrder({ n: 1, lines: [] })
        const movements = [makeMovement("zinc", "north", -2, TEST_NOW + 1)]
        yield* two.commit(makeChange("change-1", null, order, { movements }))
        const cell = { productId: ProductId.make("zinc"), branchId: BranchId.make("north") }
        expect((yield* two.stock.levels([cell]))[0]).toMatchObject({ ...cell, onHand: -2 })
      })))

  it("STK-1: a product of many substances is kept whole", () =>
    both((one) =>
      Effect.gen(function*() {
        const inn = Array.from({ length: 30 }, (_, i) => `Витамин B${i}`).join(" + ")
        yield* one.catalogue.upsert([makeProduct("multi", { inn, form: inn, strength: inn, family: inn, atc: inn })])
        expect((yield* one.catalogue.byIds([ProductId.make("multi")]))[0]).toMatchObject({ inn, form: inn, strength: inn })
      })))
})
