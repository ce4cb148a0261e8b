import { createHash } from "node:crypto"
import { defineAdapter, messagesPort, type MessageState, Schema } from "@aptekit/core"
import { Redacted } from "effect"
import { watchBalance } from "./gateway/balance.ts"
import { type CodeTable, Decimal, fault, form, Id, isoTime, plainWord, safeCode } from "./gateway/call.ts"
import { doubts } from "./gateway/doubts.ts"
import { type Heard, NOT_FOUND, Refusal, reportEntrance, sameSecret, type Standing } from "./gateway/entrance.ts"
import { outgoingSms, phoneOf, Sender } from "./gateway/outgoing.ts"
import { gatewayAt, HTTP_CAPABILITIES, HTTP_FIELDS } from "./gateway/over-http.ts"
import { slots } from "./gateway/slots.ts"

/** `error_code` of sending (partners-sms.md 3.1). */
export const SMSC_SEND_CODES: CodeTable = {
  1: ["rejected", "does not take the parameters"],
  2: ["unavailable", "does not know login, password or key; check `auth`", "account"],
  3: ["unavailable", "the account is empty; top it up", "account"],
  4: ["unavailable", "has blocked this address for a while, for frequent errors"],
  5: ["rejected", "does not take the date"],
  6: ["rejected", "forbids the text or the sender's name"],
  7: ["rejected", "does not take the phone"],
  8: ["rejected", "cannot deliver to this phone"],
  // The same text to the same phone within a minute may be our own message, whose answer was lost: ask.
  9: ["unknown", "has just had the same message, or too many requests at once"]
}

/** `error_code` of asking for a status or the balance; 3 is "not found" there. */
export const SMSC_ASK_CODES: CodeTable = {
  1: ["rejected", "does not take the parameters"],
  2: ["unavailable", "does not know login, password or key; check `auth`", "account"],
  4: ["unavailable", "has blocked this address for a while, for frequent errors"],
  9: ["unavailable", "is asked the same too often"]
}

/** `status` of a message (partners-sms.md 3.1; 4 is probable). */
export const SMSC_STATES: Readonly<Record<string, MessageState>> = {
  "-3": "unknown",
  "-2": "rejected",
  "-1": "accepted",
  0: "sent",
  1: "delivered",
  2: "delivered",
  3: "expired",
  4: "delivered",
  20: "undelivered",
  22: "rejected",
  23: "rejected",
  24: "rejected",
  25: "undelivered"
}
const HOSTS = { ru: "https://smsc.ru", kz: "https://smsc.kz" } as const
const CURRENCIES = { ru: "RUB", kz: "KZT" } as const

const Failed = Schema.Struct({ error_code: Schema.Int })
const Sent = Schema.Struct({ id: Id, cnt: Schema.optionalKey(Id), cost: Schema.optionalKey(Decimal) })
const Status = Schema.Struct({ status: Id, last_timestamp: Schema.optionalKey(Id) })
const Balance = Schema.Struct({ balance: Decimal })
const isFailed = Schema.is(Failed)

/** SMSC takes ids from 1 to 2^31 - 1: a digest of ours, the same one each time. */
export const smscId = (id: string): number => {
  const digest = createHash("sha256").update(id).digest().readUInt32BE(0) & 0x7fffffff
  return digest === 0 ? 1 : digest
}

/**
 * Its id as the hub keeps it. Two messages to two phones may have one id, so two bytes that stand for the phone tell
 * them apart; they do not tell the phone.
 */
export const smscRef = (id: string | number, phone: string): string =>
  `${id}-${createHash("sha256").update(`${id}:${phone}`).digest("hex").slice(0, 4)}`

/**
 * SMSC.ru and smsc.kz over HTTP. Takes our id, by which a message is found again; the same text to the same phone
 * within a minute it refuses.
 */
