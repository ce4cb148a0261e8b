import { segmentsOf } from "@aptekit/core"
import {
  gatewayKit, type GatewaySimulator, HUB, isPhone, jsonRequest, SIMULATED_TIME, type SimulatedSms
} from "./kit.ts"

const TOKEN = "turbosms-simulated-token"
const KEY = "turbosms-simulated-report-key"

export interface TurbosmsSimulator extends GatewaySimulator {
  readonly config: { readonly token: string; readonly sender: string; readonly reports: { readonly key: string } }
}

interface SendBody {
  readonly recipients?: ReadonlyArray<string>
  readonly sms?: { readonly sender?: string; readonly text?: string }
}

const answer = (response_code: number, response_status: string, response_result: unknown): Response =>
  Response.json({ response_code, response_status, response_result })

const refused = (phone: string, response_code: number, response_status: string) =>
  ({ phone, response_code, message_id: null, response_status })

/** TurboSMS by partners-sms.md 3.6: each recipient has a code of its own; 802 at the top says that some were refused. */
export const turbosmsSimulator = (): TurbosmsSimulator => {
  const send = ({ recipients = [], sms }: SendBody, ledger: Array<SimulatedSms>): Response => {
    if (sms?.text === undefined || sms.text === "") return answer(201, "REQUIRED_MESSAGE_TEXT", null)
    const { text, sender = "" } = sms
    const results = recipients.map((phone) => {
      if (!isPhone(phone)) return refused(phone, 305, "INVALID_PHONE")
      const id = `f83f8868-5e46-c6cf-e4fb-${String(ledger.length).padStart(12, "0")}`
      const parts = segmentsOf(text).parts.length
      ledger.push({ id, phone, text, sender, parts, status: "Accepted", changed: SIMULATED_TIME })
      return { phone, response_code: 0, message_id: id, response_status: "OK" }
    })
    const taken = results.filter((result) => result.response_code === 0).length
    return taken === results.length
      ? answer(800, "SUCCESS_MESSAGE_ACCEPTED", results)
      : answer(802, "SUCCESS_MESSAGE_PARTIAL_ACCEPTED", results)
  }

  const status = (ids: ReadonlyArray<string>, ledger: ReadonlyArray<SimulatedSms>): Response =>
    answer(0, "OK", ids.map((id) => ({
      message_id: id, status: ledger.find((sms) => sms.id === id)?.status ?? null, updated: "2026-11-21 10:00:05"
    })))

  const { latest, ...kit } = gatewayKit<SimulatedSms>({
    handle: async (request, ledger) => {
      if (request.headers.get("authorization") !== `Bearer ${TOKEN}`) return answer(301, "INVALID_TOKEN", null)
      const path = new URL(request.url).pathname
      const body = (await request.json()) as SendBody & { readonly messages?: ReadonlyArray<string> }
      if (path === "/message/send.json") return send(body, ledger)
      if (path === "/message/status.json") return status(body.messages ?? [], ledger)
      if (path === "/user/balance.json") return answer(0, "OK", { balance: Number(simulator.balance) })
      return answer(300, "INVALID_REQUEST", null)
    },
    refuse: () => answer(802, "SUCCESS_MESSAGE_PARTIAL_ACCEPTED", [refused("", 404, "NOT_ALLOWED_NUMBER_STOPLIST")]),
    words: { delivered: "Delivered", undelivered: "Undelivered" }
  })

  const simulator: TurbosmsSimulator = {
    ...kit,
    config: { token: TOKEN, sender: "Apteka", reports: { key: KEY } },
    balance: "1000.5",
    report: ({ forged = false } = {}) => {
      const { id, status: state } = latest()
      return jsonRequest(`${HUB}?key=${forged ? "a-guess-of-some-length" : KEY}`, { message_id: id, status: state })
    }
  }
  return simulator
}
