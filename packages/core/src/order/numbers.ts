import { Context, Effect, Layer, Semaphore } from "effect"
import type { StorageUnavailable } from "../store/errors.ts"
import { Storage } from "../store/ports.ts"

const BLOCK = 100

/** Short order numbers, from blocks that each replica takes for itself (D14). At most 9 digits: 1C cuts at 11. */
export class OrderNumbers extends Context.Service<OrderNumbers, {
  readonly next: Effect.Effect<string, StorageUnavailable>
  /** A number that no order took after all: a channel that repeats itself for ever must not use them up. */
  readonly giveBack: (number: string) => void
}>()("@aptekit/core/order/OrderNumbers") {
  static readonly layer = Layer.effect(
    OrderNumbers,
    Effect.gen(function*() {
      const storage = yield* Storage
      const refill = yield* Semaphore.make(1)
      let next = 0
      let end = 0
      const returned: Array<string> = []
      const take = Effect.suspend(() => {
        if (next < end) return Effect.succeed(String(next++))
        return storage.takeNumbers(BLOCK).pipe(Effect.map((first) => {
          next = first
          end = first + BLOCK
          return String(next++)
        }))
      })
      return OrderNumbers.of({
        next: Effect.suspend(() => {
          const again = returned.pop()
          if (again !== undefined) return Effect.succeed(again)
          return next < end ? take : refill.withPermits(1)(take)
        }),
        giveBack: (number) => void returned.push(number)
      })
    })
  )
}
