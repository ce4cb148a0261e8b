import { Effect } from "effect"
import { AdapterRegistry } from "../adapter/registry.ts"
import { repeatOf } from "../exchange/lane-call.ts"
import { Lanes } from "../exchange/lanes.ts"
import type { OutboxMessage } from "../exchange/outbox.ts"
import type { Actor } from "../kernel/actor.ts"
import { decodeInput } from "../kernel/decode.ts"
import { InvalidInput, NotFound, Refused } from "../kernel/errors.ts"
import { Network } from "../network/service.ts"
import type { LetterDecision } from "../store/pull.ts"
import { Storage } from "../store/ports.ts"

const COMMAND: Readonly<Record<LetterDecision, string>> = { replayed: "replay", discarded: "discard", mended: "mend" }

const refusal = (found: OutboxMessage, decision: LetterDecision, message: string): Refused =>
  new Refused({ code: "notWaiting", command: COMMAND[decision], state: found.state, allowed: [], message })

/** Why a decision fits no message in this state. */
const unfit = ({ state }: OutboxMessage, decision: LetterDecision): string =>
  decision === "discarded"
    ? `This message is ${state}: it has ended or is being sent at this moment. List the outbox again.`
    : `This message is ${state}, not dead: there is nothing to ${COMMAND[decision]}. List the outbox again.`

/** A message by its id, whatever became of it. */
export const letter = (id: string) =>
  Effect.gen(function*() {
    const { pull } = yield* Storage
    const found = yield* pull.letter(id)
    return found === null ? yield* NotFound.of("message", id) : found
  })

/**
 * A dead letter may have arrived, whatever its last try said: where the partner can be asked it is asked before the letter
 * goes again (D27).
 */
const asksFirst = (found: OutboxMessage) =>
  Effect.gen(function*() {
    const { methods } = yield* Lanes
    const [registry, network] = [yield* AdapterRegistry, yield* Network]
    const method = methods.get(found.method)
    return method !== undefined && repeatOf(method, found, { registry, view: network.view() }) === "ask"
  })

/**
 * A person's word on a message that is dead or waits (OPS-2). Of an order that a partner could not take, all dead
 * letters go together: they are one state.
 */
export const decideLetter = (
  id: string,
  decision: LetterDecision,
  actor: Actor,
  reason: string,
  payload?: OutboxMessage["payload"]
) =>
  Effect.gen(function*() {
    const { pull } = yield* Storage
    const known = yield* letter(id)
    const inDoubt = decision === "replayed" && (yield* asksFirst(known))
    const decided = yield* pull.decide(id, decision, actor, reason, { ...(payload === undefined ? {} : { payload }), inDoubt })
    if (decided !== null) return decided
    const found = yield* letter(id)
    return yield* refusal(found, decision, unfit(found, decision))
  })

/** Puts a dead letter right: only the fields of its payload that its method lets a person mend. It stays dead. */
export const mendLetter = (id: string, fields: unknown, actor: Actor, reason: string) =>
  Effect.gen(function*() {
    const lanes = yield* Lanes
    const found = yield* letter(id)
    const network = yield* Network
    const schema = lanes.methods.get(found.method)?.mendable?.(network.view())
    if (schema === undefined) {
      const text = `Nothing of a message "${found.method}" can be mended here: mend what it is made of, then replay it.`
      return yield* refusal(found, "mended", text)
    }
    const mended = yield* decodeInput(schema)(fields).pipe(
      Effect.mapError(({ message, issues }) =>
        new InvalidInput({ message, issues: issues.map((issue) => ({ ...issue, path: `payload.${issue.path}` })) }))
    )
    return yield* decideLetter(id, "mended", actor, reason, { ...found.payload, ...(mended as OutboxMessage["payload"]) })
  })