export const smscMessages = defineAdapter({
  name: "smsc",
  config: Schema.Struct({
    country: Schema.Literals(["ru", "kz"]),
    auth: Schema.Union([
      Schema.Struct({ apiKey: Schema.RedactedFromValue(Schema.NonEmptyString) }),
      Schema.Struct({ login: Schema.NonEmptyString, password: Schema.RedactedFromValue(Schema.NonEmptyString) })
    ]),
    sender: Schema.optionalKey(Sender),
    /** Requests at once, of all replicas together fewer than 15. @default 10 */
    parallel: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 14 }))),
    /** For delivery reports: the secret that the cabinet hashes them with. Without it none are taken. */
    reportSecret: Schema.optionalKey(Schema.RedactedFromValue(Schema.NonEmptyString)),
    ...HTTP_FIELDS
  }),
  ports: { messages: messagesPort },
  capabilities: { ...HTTP_CAPABILITIES, lookUp: true },
  setup: (config, context) => {
    const { country, auth, sender, parallel = 10, reportSecret, balanceAlarm, url, fetch } = config
    const smsc = gatewayAt("SMSC", url ?? new URL(HOSTS[country]), fetch)
    const currency = CURRENCIES[country]
    const account = "apiKey" in auth
      ? { apikey: Redacted.value(auth.apiKey) }
      : { login: auth.login, psw: Redacted.value(auth.password) }
    const within = slots(parallel)
    const doubt = doubts()

    const ask = (script: string, fields: Record<string, string>, signal: AbortSignal): Promise<unknown> =>
      within(signal, () => smsc.call(`/sys/${script}`, { signal }, { ...account, ...fields, fmt: 3 }))

    const standing = async (id: string, phone: string, signal: AbortSignal): Promise<Standing> => {
      const body = await ask("status.php", { id, phone }, signal)
      if (isFailed(body)) {
        if (body.error_code === 3) return NOT_FOUND
        smsc.mustBeDone(SMSC_ASK_CODES, body.error_code)
      }
      const { status, last_timestamp } = smsc.understood(Status, body)
      const at = last_timestamp === undefined ? null : isoTime(String(last_timestamp))
      const state = SMSC_STATES[String(status)]
      if (state === undefined) {
        throw fault("unknown", `SMSC tells a status that its documents do not name (${safeCode(status)})`)
      }
      return String(status) === "-3" ? NOT_FOUND : { state, at, detail: String(status) }
    }

    const balance = async (signal: AbortSignal) => {
      const body = await ask("balance.php", {}, signal)
      if (isFailed(body)) smsc.mustBeDone(SMSC_ASK_CODES, body.error_code)
      return { amount: String(smsc.understood(Balance, body).balance), currency }
    }
    watchBalance({ alarm: balanceAlarm, read: balance }, context)

    return {
      messages: {
        send: async (message, { signal }) => {
          const sms = outgoingSms(message, sender)
          const id = smscId(message.id)
          const fields = {
            ...account, phones: sms.phone, mes: sms.text, sender: sms.sender, id, charset: "utf-8", cost: 3, fmt: 3,
            valid: validFor(sms.validMinutes)
          }
          const { cnt, cost } = await doubt.sending(message.id, async () => {
            const init = { method: "POST", body: form(fields), signal }
            const body = await within(signal, () => smsc.call("/sys/send.php", init))
            if (isFailed(body)) smsc.mustBeDone(SMSC_SEND_CODES, body.error_code)
            return smsc.understood(Sent, body)
          })
          return {
            providerId: smscRef(id, sms.phone),
            parts: Number(cnt) > 0 ? Number(cnt) : sms.parts,
            ...(cost === undefined ? {} : { price: { amount: String(cost), currency } })
          }
        },
        find: async ({ id, to }, { signal }) => {
          const phone = phoneOf(to)
          const found = await standing(String(smscId(id)), phone, signal)
          return { providerId: found === NOT_FOUND ? doubt.notFound(id) : smscRef(smscId(id), phone) }
        },
        status: ({ providerId, to }, { signal }) => standing(providerId.split("-", 1)[0]!, phoneOf(to), signal),
        balance: (_, { signal }) => balance(signal)
      },
      ...(reportSecret === undefined ? {} : {
        http: reportEntrance({
          methods: ["POST", "GET"],
          hear: (request, body) => hearSmsc(request, body, Redacted.value(reportSecret))
        }, context.hub)
      })
    }
  }
})

/** `valid` of SMSC is hh:mm, a day at the most. */
const validFor = (minutes: number | undefined): string | undefined => {
  if (minutes === undefined) return undefined
  const within = Math.min(minutes, 24 * 60)
  return `${String(Math.floor(within / 60)).padStart(2, "0")}:${String(within % 60).padStart(2, "0")}`
}

/** A form with the hashes of `id:phone:status:<secret>`; sha1 counts where it is there, else md5. */
const hearSmsc = (request: Request, body: string, secret: string): Heard => {
  const fields = request.method === "GET" ? new URL(request.url).searchParams : new URLSearchParams(body)
  const [id, phone, status] = [fields.get("id"), fields.get("phone"), fields.get("status")]
  if (id === null || phone === null || status === null) throw new Refusal(400, "id, phone and status are needed")
  const kind = fields.has("sha1") ? "sha1" : "md5"
  const expected = createHash(kind).update(`${id}:${phone}:${status}:${secret}`).digest("hex")
  if (!sameSecret((fields.get(kind) ?? "").toLowerCase(), expected)) throw new Refusal(403, "the hash is not right")
  const state = SMSC_STATES[status] ?? "unknown"
  if (state === "unknown") return { reports: [] }
  const providerId = smscRef(id, phone.replace(/^\+/u, ""))
  return { reports: [{ providerId, state, at: isoTime(fields.get("ts")), detail: plainWord(status) }] }
}
