import { Clock, Effect, Schema } from "effect"
import { normaliseEmail } from "../kernel/email.ts"
import { MESSAGE_KINDS } from "../network/policy.ts"
import type { Order } from "../order/model.ts"
import { Storage } from "../store/ports.ts"
import type { MessageKind } from "./ports.ts"

/** Where a message can go: a phone in E.164, or an e-mail address in lower case. */
export const Address = Schema.String.check(
  Schema.makeFilter((text: string) =>
    /^\+[1-9]\d{7,14}$/u.test(text) || (text.length <= 320 && normaliseEmail(text) === text) ||
    "a phone in E.164 or an e-mail address in lower case")
)

/** Under what an opt-out is kept: an address has no blank within. Without a kind: of a phone all messages, of an e-mail address e-mails. */
const keyOf = (address: string, kind: MessageKind | undefined): string => (kind === undefined ? address : `${kind} ${address}`)

/** Under what a buyer may have said that they want no messages, by a kind or by any. */
export const optOutKeysOf = ({ phone, email }: Order["customer"], kind?: MessageKind): ReadonlyArray<string> => {
  const kinds = kind === undefined ? MESSAGE_KINDS : [kind]
  const ofPhone = phone === null ? [] : [phone, ...kinds.map((one) => keyOf(phone, one))]
  return email === null || !kinds.includes("email") ? ofPhone : [...ofPhone, email, keyOf(email, "email")]
}

/** From the next batch on the owner of an address gets no messages, of one kind or of all; or gets them again. */
export const optOut = (address: string, out: boolean, kind?: MessageKind) =>
  Effect.gen(function*() {
    const { messages } = yield* Storage
    yield* messages.optOut(keyOf(address, kind), out, yield* Clock.currentTimeMillis)
  })

/** Does the owner of an address want no messages of this kind; without one: none at all? */
export const isOptedOut = (address: string, kind?: MessageKind) =>
  Effect.gen(function*() {
    const { messages } = yield* Storage
    const keys = kind === undefined ? [address] : [address, keyOf(address, kind)]
    return (yield* messages.optedOut(keys)).size > 0
  })
