import { createHash } from "node:crypto"
import { segmentsOf } from "@aptekit/core"
import { fieldsOf, gatewayKit, type GatewaySimulator, HUB, isPhone, SIMULATED_TIME, type SimulatedSms } from "./kit.ts"

const API_ID = "00000000-5115-0000-0000-000000000000"
const KEY = "smsru-simulated-report-key"
const SENDERS = new Set(["Apteka", "SMSRU"])
const TO_ONE_NUMBER = 60

export interface SmsruSimulator extends GatewaySimulator {
  readonly config: { readonly apiId: string; readonly reportKey: string }
  /** Messages of a day; the gateway refuses what goes beyond. */
  limit: number
}

const failed = (status_code: number): Response =>
  Response.json({ status: "ERROR", status_code, status_text: "simulated" })

/** SMS.ru by partners-sms.md 3.2: no id of the sender's, limits of the day, reports of several messages at once. */
export const smsruSimulator = (): SmsruSimulator => {
  const answer = (phone: string, one: object): Response =>
    Response.json({ status: "OK", status_code: 100, sms: { [phone]: one }, balance: Number(simulator.balance) })

  const send = (request: Request, fields: URLSearchParams, ledger: Array<SimulatedSms>): Response => {
    if (request.method !== "POST") return failed(210)
    const [phone, text, sender] = [fields.get("to") ?? "", fields.get("msg") ?? "", fields.get("from") ?? "SMSRU"]
    const refused = refusalOf(phone, text, sender, ledger)
    if (refused !== undefined) return answer(phone, { status: "ERROR", status_code: refused, status_text: "simulated" })
    const id = `202648-${1_000_000 + ledger.length}`
    const parts = segmentsOf(text).parts.length
    ledger.push({ id, phone, text, sender, parts, status: "100", changed: SIMULATED_TIME })
    return answer(phone, { status: "OK", status_code: 100, sms_id: id })
  }

  const refusalOf = (phone: string, text: string, sender: string, ledger: ReadonlyArray<SimulatedSms>): number | undefined => {
    if (!isPhone(phone)) return 202
    if (text === "") return 203
    if (!SENDERS.has(sender)) return 204
    if (segmentsOf(text).parts.length > 8) return 205
    if (Number(simulator.balance) <= 0) return 201
    if (ledger.length >= simulator.limit) return 206
    return ledger.filter((sms) => sms.phone === phone).length >= TO_ONE_NUMBER ? 230 : undefined
  }

  const status = (fields: URLSearchParams, ledger: ReadonlyArray<SimulatedSms>): Response => {
    const id = fields.get("sms_id") ?? ""
    const sms = ledger.find((one) => one.id === id)
    return answer(id, sms === undefined
      ? { status: "ERROR", status_code: -1, status_text: "simulated" }
      : { status: "OK", status_code: Number(sms.status), cost: "2.50", status_text: "simulated" })
  }

  const { latest, ...kit } = gatewayKit<SimulatedSms>({
    handle: async (request, ledger) => {
      const fields = await fieldsOf(request)
      if (fields.get("api_id") !== API_ID) return failed(200)
      const path = new URL(request.url).pathname
      if (path === "/sms/send") return send(request, fields, ledger)
      if (path === "/sms/status") return status(fields, ledger)
      if (path === "/my/balance") return Response.json({ status: "OK", status_code: 100, balance: Number(simulator.balance) })
      if (path === "/my/limit") {
        return Response.json({ status: "OK", status_code: 100, total_limit: simulator.limit, used_today: ledger.length })
      }
      return failed(211)
    },
    refuse: () => answer("77010000042", { status: "ERROR", status_code: 209, status_text: "simulated" }),
    words: { delivered: "103", undelivered: "105" }
  })

  const simulator: SmsruSimulator = {
    ...kit,
    config: { apiId: API_ID, reportKey: KEY },
    balance: "1000",
    limit: 1_000,
    report: ({ forged = false } = {}) => {
      const { id, status: state, changed } = latest()
      const items = [`sms_status\n${id}\n${forged ? "103" : state}\n${changed}`]
      const fields = new URLSearchParams(items.map((item, index): [string, string] => [`data[${index}]`, item]))
      fields.set("hash", createHash("sha256").update((forged ? "a guess" : API_ID) + items.join("")).digest("hex"))
      return new Request(`${HUB}?key=${forged ? "a-guess-of-some-length" : KEY}`, { method: "POST", body: fields })
    }
  }
  return simulator
}
