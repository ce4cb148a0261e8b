import { createHash } from "node:crypto"
import { segmentsOf } from "@aptekit/core"
import {
  fieldsOf, gatewayKit, type GatewaySimulator, HUB, isPhone, jsonRequest, SIMULATED_TIME, type SimulatedSms
} from "./kit.ts"

const KEY = "mobizon-simulated-key"
const SECRET = "mobizon-simulated-secret"

export interface MobizonSimulator extends GatewaySimulator {
  readonly config: { readonly apiKey: string; readonly reportSecret: string }
}

const answer = (code: number, data: unknown, message = ""): Response => Response.json({ code, data, message })

/** Mobizon by partners-sms.md 3.3: no id of the sender's; reports whose signature does not cover what they say. */
export const mobizonSimulator = (): MobizonSimulator => {
  let attempts = 0

  const send = (fields: URLSearchParams, ledger: Array<SimulatedSms>): Response => {
    const [phone, text] = [fields.get("recipient") ?? "", fields.get("text") ?? ""]
    if (!isPhone(phone) || text === "") return answer(1, { recipient: "simulated" }, "validation")
    const id = String(500_000 + ledger.length)
    const parts = segmentsOf(text).parts.length
    ledger.push({ id, phone, text, sender: fields.get("from") ?? "Mobizon", parts, status: "NEW", changed: SIMULATED_TIME })
    return answer(0, { campaignId: "7", messageId: id, status: 1 })
  }

  const status = (fields: URLSearchParams, ledger: ReadonlyArray<SimulatedSms>): Response => {
    const found = ledger.filter((sms) => sms.id === fields.get("ids[0]"))
    return answer(0, found.map((sms) => ({
      id: sms.id, status: sms.status, segNum: sms.parts, startSendTs: "2026-11-21 10:00:00", statusUpdateTs: "2026-11-21 10:00:05"
    })))
  }

  const { latest, ...kit } = gatewayKit<SimulatedSms>({
    handle: async (request, ledger) => {
      const fields = await fieldsOf(request)
      if (fields.get("apiKey") !== KEY) return answer(8, [], "auth")
      const path = new URL(request.url).pathname
      if (path === "/service/Message/SendSmsMessage") return send(fields, ledger)
      if (path === "/service/Message/GetSMSStatus") return status(fields, ledger)
      if (path === "/service/User/GetOwnBalance") return answer(0, { balance: simulator.balance, currency: "KZT" })
      return answer(9, [], "no such method")
    },
    refuse: () => answer(12, [], "refused"),
    words: { delivered: "DELIVRD", undelivered: "UNDELIV" }
  })

  const simulator: MobizonSimulator = {
    ...kit,
    config: { apiKey: KEY, reportSecret: SECRET },
    balance: "1000.5000",
    report: ({ forged = false } = {}) => {
      const { id, status: state, phone } = latest()
      const [eventId, attempt, eventCreateTs] = [`ev-${id}`, ++attempts, "2026-11-21 10:00:05"]
      const signed = `${eventId}|${attempt}|${eventCreateTs}|${forged ? "a guess" : SECRET}`
      const sign = createHash("sha1").update(signed).digest("hex")
      return jsonRequest(HUB, { eventId, attempt, eventCreateTs, sign, data: { messageId: id, status: state, to: phone } })
    }
  }
  return simulator
}
