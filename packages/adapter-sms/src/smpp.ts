import { createHash } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"
import { defineAdapter, messagesPort, Schema, segmentsOf } from "@aptekit/core"
import { Redacted } from "effect"
import type { Pdu } from "smpp"
import { fault, mustBeDone } from "./gateway/call.ts"
import { NOT_FOUND } from "./gateway/entrance.ts"
import { type OutgoingSms, outgoingSms, Sender } from "./gateway/outgoing.ts"
import { slots } from "./gateway/slots.ts"
import { CONGESTED, SMPP_STATES, SMPP_STATUS, STATE_WORDS, UNKNOWN_MESSAGE } from "./smpp/codes.ts"
import { type Link, openLink } from "./smpp/link.ts"
import { partsBook } from "./smpp/parts.ts"
import { receiptOf } from "./smpp/receipt.ts"

const GATEWAY = "the SMPP gateway"
const GSM = 0
const UCS2 = 8
/** The next part of a message waits for congestion to go by: so often, the first time so many milliseconds. */
const TRIES = 5
const FIRST_WAIT = 200
const LONGEST_VALID = 7 * 24 * 60

/** How an address is said to be written: a name, a short number, or a phone. */
const sourceOf = (sender = ""): object => {
  if (sender === "") return { source_addr: "", source_addr_ton: 0, source_addr_npi: 0 }
  if (!/^\d+$/u.test(sender)) return { source_addr: sender, source_addr_ton: 5, source_addr_npi: 0 }
  return { source_addr: sender, source_addr_ton: sender.length <= 8 ? 3 : 1, source_addr_npi: sender.length <= 8 ? 0 : 1 }
}

/** `DDhhmm00` from now on; the library puts years, months and the sign of a relative time around it. */
const validityOf = (minutes: number | undefined): string => {
  if (minutes === undefined) return ""
  const within = Math.min(minutes, LONGEST_VALID)
  const [days, hours] = [Math.floor(within / 1440), Math.floor(within / 60) % 24]
  return [days, hours, within % 60, 0].map((part) => String(part).padStart(2, "0")).join("")
}

/**
 * Any gateway that speaks SMPP 3.4, over one connection that stays (`transceiver`). It takes no id of ours, and a message
 * whose id is not known cannot be asked for: a lost answer stays unknown. Delivery reports come over the connection.
 */
export const smppMessages = defineAdapter({
  name: "smpp",
  config: Schema.Struct({
    host: Schema.NonEmptyString,
    /** @default 2775, with `tls` 3550 */
    port: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 65_535 }))),
    tls: Schema.optionalKey(Schema.Boolean),
    systemId: Schema.NonEmptyString,
    password: Schema.RedactedFromValue(Schema.NonEmptyString),
    systemType: Schema.optionalKey(Schema.String),
    sender: Schema.optionalKey(Sender),
    /** Commands that wait for their answer at a time; each gateway says its own window. @default 10 */
    window: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 100 }))),
    /** Seconds between two `enquire_link`. @default 30 */
    enquireSeconds: Schema.optionalKey(Schema.Finite.check(Schema.isBetween({ minimum: 0.05, maximum: 600 }))),
    /** Long texts as parts with a header, which all gateways take, or whole in `message_payload`. @default "parts" */
    longText: Schema.optionalKey(Schema.Literals(["parts", "payload"])),
    /** data_coding 0 is each gateway's own; where it is not GSM 03.38, Latin goes as UCS-2 too. @default "gsm7" */
    latin: Schema.optionalKey(Schema.Literals(["gsm7", "ucs2"]))
  }),
  ports: { messages: messagesPort },
  capabilities: {
    sms: true,
    email: false,
    push: false,
    lookUp: false,
    status: true,
    balance: false,
    deliveryReports: true,
    idempotentSend: false,
    senderNames: true
  },
  setup: (config, { hub, onClose }) => {
    const { tls = false, window = 10, longText = "parts", latin = "gsm7", sender } = config
    const within = slots(window)
    const book = partsBook()

    const deliver = async (pdu: Pdu): Promise<boolean> => {
      const receipt = receiptOf(pdu)
      // A message from a phone, or what cannot be read: taken, lest it come for ever.
      if (receipt === null) return true
      const heard = book.heard(receipt.messageId, receipt.state)
      if (heard === null || heard.state === "unknown") return true
      const began = performance.now()
      await hub.messages.report({ ...heard, at: null, detail: receipt.detail })
      hub.record({
        direction: "in", operation: "deliver_sm", outcome: "done", durationMs: performance.now() - began,
        request: JSON.stringify({ messageId: heard.providerId, state: heard.state, detail: receipt.detail })
      })
      return true
    }

    const link = openLink({
      host: config.host,
      port: config.port ?? (tls ? 3550 : 2775),
      tls,
      systemId: config.systemId,
      password: Redacted.value(config.password),
      systemType: config.systemType ?? "",
      enquireEvery: (config.enquireSeconds ?? 30) * 1000,
      deliver,
      log: hub.log
    })
    onClose(() => link.close())

    return {
      messages: {
        send: (message, { signal }) =>
          within(signal, async () => {
            const sms = outgoingSms(message, sender)
            const pdus = submits(sms, message.id, longText, latin)
            const ids = await submitAll(link, pdus, signal, book.open(pdus.length))
            return { providerId: ids[0]!, parts: latin === "ucs2" ? pdus.length : sms.parts }
          }),
        status: ({ providerId }, { signal }) =>
          within(signal, async () => {
            const answer = await link.request("query_sm", { message_id: providerId, ...sourceOf(sender) }, signal)
            if (answer.command_status === UNKNOWN_MESSAGE) return NOT_FOUND
            mustBeDone(GATEWAY, SMPP_STATUS, answer.command_status)
            const word = STATE_WORDS[answer.message_state ?? 0]
            if (word === undefined) throw fault("unknown", `${GATEWAY} tells a state that SMPP 3.4 does not name`)
            const { final_date } = answer
            const at = final_date instanceof Date && !Number.isNaN(final_date.getTime()) ? final_date.toISOString() : null
            return { state: SMPP_STATES[word]!, at, detail: word }
          })
      }
    }
  }
})

