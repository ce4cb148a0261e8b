import { Effect } from "effect"
import { same } from "../assert.ts"
import { TEST_NOW } from "../builders.ts"
import { storageCase } from "./case.ts"
import { LEASE } from "./outbox-steps.ts"

const T = TEST_NOW

export const leaseCases = [
  storageCase("D24", "a lease has one owner until it ends, and a greater token for the next", ({ leases }) =>
    Effect.gen(function*() {
      const mine = yield* leases.acquire("sweep", "me", T, T + LEASE)
      same(mine === null, false, "a free lease")
      same(yield* leases.acquire("sweep", "you", T + LEASE - 1, T + 2 * LEASE), null, "held")
      same((yield* leases.acquire("plan", "you", T, T + LEASE)) === null, false, "another lease")
      const renewed = yield* leases.acquire("sweep", "me", T + LEASE - 1, T + 2 * LEASE)
      same(renewed !== null && renewed >= mine!, true, "renewed")
      same(yield* leases.acquire("sweep", "you", T + LEASE + 1, T + 3 * LEASE), null, "held until the new end")
      const yours = yield* leases.acquire("sweep", "you", T + 2 * LEASE + 1, T + 3 * LEASE)
      same(yours !== null && yours > renewed!, true, "a greater token for the next owner")
      yield* leases.release("sweep", "me")
      same(yield* leases.acquire("sweep", "me", T + 2 * LEASE + 2, T + 3 * LEASE), null, "only the owner may release")
      yield* leases.release("sweep", "you")
      const again = yield* leases.acquire("sweep", "me", T + 2 * LEASE + 3, T + 3 * LEASE)
      same(again !== null && again > yours!, true, "released before its end")
    })),

  storageCase("D24", "of twelve who want a lease at once one gets it", ({ leases }) =>
    Effect.gen(function*() {
      const tokens = yield* Effect.forEach(
        Array.from({ length: 12 }, (_, n) => `w${n}`),
        (owner) => leases.acquire("sweep", owner, T, T + LEASE),
        { concurrency: 12 }
      )
      same(tokens.filter((token) => token !== null).length, 1, "owners")
    }))
]
