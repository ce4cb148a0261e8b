import { Clock, Context, Effect } from "effect"
import { InvalidInput } from "../kernel/errors.ts"
import { nextUuid } from "../kernel/uuid.ts"
import type { IdempotencyKey } from "../store/change.ts"
import type { StorageUnavailable } from "../store/errors.ts"
import type { StorageService } from "../store/ports.ts"

/** A message of a partner, while what it means is done. */
export interface InboxMessage {
  readonly connection: string
  readonly id: string
}

/** Set around the effect of a message: every commit within then carries the message's id (D27). */
export const InboxMessage = Context.Reference<InboxMessage | null>("@aptekit/core/exchange/InboxMessage", {
  defaultValue: () => null
})

/** With what a commit's own part of the key needs, it fits the database's keys. */
export const LONGEST_MESSAGE_ID = 90

const SCOPE = "inbox/"
const scopeOf = (message: InboxMessage): string => SCOPE + message.connection

export const isInboxKey = (key: IdempotencyKey): boolean => key.scope.startsWith(SCOPE)

/**
 * The key under which a message's act on something is committed, in one transaction with it: the same message may do
 * each act once, whoever delivers it again and when.
 */
export const inboxKey = (message: InboxMessage, act: string, on: string): IdempotencyKey =>
  ({ scope: scopeOf(message), key: `${message.id}/${act}/${on}`, fingerprint: "" })

const checkId = (id: string): Effect.Effect<void, InvalidInput> => {
  if (/^[\x21-\x7e]{1,90}$/u.test(id)) return Effect.void
  const issue = { path: "messageId", message: `1 to ${LONGEST_MESSAGE_ID} visible ASCII characters` }
  return Effect.fail(new InvalidInput({ message: `inbox: ${issue.path}: ${issue.message}`, issues: [issue] }))
}

/**
 * Does what a message means, unless it was done before. Each commit of `effect` carries the message's id; when all of it
 * is done, the message itself is marked. Killed in between, the next delivery does what is missing and no more. Of copies
 * that come at the same time one gives true.
 */
export const onceFor = <E>(
  storage: StorageService,
  message: InboxMessage,
  effect: Effect.Effect<void, E>
): Effect.Effect<boolean, E | InvalidInput | StorageUnavailable> =>
  Effect.gen(function*() {
    yield* checkId(message.id)
    const mark: IdempotencyKey = { scope: scopeOf(message), key: message.id, fingerprint: "" }
    if ((yield* storage.orders.usedKey(mark.scope, mark.key)) !== null) return false
    yield* Effect.provideService(effect, InboxMessage, message)
    const [id, at] = [yield* nextUuid, yield* Clock.currentTimeMillis]
    const change = { id, at, orders: [], reservations: [], movements: [], sale: null, key: mark, events: [], outbox: [] }
    return yield* storage.commit(change).pipe(
      Effect.as(true),
      Effect.catchTags({
        Duplicate: () => Effect.succeed(false),
        // It changes no order and no stock.
        VersionConflict: Effect.die,
        InsufficientStock: Effect.die
      })
    )
  })
