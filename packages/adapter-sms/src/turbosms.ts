import { defineAdapter, messagesPort, type MessageState, Schema } from "@aptekit/core"
import { Redacted } from "effect"
import { watchBalance } from "./gateway/balance.ts"
import { type Account, type CodeTable, Decimal, fault, faultOf, mustBeDone, plainWord, safeCode } from "./gateway/call.ts"
import {
  Guard, type Heard, jsonReport, mayEnter, NOT_FOUND, Refusal, reportEntrance, reread, type Standing
} from "./gateway/entrance.ts"
import { outgoingSms, Sender } from "./gateway/outgoing.ts"
import { gatewayAt, HTTP_CAPABILITIES, HTTP_FIELDS } from "./gateway/over-http.ts"

/** `response_code`, of an answer and of each recipient (partners-sms.md 3.6). */
export const TURBOSMS_CODES: CodeTable = {
  0: ["done", "OK"],
  305: ["rejected", "does not take the phone"],
  404: ["rejected", "the phone is on the stop list"],
  406: ["rejected", "does not send to this country"],
  800: ["done", "ACCEPTED"],
  801: ["done", "SENT"],
  802: ["done", "PARTIAL_ACCEPTED"],
  803: ["done", "PARTIAL_SENT"]
}

/**
 * `response_status` where the code is not in the table: its first word tells (probable). What is wrong with the account
 * comes first, for it may say INVALID as well.
 */
export const TURBOSMS_WORDS: ReadonlyArray<readonly [RegExp, "unavailable" | "rejected", string, Account?]> = [
  [/TOKEN|AUTH|ACTIVE_USER|CREDIT|BALANCE|FUNDS/u, "unavailable", "the account's trouble; check `token` and the balance", "account"],
  [/^(?:REQUIRED|INVALID|NOT_ALLOWED)_/u, "rejected", "does not take this message"]
]

/** `status` of a message (probable). */
export const TURBOSMS_STATES: Readonly<Record<string, MessageState>> = {
  QUEUED: "accepted",
  ACCEPTED: "accepted",
  SENT: "sent",
  DELIVERED: "delivered",
  READ: "delivered",
  EXPIRED: "expired",
  UNDELIVERED: "undelivered",
  FAILED: "undelivered",
  CANCELLED: "undelivered",
  REJECTED: "rejected",
  UNKNOWN: "unknown"
}

const Head = Schema.Struct({ response_code: Schema.Int, response_status: Schema.String })
const Sent = Schema.Struct({
  response_result: Schema.NonEmptyArray(Schema.Struct({
    response_code: Schema.Int,
    response_status: Schema.String,
    message_id: Schema.NullOr(Schema.String)
  }))
})
const Text = Schema.NullOr(Schema.String)
const Statuses = Schema.Struct({
  response_result: Schema.NullOr(Schema.Array(Schema.Struct({ message_id: Text, status: Text })))
})
const Balance = Schema.Struct({ response_result: Schema.Struct({ balance: Decimal }) })

const MOST_REPORTS = 100

