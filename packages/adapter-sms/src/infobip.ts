import { defineAdapter, messagesPort, type MessageReport, type MessageState, Schema } from "@aptekit/core"
import { Redacted } from "effect"
import { watchBalance } from "./gateway/balance.ts"
import { Decimal, fault, faultOf, isoTime, type Outcome, plainWord, safeCode } from "./gateway/call.ts"
import { doubts } from "./gateway/doubts.ts"
import {
  Guard, type Heard, jsonReport, mayEnter, NOT_FOUND, Refusal, reportEntrance, type Standing
} from "./gateway/entrance.ts"
import { outgoingSms, Sender } from "./gateway/outgoing.ts"
import { gatewayAt, HTTP_CAPABILITIES, HTTP_FIELDS } from "./gateway/over-http.ts"

interface Group {
  /** How sending ends when the answer names this group. */
  readonly sending: Outcome
  readonly state: MessageState
}

/** `status.groupName` (partners-sms.md 3.8: PENDING and DELIVERED are certain as seen). */
export const INFOBIP_GROUPS: Readonly<Record<string, Group>> = {
  PENDING: { sending: "done", state: "sent" },
  DELIVERED: { sending: "done", state: "delivered" },
  UNDELIVERABLE: { sending: "rejected", state: "undelivered" },
  EXPIRED: { sending: "rejected", state: "expired" },
  REJECTED: { sending: "rejected", state: "rejected" }
}

/** `status.name` that is the account's trouble and not the message's (probable). */
export const INFOBIP_ACCOUNT = new Set(["REJECTED_NOT_ENOUGH_CREDITS", "REJECTED_SYSTEM", "REJECTED_ROUTE_NOT_AVAILABLE"])

const Status = Schema.Struct({ groupName: Schema.NonEmptyString, name: Schema.optionalKey(Schema.String) })
const Sent = Schema.Struct({
  messages: Schema.NonEmptyArray(Schema.Struct({ messageId: Schema.NonEmptyString, status: Status }))
})
const Result = Schema.Struct({
  messageId: Schema.NonEmptyString,
  status: Status,
  doneAt: Schema.optionalKey(Schema.NullOr(Schema.String)),
  sentAt: Schema.optionalKey(Schema.NullOr(Schema.String))
})
const Results = Schema.Struct({ results: Schema.Array(Result) })
const Balance = Schema.Struct({ balance: Decimal, currency: Schema.NonEmptyString })
const isResults = Schema.is(Results)

/** A report is a batch; so many at the most are read of it. */
const MOST_REPORTS = 1_000

/**
 * Infobip over HTTP (SMS API 3). It takes our id as its `messageId`, by which a message is found in its log again (48
 * hours); whether the same id twice is one message is not documented, so it is not relied upon.
 */
