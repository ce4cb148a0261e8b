import type { MessageState } from "@aptekit/core"
import type { Pdu } from "smpp"
import { SMPP_STATES, STATE_WORDS } from "./codes.ts"

export interface Receipt {
  /** Of the part that it is about. */
  readonly messageId: string
  readonly state: MessageState
  /** The gateway's own word and error. */
  readonly detail: string
}

const textOf = (value: string | Buffer | undefined): string | undefined =>
  value === undefined ? undefined : String(value).replaceAll("\0", "")

/**
 * What a `deliver_sm` says of a message of ours; null where it is something else, such as a message from a phone. The
 * optional parameters count before the text, whose form is each gateway's own. Its times bear no zone.
 */
export const receiptOf = (pdu: Pdu): Receipt | null => {
  const given = textOf(pdu.receipted_message_id)
  if (((pdu.esm_class ?? 0) & 0x3c) !== 0x04 && given === undefined) return null
  const text = textOf(pdu.short_message?.message ?? pdu.message_payload?.message) ?? ""
  const messageId = given ?? /\bid:\s*([^\s]+)/iu.exec(text)?.[1]
  const word = STATE_WORDS[pdu.message_state ?? 0] ?? /\bstat:\s*(\w+)/iu.exec(text)?.[1]?.toUpperCase()
  if (messageId === undefined || word === undefined) return null
  const error = /\berr:\s*(\w+)/iu.exec(text)?.[1]
  return { messageId, state: SMPP_STATES[word] ?? "unknown", detail: [word, error].filter(Boolean).join(" ") }
}
