import { Effect } from "effect"
import type { OutboxMessage } from "../exchange/outbox.ts"
import type { Actor } from "../kernel/actor.ts"
import { NotFound, Refused } from "../kernel/errors.ts"
import type { LetterDecision } from "../store/pull.ts"
import { type StorageService } from "../store/ports.ts"

const COMMAND: Readonly<Record<LetterDecision, string>> = { replayed: "replay", discarded: "discard" }

/**
 * A person's word on a message that is dead or waits (OPS-2). Of an order that a partner could not take, all dead
 * letters go together: they are one state.
 */
export const decideLetter = (storage: StorageService, id: string, decision: LetterDecision, actor: Actor, reason: string) =>
  Effect.gen(function*() {
    const decided = yield* storage.pull.decide(id, decision, actor, reason)
    if (decided !== null) return decided
    const found: OutboxMessage | null = yield* storage.pull.letter(id)
    if (found === null) return yield* NotFound.of("message", id)
    return yield* new Refused({
      code: "notWaiting",
      command: COMMAND[decision],
      state: found.state,
      allowed: [],
      message: decision === "replayed"
        ? `This message is ${found.state}, not dead: there is nothing to replay. List the outbox again.`
        : `This message is ${found.state}: it has ended or is being sent at this moment. List the outbox again.`
    })
  })