export const infobipMessages = defineAdapter({
  name: "infobip",
  config: Schema.Struct({
    apiKey: Schema.RedactedFromValue(Schema.NonEmptyString),
    sender: Sender,
    /** Delivery reports bear no signature: a secret in the address, or a name and a password. Without it none are taken. */
    reports: Schema.optionalKey(Guard),
    /** Where reports are to go, when the portal does not say it: https://hub/exchange/<connection>?key=… */
    reportUrl: Schema.optionalKey(Schema.RedactedFromValue(Schema.NonEmptyString)),
    ...HTTP_FIELDS,
    /** The account's own: https://xxxxx.api.infobip.com. */
    url: Schema.URLFromString
  }),
  ports: { messages: messagesPort },
  capabilities: { ...HTTP_CAPABILITIES, lookUp: true },
  setup: ({ url, apiKey, sender, reports, reportUrl, balanceAlarm, fetch }, context) => {
    const infobip = gatewayAt("Infobip", url, fetch)
    const headers = {
      authorization: `App ${Redacted.value(apiKey)}`,
      "content-type": "application/json",
      accept: "application/json"
    }
    const call = (path: string, init: RequestInit, query: Record<string, string> = {}): Promise<unknown> =>
      infobip.call(path, { ...init, headers }, query)

    const doubt = doubts()

    const resultOf = async (path: string, messageId: string, signal: AbortSignal) => {
      const { results } = infobip.understood(Results, await call(path, { signal }, { messageId }))
      return results.find((result) => result.messageId === messageId)
    }

    const balance = async (signal: AbortSignal) => {
      const { balance: amount, currency } = infobip.understood(Balance, await call("/account/1/balance", { signal }))
      return { amount: String(amount), currency }
    }
    watchBalance({ alarm: balanceAlarm, read: balance }, context)

    return {
      messages: {
        send: async (message, { signal }) => {
          const sms = outgoingSms(message, sender)
          const body = {
            messages: [{
              sender: sms.sender,
              destinations: [{ to: sms.phone, messageId: message.id }],
              content: { text: sms.text },
              ...(sms.validMinutes === undefined
                ? {}
                : { options: { validityPeriod: { amount: Math.min(sms.validMinutes, 2880), timeUnit: "MINUTES" } } }),
              ...(reportUrl === undefined ? {} : { webhooks: { delivery: { url: Redacted.value(reportUrl) } } })
            }]
          }
          return doubt.sending(message.id, async () => {
            const answer = await call("/sms/3/messages", { method: "POST", body: JSON.stringify(body), signal })
            const { messageId, status } = infobip.understood(Sent, answer).messages[0]
            mustBeTaken(status)
            return { providerId: messageId, parts: sms.parts }
          })
        },
        find: async ({ id }, { signal }) => {
          const result = await resultOf("/sms/3/logs", id, signal)
          return { providerId: result?.messageId ?? doubt.notFound(id) }
        },
        status: async ({ providerId }, { signal }) => {
          // A report can be read once: it goes to the hub too, lest it be lost with this answer.
          const report = await resultOf("/sms/3/reports", providerId, signal)
          if (report !== undefined) {
            const { state, at, detail } = standing(report)
            await context.hub.messages.report({ providerId, state, at, detail })
            return { state, at, detail }
          }
          const logged = await resultOf("/sms/3/logs", providerId, signal)
          return logged === undefined ? NOT_FOUND : standing(logged)
        },
        balance: (_, { signal }) => balance(signal)
      },
      ...(reports === undefined ? {} : {
        http: reportEntrance({
          methods: ["POST"],
          hear: (request, body) => hearInfobip(request, body, reports)
        }, context.hub)
      })
    }
  }
})

const mustBeTaken = ({ groupName, name = "" }: typeof Status.Type): void => {
  if (INFOBIP_ACCOUNT.has(name)) {
    const words = "the account's trouble, not the message's"
    throw faultOf(["unavailable", words, "account"], `Infobip: ${words} (${safeCode(name)})`)
  }
  const sending = INFOBIP_GROUPS[groupName]?.sending ?? "unknown"
  if (sending !== "done") throw fault(sending, `Infobip does not send this message (${safeCode(name || groupName)})`)
}

const standing = ({ status, doneAt, sentAt }: typeof Result.Type): Standing => ({
  state: INFOBIP_GROUPS[status.groupName]?.state ?? "unknown",
  at: isoTime(doneAt ?? sentAt),
  detail: plainWord(status.name ?? status.groupName)
})

const hearInfobip = (request: Request, body: string, guard: Guard): Heard => {
  if (!mayEnter(request, guard)) throw new Refusal(403, "the key or the password is not right")
  const report = jsonReport(body)
  if (!isResults(report) || report.results.length > MOST_REPORTS) {
    throw new Refusal(400, "results with messageId and status are needed")
  }
  const reports = report.results.map((result): MessageReport => ({ providerId: result.messageId, ...standing(result) }))
  return { reports: reports.filter(({ state }) => state !== "unknown") }
}
