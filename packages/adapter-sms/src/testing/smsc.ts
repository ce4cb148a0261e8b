import { createHash } from "node:crypto"
import { segmentsOf } from "@aptekit/core"
import { fieldsOf, gatewayKit, type GatewaySimulator, HUB, isPhone, SIMULATED_TIME, type SimulatedSms } from "./kit.ts"

const KEY = "smsc-simulated-key"
const SECRET = "smsc-simulated-secret"
/** SMSC refuses the fifteenth request at once. */
const AT_ONCE = 15
/** The same text to the same phone within so many milliseconds is refused. */
const SAME_WITHIN = 60_000

interface SmscSms extends SimulatedSms {
  readonly at: number
}

export interface SmscSimulator extends GatewaySimulator<SmscSms> {
  readonly config: { readonly country: "kz"; readonly auth: { readonly apiKey: string }; readonly reportSecret: string }
  /** The most requests that were open at once. */
  readonly most: () => number
}

const failed = (error_code: number, error: string): Response => Response.json({ error, error_code })

/**
 * SMSC by partners-sms.md 3.1: `send.php`, `status.php`, `balance.php`. Keeps the sender's id, finds a message by id and
 * phone, refuses the same text to the same phone within a minute (error 9) and the fifteenth request at once (9 too).
 */
export const smscSimulator = (options: { readonly now?: () => number } = {}): SmscSimulator => {
  const now = options.now ?? Date.now
  let open = 0
  let most = 0

  const send = (fields: URLSearchParams, ledger: Array<SmscSms>): Response => {
    const [phone, text, id] = [fields.get("phones") ?? "", fields.get("mes") ?? "", fields.get("id") ?? ""]
    if (text === "" || !/^[1-9]\d{0,9}$/u.test(id) || Number(id) > 0x7fffffff) return failed(1, "parameters error")
    if (!isPhone(phone)) return failed(7, "invalid number")
    if (Number(simulator.balance) <= 0) return failed(3, "no money")
    const same = ledger.some((sms) => sms.phone === phone && sms.text === text && now() - sms.at < SAME_WITHIN)
    if (same) return failed(9, "duplicate request, wait a minute")
    const { parts } = segmentsOf(text)
    const sender = fields.get("sender") ?? "SMSC.KZ"
    ledger.push({ id, phone, text, sender, parts: parts.length, status: "-1", changed: SIMULATED_TIME, at: now() })
    return Response.json({ id: Number(id), cnt: parts.length, cost: (parts.length * 15).toFixed(2), balance: simulator.balance })
  }

  const status = (fields: URLSearchParams, ledger: ReadonlyArray<SmscSms>): Response => {
    const sms = ledger.findLast((one) => one.id === fields.get("id") && one.phone === fields.get("phone"))
    if (sms === undefined) return Response.json({ status: -3, last_date: "", last_timestamp: 0 })
    return Response.json({ status: Number(sms.status), last_date: "21.11.2026 10:00:00", last_timestamp: sms.changed })
  }

  const handle = async (request: Request, ledger: Array<SmscSms>): Promise<Response> => {
    const fields = await fieldsOf(request)
    if (fields.get("apikey") !== KEY) return failed(2, "authorise error")
    if (fields.get("fmt") !== "3") return failed(1, "parameters error")
    const script = new URL(request.url).pathname
    if (script === "/sys/send.php") return send(fields, ledger)
    if (script === "/sys/status.php") return status(fields, ledger)
    if (script === "/sys/balance.php") return Response.json({ balance: simulator.balance })
    return new Response("not found", { status: 404 })
  }

  const { latest, ...kit } = gatewayKit<SmscSms>({
    handle,
    refuse: () => failed(6, "message is denied"),
    words: { delivered: "1", undelivered: "20" }
  })

  /** Counts what is open from its arrival to its answer, as the gateway does. */
  const fetch = async (request: Request): Promise<Response> => {
    most = Math.max(most, ++open)
    try {
      return open >= AT_ONCE ? failed(9, "too many requests at once") : await kit.fetch(request)
    } finally {
      open--
    }
  }

  const simulator: SmscSimulator = {
    ...kit,
    fetch,
    config: { country: "kz", auth: { apiKey: KEY }, reportSecret: SECRET },
    balance: "1000.00",
    most: () => most,
    report: ({ forged = false } = {}) => {
      const { id, phone, status: state, changed } = latest()
      const signed = `${id}:${phone}:${state}:${forged ? "a guess" : SECRET}`
      const fields = new URLSearchParams({ id, phone, status: state, time: "21.11.2026 10:00:00", ts: String(changed), err: "0", cnt: "1" })
      for (const kind of ["md5", "sha1"]) fields.set(kind, createHash(kind).update(signed).digest("hex"))
      return new Request(HUB, { method: "POST", body: fields })
    }
  }
  return simulator
}
