import { segmentsOf } from "@aptekit/core"
import {
  gatewayKit, type GatewaySimulator, HUB, isPhone, jsonRequest, SIMULATED_TIME, type SimulatedSms
} from "./kit.ts"

const API_KEY = "infobip-simulated-key"
const KEY = "infobip-simulated-report-key"

interface InfobipSms extends SimulatedSms {
  /** A report is given once. */
  read: boolean
}

export interface InfobipSimulator extends GatewaySimulator<InfobipSms> {
  readonly config: {
    readonly url: string
    readonly apiKey: string
    readonly sender: string
    readonly reports: { readonly key: string }
  }
}

interface SendBody {
  readonly messages?: ReadonlyArray<{
    readonly sender?: string
    readonly destinations?: ReadonlyArray<{ readonly to?: string; readonly messageId?: string }>
    readonly content?: { readonly text?: string }
  }>
}

const STATUSES = {
  PENDING: { groupId: 1, groupName: "PENDING", id: 26, name: "PENDING_ACCEPTED", description: "simulated" },
  DELIVERED: { groupId: 3, groupName: "DELIVERED", id: 5, name: "DELIVERED_TO_HANDSET", description: "simulated" },
  UNDELIVERABLE: { groupId: 2, groupName: "UNDELIVERABLE", id: 9, name: "UNDELIVERABLE_NOT_DELIVERED", description: "simulated" },
  REJECTED: { groupId: 5, groupName: "REJECTED", id: 6, name: "REJECTED_NETWORK", description: "simulated" }
}

const statusOf = (sms: SimulatedSms) => STATUSES[sms.status as keyof typeof STATUSES]

const failed = (status: number, messageId: string): Response =>
  Response.json({ requestError: { serviceException: { messageId, text: "simulated" } } }, { status })

const timeOf = (seconds: number): string => new Date(seconds * 1000).toISOString().replace("Z", "+0000")

/** Infobip by partners-sms.md 3.8: the sender's `messageId`, reports that can be read once, a log that stays. */
export const infobipSimulator = (): InfobipSimulator => {
  const send = (body: SendBody, ledger: Array<InfobipSms>): Response => {
    const message = body.messages?.[0]
    const destination = message?.destinations?.[0]
    const [phone, text] = [destination?.to ?? "", message?.content?.text ?? ""]
    if (!isPhone(phone) || text === "" || message?.sender === undefined) return failed(400, "BAD_REQUEST")
    const id = destination?.messageId ?? `generated-${ledger.length + 1}`
    const parts = segmentsOf(text).parts.length
    const sms = { id, phone, text, sender: message.sender, parts, status: "PENDING", changed: SIMULATED_TIME, read: false }
    ledger.push(sms)
    return Response.json({ messages: [{ messageId: id, status: statusOf(sms), destination: phone, details: { messageCount: parts } }] })
  }

  const resultOf = (sms: InfobipSms) => ({
    messageId: sms.id, to: sms.phone, sender: sms.sender, sentAt: timeOf(sms.changed - 5), doneAt: timeOf(sms.changed),
    messageCount: sms.parts, price: { pricePerMessage: 0.05, currency: "EUR" }, status: statusOf(sms),
    error: { groupId: 0, groupName: "OK", id: 0, name: "NO_ERROR", permanent: false }
  })

  const reports = (messageId: string | null, ledger: ReadonlyArray<InfobipSms>): Response => {
    const ended = ledger.filter((sms) => sms.id === messageId && sms.status !== "PENDING" && !sms.read)
    for (const sms of ended) sms.read = true
    return Response.json({ results: ended.map(resultOf) })
  }

  const handle = async (request: Request, ledger: Array<InfobipSms>): Promise<Response> => {
    if (request.headers.get("authorization") !== `App ${API_KEY}`) return failed(401, "UNAUTHORIZED")
    const { pathname, searchParams } = new URL(request.url)
    const messageId = searchParams.get("messageId")
    if (pathname === "/sms/3/messages" && request.method === "POST") return send((await request.json()) as SendBody, ledger)
    if (pathname === "/sms/3/reports") return reports(messageId, ledger)
    if (pathname === "/sms/3/logs") {
      return Response.json({ results: ledger.filter((sms) => sms.id === messageId).map(resultOf) })
    }
    if (pathname === "/account/1/balance") return Response.json({ balance: Number(simulator.balance), currency: "EUR" })
    return failed(404, "NOT_FOUND")
  }

  const { latest, ...kit } = gatewayKit<InfobipSms>({
    handle,
    refuse: () => Response.json({ messages: [{ messageId: "refused", status: STATUSES.REJECTED, destination: "" }] }),
    words: { delivered: "DELIVERED", undelivered: "UNDELIVERABLE" }
  })

  const simulator: InfobipSimulator = {
    ...kit,
    config: { url: "https://simulated.api.infobip.test", apiKey: API_KEY, sender: "Apteka", reports: { key: KEY } },
    balance: "100.25",
    report: ({ forged = false } = {}) =>
      jsonRequest(`${HUB}?key=${forged ? "a-guess-of-some-length" : KEY}`, { results: [resultOf(latest())] })
  }
  return simulator
}
