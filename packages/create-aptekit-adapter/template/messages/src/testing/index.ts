/**
 * MyPartner as its documents describe it, for tests: faults by switches, and a ledger of what it did.
 * @module
 */
import { createSimulator, type Simulator } from "@aptekit/core/testing"
import { myPartner } from "../adapter.ts"

export interface MyPartnerSms {
  readonly sms_id: string
  readonly client_ref: string
  readonly phone: string
  readonly message: string
}

export const MY_PARTNER_KEY = "my-partner-simulated-key"

export const myPartnerSimulator = (): Simulator<MyPartnerSms> =>
  createSimulator<MyPartnerSms>({
    refuse: () => Response.json({ code: "STOP_LIST" }, { status: 422 }),
    handle: async (request, ledger) => {
      if (request.headers.get("x-api-key") !== MY_PARTNER_KEY) return Response.json({ code: "BAD_KEY" }, { status: 401 })
      if (request.method === "GET") {
        const ref = new URL(request.url).searchParams.get("client_ref")
        return Response.json({ items: ledger.filter((sms) => sms.client_ref === ref) })
      }
      const { client_ref, phone, message } = (await request.json()) as Omit<MyPartnerSms, "sms_id">
      if (!/^\d{7,15}$/u.test(phone)) return Response.json({ code: "BAD_PHONE" }, { status: 400 })
      const sms = { sms_id: `M${ledger.length + 1}`, client_ref, phone, message }
      ledger.push(sms)
      return Response.json({ sms_id: sms.sms_id })
    }
  })

/** The adapter as it speaks to the simulator. */
export const simulatedMyPartner = (
  { fetch }: Pick<Simulator<MyPartnerSms>, "fetch">,
  over: Partial<Parameters<typeof myPartner>[0]> = {}
) => myPartner({ url: "https://api.my-partner.example", apiKey: MY_PARTNER_KEY, sender: "Apteka", fetch, ...over })
