import { Clock, Effect, Random } from "effect"
import { v7 } from "uuid"

/** A new UUIDv7 from Effect's Clock and Random, so that tests decide both. */
export const nextUuid: Effect.Effect<string> = Effect.gen(function*() {
  const msecs = yield* Clock.currentTimeMillis
  const random = new Uint8Array(16)
  const words = new Uint32Array(random.buffer)
  for (let i = 0; i < words.length; i++) words[i] = yield* Random.nextIntBetween(0, 0x1_0000_0000)
  return v7({ msecs, random })
})
