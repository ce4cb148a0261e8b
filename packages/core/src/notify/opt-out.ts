import { Clock, Effect, Schema } from "effect"
import type { OutboxMessage } from "../exchange/outbox.ts"
import { normaliseEmail } from "../kernel/email.ts"
import type { Order } from "../order/model.ts"
import type { StorageUnavailable } from "../store/errors.ts"
import { Storage, type StorageService } from "../store/ports.ts"

/** Where a message can go: a phone in E.164, or an e-mail address in lower case. */
export const Address = Schema.String.check(
  Schema.makeFilter((text: string) =>
    /^\+[1-9]\d{7,14}$/u.test(text) || (text.length <= 320 && normaliseEmail(text) === text) ||
    "a phone in E.164 or an e-mail address in lower case")
)

const NOBODY: ReadonlySet<string> = new Set()

/** Of the buyers that a batch of messages goes to, those who want none: at most one query. */
export const optedOutOf = (
  { messages }: StorageService,
  batch: ReadonlyArray<OutboxMessage>,
  orders: ReadonlyMap<string, Order>
): Effect.Effect<ReadonlySet<string>, StorageUnavailable> => {
  const phones = batch.flatMap(({ method, orderId }) => {
    const phone = method === "messages.send" && orderId !== null ? orders.get(orderId)?.customer.phone ?? null : null
    return phone === null ? [] : [phone]
  })
  return phones.length === 0 ? Effect.succeed(NOBODY) : messages.optedOut([...new Set(phones)])
}

/** From the next batch on the owner of an address gets no messages; or gets them again. */
export const optOut = (address: string, out: boolean) =>
  Effect.gen(function*() {
    const { messages } = yield* Storage
    yield* messages.optOut(address, out, yield* Clock.currentTimeMillis)
  })
