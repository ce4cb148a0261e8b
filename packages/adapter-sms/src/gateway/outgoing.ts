import { type messagesPort, Schema, segmentsOf } from "@aptekit/core"
import { fault } from "./call.ts"

/** A sender's name as operators register it: at most 11 Latin letters or digits, blanks and `. _ -` within. */
export const Sender = Schema.String.check(
  Schema.isPattern(/^[A-Za-z0-9](?:[A-Za-z0-9 ._-]{0,9}[A-Za-z0-9])?$/u, {
    expected: "a sender's name: 1 to 11 Latin letters or digits"
  })
)
const isSender = Schema.is(Sender)

type Sent = typeof messagesPort.methods.send.input.Encoded

/** A message that a gateway may get. */
export interface OutgoingSms {
  /** The phone without its plus: `77010000042`. */
  readonly phone: string
  readonly text: string
  readonly sender: string | undefined
  readonly parts: number
  readonly validMinutes: number | undefined
}

/**
 * What can be known to be wrong before a gateway is asked, and charges.
 * @throws AdapterFault `rejected`
 */
export const outgoingSms = (message: Sent, configured: string | undefined): OutgoingSms => {
  const { to, text, kind, sender = configured, validMinutes } = message
  if (kind !== "sms") throw fault("rejected", `an SMS gateway sends no ${kind}`)
  if (text === "") throw fault("rejected", "the text is empty")
  if (sender !== undefined && !isSender(sender)) {
    throw fault("rejected", "the sender's name is not 1 to 11 Latin letters or digits")
  }
  return { phone: phoneOf(to), text, sender, parts: segmentsOf(text).parts.length, validMinutes }
}

/** A phone as gateways take it: E.164 without its plus. @throws AdapterFault `rejected` */
export const phoneOf = (to: string): string => {
  if (!/^\+[1-9]\d{6,14}$/u.test(to)) throw fault("rejected", "the phone is not E.164 (+77010000000)")
  return to.slice(1)
}
