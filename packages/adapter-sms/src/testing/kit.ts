import { createSimulator, type Simulator } from "@aptekit/core/testing"

/** A message as a simulated gateway keeps it. */
export interface SimulatedSms {
  readonly id: string
  /** Digits only, as gateways write phones. */
  readonly phone: string
  readonly text: string
  readonly sender: string
  /** Its parts, as the gateway counts them. */
  readonly parts: number
  /** The gateway's own word or number for how it stands. */
  status: string
  /** When it came to be so, seconds since 1970. */
  changed: number
}

/** Fixed, so that a test can expect it. Seconds since 1970. */
export const SIMULATED_TIME = 1_795_780_800

export interface GatewaySimulator<Sms extends SimulatedSms = SimulatedSms> extends Simulator<Sms> {
  /** Bears the key that the simulator knows, so that only what is wrong in a test is wrong. */
  readonly config: object
  /** The account, in the gateway's currency. */
  balance: string
  /** The gateway is done with all messages it has. */
  readonly settle: (state: "delivered" | "undelivered") => void
  /** The delivery report that the gateway would make of its latest message; `forged`: by somebody without the secret. */
  readonly report: (options?: { readonly forged?: boolean }) => Request
}

export const HUB = "http://hub.test/exchange/sms"

interface Parts<Sms extends SimulatedSms> {
  readonly handle: (request: Request, ledger: Array<Sms>) => Promise<Response> | Response
  readonly refuse: () => Response
  readonly words: { readonly delivered: string; readonly undelivered: string }
}

/** What all simulated gateways have: the ledger, the faults, and the end of messages. */
export const gatewayKit = <Sms extends SimulatedSms>({ handle, refuse, words }: Parts<Sms>) => {
  const simulator = createSimulator<Sms>({ handle, refuse })
  const settle = (state: keyof typeof words): void => {
    for (const sms of simulator.ledger) {
      sms.status = words[state]
      sms.changed = SIMULATED_TIME
    }
  }
  const latest = (): Sms => {
    const sms = simulator.ledger.at(-1)
    if (sms === undefined) throw new Error("the simulated gateway has no message to report of")
    return sms
  }
  return { ...simulator, settle, latest }
}

/** A body that a report bears as JSON. */
export const jsonRequest = (url: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Request =>
  new Request(url, { method: "POST", headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) })

/** The fields of a request, of its address and of its form. */
export const fieldsOf = async (request: Request): Promise<URLSearchParams> => {
  const fields = new URLSearchParams(new URL(request.url).search)
  const body = await request.text()
  if (request.headers.get("content-type")?.startsWith("application/x-www-form-urlencoded") === true) {
    for (const [name, value] of new URLSearchParams(body)) fields.append(name, value)
  }
  return fields
}

/** Phones as gateways take them. */
export const isPhone = (phone: string): boolean => /^[1-9]\d{6,14}$/u.test(phone)

