import { createHash } from "node:crypto"
import { defineAdapter, messagesPort, type MessageState, Schema } from "@aptekit/core"
import { Redacted } from "effect"
import { watchBalance } from "./gateway/balance.ts"
import { type CodeTable, Decimal, fault, form, Id, plainWord, safeCode } from "./gateway/call.ts"
import { type Heard, mayEnter, Refusal, reportEntrance, reread, sameSecret, type Standing } from "./gateway/entrance.ts"
import { outgoingSms, Sender } from "./gateway/outgoing.ts"
import { gatewayAt, HTTP_CAPABILITIES, HTTP_FIELDS } from "./gateway/over-http.ts"

/** `status_code` of sending and asking (partners-sms.md 3.2; 231 and 232 are probable). */
export const SMSRU_CODES: CodeTable = {
  100: ["done", "taken"],
  101: ["done", "on its way to the operator"],
  102: ["done", "sent"],
  103: ["done", "delivered"],
  200: ["unavailable", "does not know the `apiId`", "account"],
  201: ["unavailable", "the account is empty; top it up", "account"],
  202: ["rejected", "does not take the phone"],
  203: ["rejected", "wants a text"],
  204: ["unavailable", "has not approved the sender's name", "account"],
  205: ["rejected", "the text is longer than 8 parts"],
  206: ["unavailable", "the account's limit of the day is used up", "account"],
  207: ["rejected", "does not send to this phone"],
  208: ["rejected", "does not take the time"],
  209: ["rejected", "the phone is on the stop list"],
  210: ["rejected", "wants POST"],
  211: ["rejected", "does not know the method"],
  212: ["rejected", "wants UTF-8"],
  220: ["unavailable", "is out of service"],
  230: ["rejected", "this phone has had its 60 messages of the day", "account"],
  // The same text to the same phone may be our own message, whose answer was lost.
  231: ["unknown", "has just had the same message for this phone"],
  232: ["unknown", "has had the same message for this phone too often today"],
  300: ["unavailable", "does not know the token; check `apiId`", "account"],
  301: ["unavailable", "does not know the account; check `apiId`", "account"],
  302: ["unavailable", "the account is not confirmed", "account"]
}

/** `status_code` of a message (partners-sms.md 3.2). */
export const SMSRU_STATES: Readonly<Record<string, MessageState>> = {
  "-1": "unknown",
  100: "accepted",
  101: "sent",
  102: "sent",
  103: "delivered",
  104: "expired",
  105: "undelivered",
  106: "undelivered",
  107: "undelivered",
  108: "rejected"
}

/** A report holds so many at the most. */
const MOST_REPORTS = 100
/** From this share of the limit of the day on the log warns. */
const NEARLY_ALL = 0.9

const Head = Schema.Struct({ status_code: Schema.Int })
const Sent = Schema.Struct({ sms_id: Schema.NonEmptyString })
const Messages = Schema.Struct({ sms: Schema.Record(Schema.String, Head) })
const Balance = Schema.Struct({ balance: Decimal })
const Limit = Schema.Struct({ total_limit: Id, used_today: Schema.NullOr(Id) })