/** The `submit_sm` of a message: one, or one for each part. */
const submits = (
  sms: OutgoingSms,
  id: string,
  longText: "parts" | "payload",
  latin: "gsm7" | "ucs2"
): ReadonlyArray<object> => {
  const { encoding, parts } = segmentsOf(sms.text, latin === "ucs2" ? "ucs2" : undefined)
  const head = {
    ...sourceOf(sms.sender),
    dest_addr_ton: 1,
    dest_addr_npi: 1,
    destination_addr: sms.phone,
    registered_delivery: 1,
    validity_period: validityOf(sms.validMinutes),
    data_coding: encoding === "gsm7" ? GSM : UCS2
  }
  if (parts.length === 1) return [{ ...head, short_message: { message: sms.text } }]
  if (longText === "payload") return [{ ...head, short_message: "", message_payload: { message: sms.text } }]
  // The same message has the same reference each time, so that a phone joins its parts however often they come.
  const reference = createHash("sha256").update(id).digest()[0]!
  return parts.map((part, index) => ({
    ...head,
    short_message: { udh: Buffer.from([0x05, 0x00, 0x03, reference, parts.length, index + 1]), message: part }
  }))
}

/**
 * Part by part. Refused at its first part, nothing was sent; after that a message is half sent, which nobody may repeat.
 * @throws AdapterFault
 */
const submitAll = async (
  link: Link,
  pdus: ReadonlyArray<object>,
  signal: AbortSignal,
  taken: (id: string) => void
): Promise<ReadonlyArray<string>> => {
  const ids: Array<string> = []
  for (const [index, pdu] of pdus.entries()) {
    try {
      const id = await submit(link, pdu, signal, index === 0 ? 1 : TRIES)
      taken(id)
      ids.push(id)
    } catch (error) {
      if (index === 0) throw error
      throw fault("unknown", `${GATEWAY} took ${index} of ${pdus.length} parts: the message is half sent`, error)
    }
  }
  return ids
}

const submit = async (link: Link, pdu: object, signal: AbortSignal, tries: number): Promise<string> => {
  for (let tried = 1;; tried++) {
    const { command_status, message_id } = await link.request("submit_sm", pdu, signal)
    if (CONGESTED.has(command_status) && tried < tries) {
      await sleep(FIRST_WAIT * 2 ** (tried - 1), undefined, { signal })
      continue
    }
    mustBeDone(GATEWAY, SMPP_STATUS, command_status)
    if (message_id === undefined || message_id === "") {
      throw fault("unknown", `the answer of ${GATEWAY} names no message`)
    }
    return message_id
  }
}
