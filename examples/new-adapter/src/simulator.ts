import { createSimulator, type Simulator } from "@aptekit/core/testing"

export interface TulparSms {
  readonly sms_id: string
  readonly client_ref: string
  readonly phone: string
  readonly message: string
}

export const TULPAR_KEY = "tulpar-simulated-key"

/** Tulpar as its documents describe it: what it keeps, and its answers. `ledger` holds the messages it sent. */
export const tulparSimulator = (): Simulator<TulparSms> =>
  createSimulator<TulparSms>({
    refuse: () => Response.json({ code: "STOP_LIST" }, { status: 422 }),
    handle: async (request, ledger) => {
      if (request.headers.get("x-api-key") !== TULPAR_KEY) return Response.json({ code: "BAD_KEY" }, { status: 401 })
      if (request.method === "GET") {
        const ref = new URL(request.url).searchParams.get("client_ref")
        return Response.json({ items: ledger.filter((sms) => sms.client_ref === ref) })
      }
      const { client_ref, phone, message } = (await request.json()) as Omit<TulparSms, "sms_id">
      if (!/^\d{7,15}$/u.test(phone)) return Response.json({ code: "BAD_PHONE" }, { status: 400 })
      const sms = { sms_id: `T${ledger.length + 1}`, client_ref, phone, message }
      ledger.push(sms)
      return Response.json({ sms_id: sms.sms_id })
    }
  })