/** SMS.ru over HTTP. It takes no id of ours and cannot be asked: a lost answer stays unknown. */
export const smsruMessages = defineAdapter({
  name: "smsru",
  config: Schema.Struct({
    apiId: Schema.RedactedFromValue(Schema.NonEmptyString),
    sender: Schema.optionalKey(Sender),
    /**
     * How a delivery report is believed: `reread` asks SMS.ru how the message stands, and needs `reportKey`; `hash` trusts
     * sha256 of `apiId` and the data, which the vendor's sample shows and nobody else confirms. @default "reread" with
     * `reportKey`, else "none": strangers must not be able to make us ask
     */
    reports: Schema.optionalKey(Schema.Literals(["reread", "hash", "none"])),
    /** Wanted in the address of reports (`?key=`). */
    reportKey: Schema.optionalKey(Schema.RedactedFromValue(Schema.String.check(Schema.isMinLength(16)))),
    /** `balanceAlarm` also looks at the limit of the day. */
    ...HTTP_FIELDS
  }).check(
    Schema.makeFilter(({ reports, reportKey }) =>
      reports !== "reread" || reportKey !== undefined || "reports \"reread\" needs a reportKey, the ?key= of the address of reports")
  ),
  ports: { messages: messagesPort },
  capabilities: HTTP_CAPABILITIES,
  setup: (config, context) => {
    const { apiId, sender, reportKey, reports = reportKey === undefined ? "none" : "reread", balanceAlarm, url, fetch } = config
    const smsru = gatewayAt("SMS.ru", url ?? new URL("https://sms.ru"), fetch)
    const api_id = Redacted.value(apiId)

    /** The answer as a whole must be done before its messages are looked at. */
    const headed = async (answer: Promise<unknown>): Promise<unknown> => {
      const body = await answer
      smsru.mustBeDone(SMSRU_CODES, smsru.understood(Head, body).status_code)
      return body
    }
    const ask = (path: string, fields: Record<string, string>, signal: AbortSignal): Promise<unknown> =>
      headed(smsru.call(path, { signal }, { api_id, ...fields, json: 1 }))

    const status = async (sms_id: string, signal: AbortSignal): Promise<Standing> => {
      const { sms } = smsru.understood(Messages, await ask("/sms/status", { sms_id }, signal))
      const code = sms[sms_id]?.status_code
      if (code === undefined) throw fault("unknown", "the answer of SMS.ru is about another message")
      const state = SMSRU_STATES[code]
      if (state === undefined) {
        throw fault("unknown", `SMS.ru tells a status that its documents do not name (${safeCode(code)})`)
      }
      return { state, at: null, detail: String(code) }
    }

    const balance = async (signal: AbortSignal) => {
      const { balance: amount } = smsru.understood(Balance, await ask("/my/balance", {}, signal))
      return { amount: String(amount), currency: "RUB" }
    }

    let warned = false
    const limit = async (signal: AbortSignal): Promise<void> => {
      const { total_limit, used_today } = smsru.understood(Limit, await ask("/my/limit", {}, signal))
      const nearly = Number(used_today ?? 0) >= Number(total_limit) * NEARLY_ALL
      if (nearly && !warned) {
        context.hub.log("WARNING: the limit of the day of SMS.ru is nearly used up", { total_limit, used_today })
      }
      warned = nearly
    }
    watchBalance({ alarm: balanceAlarm, read: balance, also: limit }, context)

    return {
      messages: {
        send: async (message, { signal }) => {
          const sms = outgoingSms(message, sender)
          const { phone, text } = sms
          const fields = { api_id, to: phone, msg: text, json: 1, from: sms.sender, ttl: ttlOf(sms.validMinutes) }
          const body = await headed(smsru.call("/sms/send", { method: "POST", body: form(fields), signal }))
          const one = Object.values(smsru.understood(Messages, body).sms)[0]
          if (one === undefined) throw fault("unknown", "the answer of SMS.ru names no message")
          smsru.mustBeDone(SMSRU_CODES, one.status_code)
          return { providerId: smsru.understood(Sent, one).sms_id, parts: sms.parts }
        },
        status: ({ providerId }, { signal }) => status(providerId, signal),
        balance: (_, { signal }) => balance(signal)
      },
      ...(reports === "none" ? {} : {
        http: reportEntrance({
          methods: ["POST"],
          hear: async (request, body): Promise<Heard> => {
            if (reportKey !== undefined && !mayEnter(request, { key: reportKey })) {
              throw new Refusal(403, "the key is not right")
            }
            const said = reportsIn(body, reports === "hash" ? api_id : undefined)
            if (reports === "hash") return { reports: said.filter(({ state }) => state !== "unknown"), answer: "100" }
            return { reports: await reread(said.map(({ providerId }) => providerId), status), answer: "100" }
          }
        }, context.hub)
      })
    }
  }
})

/** `ttl` is minutes, a day at the most. */
const ttlOf = (minutes: number | undefined): number | undefined =>
  minutes === undefined ? undefined : Math.min(minutes, 1440)

/** `data[]`: texts of lines `sms_status`, id, code, time. With a key, the hash must be right. */
const reportsIn = (body: string, key: string | undefined) => {
  const fields = new URLSearchParams(body)
  const items = [...fields].filter(([name]) => /^data(\[\d*\])?$/u.test(name)).map(([, value]) => value)
  if (items.length === 0 || items.length > MOST_REPORTS) {
    throw new Refusal(400, "data[] is needed, with at most 100 reports")
  }
  if (key !== undefined) {
    const expected = createHash("sha256").update(key + items.join("")).digest("hex")
    if (!sameSecret((fields.get("hash") ?? "").toLowerCase(), expected)) throw new Refusal(403, "the hash is not right")
  }
  return items.flatMap((item) => {
    const [type, providerId, code = ""] = item.split(/\r?\n/u)
    if (type !== "sms_status" || providerId === undefined || !/^[\w-]{1,64}$/u.test(providerId)) return []
    return [{ providerId, state: SMSRU_STATES[code] ?? "unknown" as const, at: null, detail: plainWord(code) }]
  })
}