/** TurboSMS (Ukraine) over HTTP. It takes no id of ours and cannot be asked: a lost answer stays unknown. */
export const turbosmsMessages = defineAdapter({
  name: "turbosms",
  config: Schema.Struct({
    token: Schema.RedactedFromValue(Schema.NonEmptyString),
    sender: Sender,
    /** What the account counts in. @default "UAH" */
    currency: Schema.optionalKey(Schema.NonEmptyString),
    /**
     * Calls back are not documented to be signed: a secret in the address, or a name and a password. What they say is
     * only taken as the names of messages, and TurboSMS is asked how these stand. Without it none are taken.
     */
    reports: Schema.optionalKey(Guard),
    ...HTTP_FIELDS
  }),
  ports: { messages: messagesPort },
  capabilities: HTTP_CAPABILITIES,
  setup: (config, context) => {
    const { token, sender, currency = "UAH", reports, balanceAlarm, url, fetch } = config
    const turbosms = gatewayAt("TurboSMS", url ?? new URL("https://api.turbosms.ua"), fetch)
    const headers = { authorization: `Bearer ${Redacted.value(token)}`, "content-type": "application/json" }

    const call = async (path: string, body: unknown, signal: AbortSignal): Promise<unknown> => {
      const answer = await turbosms.call(path, { method: "POST", headers, body: JSON.stringify(body), signal })
      mustBeTaken(turbosms.understood(Head, answer))
      return answer
    }

    const status = async (id: string, signal: AbortSignal): Promise<Standing> => {
      const answer = await call("/message/status.json", { messages: [id] }, signal)
      const { response_result } = turbosms.understood(Statuses, answer)
      const said = response_result?.find((message) => message.message_id === id)?.status
      if (said === undefined || said === null) return NOT_FOUND
      // Its times bear no zone.
      return { state: TURBOSMS_STATES[said.toUpperCase()] ?? "unknown", at: null, detail: plainWord(said) }
    }

    const balance = async (signal: AbortSignal) => {
      const { response_result } = turbosms.understood(Balance, await call("/user/balance.json", {}, signal))
      return { amount: String(response_result.balance), currency }
    }
    watchBalance({ alarm: balanceAlarm, read: balance }, context)

    return {
      messages: {
        send: async (message, { signal }) => {
          const sms = outgoingSms(message, sender)
          const body = { recipients: [sms.phone], sms: { sender: sms.sender, text: sms.text } }
          const answer = turbosms.understood(Sent, await call("/message/send.json", body, signal))
          const [one] = answer.response_result
          // 800 to 803 at the top say nothing of this recipient.
          mustBeTaken(one)
          if (one.message_id === null || one.message_id === "") {
            throw fault("unknown", "the answer of TurboSMS names no message")
          }
          return { providerId: one.message_id, parts: sms.parts }
        },
        status: ({ providerId }, { signal }) => status(providerId, signal),
        balance: (_, { signal }) => balance(signal)
      },
      ...(reports === undefined ? {} : {
        http: reportEntrance({
          methods: ["POST"],
          hear: async (request, body): Promise<Heard> => {
            if (!mayEnter(request, reports)) throw new Refusal(403, "the key or the password is not right")
            return { reports: await reread(namedIn(request, body), status) }
          }
        }, context.hub)
      })
    }
  }
})

const mustBeTaken = ({ response_code, response_status }: typeof Head.Type): void => {
  const words = TURBOSMS_CODES[response_code] === undefined
    ? TURBOSMS_WORDS.find(([pattern]) => pattern.test(response_status))
    : undefined
  if (words !== undefined) throw faultOf([words[1], words[2], words[3]], `TurboSMS: ${words[2]} (${safeCode(response_code)})`)
  mustBeDone("TurboSMS", TURBOSMS_CODES, response_code)
}

const isId = (value: unknown): value is string => typeof value === "string" && /^[\w-]{6,64}$/u.test(value)

/** The form of a call back is not documented: wherever it names a `message_id`, in JSON or as a form, that is taken. */
const namedIn = (request: Request, body: string): ReadonlyArray<string> => {
  const json = request.headers.get("content-type")?.includes("json") === true
  const ids = json ? idsIn(jsonReport(body), 4) : new URLSearchParams(body).getAll("message_id").filter(isId)
  if (ids.length === 0 || ids.length > MOST_REPORTS) throw new Refusal(400, "1 to 100 times message_id is needed")
  return ids
}

const idsIn = (value: unknown, depth: number): ReadonlyArray<string> => {
  if (typeof value !== "object" || value === null || depth === 0) return []
  return Object.entries(value).flatMap(([key, inner]) =>
    key === "message_id" && isId(inner) ? [inner] : idsIn(inner, depth - 1)
  )
}
