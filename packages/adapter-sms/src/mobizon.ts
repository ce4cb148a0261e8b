import { createHash } from "node:crypto"
import { defineAdapter, messagesPort, type MessageState, Schema } from "@aptekit/core"
import { Redacted } from "effect"
import { watchBalance } from "./gateway/balance.ts"
import { type CodeTable, Decimal, fault, form, Id } from "./gateway/call.ts"
import {
  type Heard, jsonReport, NOT_FOUND, Refusal, reportEntrance, reread, sameSecret, type Standing
} from "./gateway/entrance.ts"
import { outgoingSms, Sender } from "./gateway/outgoing.ts"
import { gatewayAt, HTTP_CAPABILITIES, HTTP_FIELDS } from "./gateway/over-http.ts"

const TRANSIENT = ["unknown", "could not say what became of the request"] as const
const BACKGROUND = ["unknown", "does the work in the background and has not said how it ended"] as const
const NO_ENTRY = ["unavailable", "does not let the account in; check `apiKey` and its rights", "account"] as const

/** `code` of every answer (partners-sms.md 3.3; the list is certain, the meanings partly probable). */
export const MOBIZON_CODES: CodeTable = {
  0: ["done", "done"],
  1: ["rejected", "does not take the message"],
  11: ["rejected", "misses a parameter"],
  12: ["rejected", "does not take a parameter"],
  8: NO_ENTRY,
  9: NO_ENTRY,
  13: NO_ENTRY,
  14: NO_ENTRY,
  30: ["unavailable", "takes no more requests for now"],
  // It cannot be asked for a message whose id we do not know: what may have been done is not repeated.
  3: TRANSIENT,
  10: TRANSIENT,
  15: TRANSIENT,
  999: TRANSIENT,
  98: BACKGROUND,
  99: BACKGROUND,
  100: BACKGROUND
}

/** `status` of a message (partners-sms.md 3.3), as Mobizon spells it. */
export const MOBIZON_STATES: Readonly<Record<string, MessageState>> = {
  NEW: "accepted",
  ENQUEUD: "accepted",
  ACCEPTD: "sent",
  PDLIVRD: "sent",
  DELIVRD: "delivered",
  UNDELIV: "undelivered",
  DELETED: "undelivered",
  REJECTD: "rejected",
  EXPIRED: "expired"
}

const Head = Schema.Struct({ code: Schema.Int })
const Sent = Schema.Struct({ data: Schema.Struct({ messageId: Id }) })
const Statuses = Schema.Struct({ data: Schema.Array(Schema.Struct({ id: Id, status: Schema.String })) })
const Balance = Schema.Struct({ data: Schema.Struct({ balance: Decimal, currency: Schema.NonEmptyString }) })
const Report = Schema.Struct({
  eventId: Id,
  attempt: Id,
  eventCreateTs: Id,
  sign: Schema.String,
  data: Schema.Struct({ messageId: Id })
})
const isReport = Schema.is(Report)

/**
 * Mobizon over HTTP. It takes no id of ours and cannot be asked: a lost answer stays unknown. The signature of its
 * reports does not cover what they say, so how a message stands is asked for each time.
 */
export const mobizonMessages = defineAdapter({
  name: "mobizon",
  config: Schema.Struct({
    apiKey: Schema.RedactedFromValue(Schema.NonEmptyString),
    sender: Schema.optionalKey(Sender),
    /** For delivery reports: the secret key of the cabinet. Without it none are taken. */
    reportSecret: Schema.optionalKey(Schema.RedactedFromValue(Schema.NonEmptyString)),
    ...HTTP_FIELDS
  }),
  ports: { messages: messagesPort },
  capabilities: HTTP_CAPABILITIES,
  setup: ({ apiKey, sender, reportSecret, balanceAlarm, url, fetch }, context) => {
    const mobizon = gatewayAt("Mobizon", url ?? new URL("https://api.mobizon.kz"), fetch)

    const call = async (method: string, fields: Parameters<typeof form>[0], signal: AbortSignal): Promise<unknown> => {
      const query = { output: "json", api: "v1", apiKey: Redacted.value(apiKey) }
      const body = await mobizon.call(`/service/${method}`, { method: "POST", body: form(fields), signal }, query)
      mobizon.mustBeDone(MOBIZON_CODES, mobizon.understood(Head, body).code)
      return body
    }

    const status = async (id: string, signal: AbortSignal): Promise<Standing> => {
      const { data } = mobizon.understood(Statuses, await call("Message/GetSMSStatus", { "ids[0]": id }, signal))
      const one = data.find((message) => String(message.id) === id)
      if (one === undefined) return NOT_FOUND
      const state = MOBIZON_STATES[one.status]
      if (state === undefined) throw fault("unknown", "Mobizon tells a status that its documents do not name")
      // Its times are of a zone that it does not tell.
      return { state, at: null, detail: one.status }
    }

    const balance = async (signal: AbortSignal) => {
      const { data } = mobizon.understood(Balance, await call("User/GetOwnBalance", {}, signal))
      return { amount: String(data.balance), currency: data.currency }
    }
    watchBalance({ alarm: balanceAlarm, read: balance }, context)

    return {
      messages: {
        send: async (message, { signal }) => {
          const sms = outgoingSms(message, sender)
          const body = await call("Message/SendSmsMessage", {
            recipient: sms.phone,
            text: sms.text,
            from: sms.sender,
            "params[validity]": sms.validMinutes === undefined ? undefined : Math.min(sms.validMinutes, 1440),
            "params[shortenLinks]": 0
          }, signal)
          return { providerId: String(mobizon.understood(Sent, body).data.messageId), parts: sms.parts }
        },
        status: ({ providerId }, { signal }) => status(providerId, signal),
        balance: (_, { signal }) => balance(signal)
      },
      ...(reportSecret === undefined ? {} : {
        http: reportEntrance({
          methods: ["POST"],
          hear: async (_, body): Promise<Heard> => {
            const id = signedId(body, Redacted.value(reportSecret))
            return { reports: await reread([id], status) }
          }
        }, context.hub)
      })
    }
  }
})

/** The message that a report is about, where its signature is right. */
const signedId = (body: string, secret: string): string => {
  const report = jsonReport(body)
  if (!isReport(report)) throw new Refusal(400, "eventId, attempt, eventCreateTs, sign and data.messageId are needed")
  const { eventId, attempt, eventCreateTs, sign, data } = report
  const expected = createHash("sha1").update(`${eventId}|${attempt}|${eventCreateTs}|${secret}`).digest("hex")
  if (!sameSecret(sign.toLowerCase(), expected)) throw new Refusal(403, "the signature is not right")
  return String(data.messageId)
}
