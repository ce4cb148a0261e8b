import { Schema } from "@aptekit/core"
import { BalanceAlarm } from "./balance.ts"
import { callGateway, type CodeTable, Fetch, form, mustBeDone, understood } from "./call.ts"

/** What every gateway over HTTP is configured with beside its account. */
export const HTTP_FIELDS = {
  balanceAlarm: Schema.optionalKey(BalanceAlarm),
  /** Instead of the vendor's own address. */
  url: Schema.optionalKey(Schema.URLFromString),
  fetch: Schema.optionalKey(Fetch)
}

/** What all of them can do; some can be asked by our id too. */
export const HTTP_CAPABILITIES = {
  sms: true,
  email: false,
  push: false,
  lookUp: false,
  status: true,
  balance: true,
  deliveryReports: true,
  idempotentSend: false,
  senderNames: true
}

type Fields = Parameters<typeof form>[0]

/** A gateway by the name that its errors bear, at its address. All of it throws AdapterFault. */
export const gatewayAt = (name: string, base: URL, fetch: Fetch = globalThis.fetch) => ({
  /** An answer as JSON; the query may hold a key. */
  call: (path: string, init: RequestInit, query: Fields = {}): Promise<unknown> => {
    const address = new URL(path, base)
    address.search = form(query).toString()
    return callGateway(name, fetch, address, init)
  },
  understood: <A>(answer: Schema.Codec<A>, body: unknown): A => understood(name, answer, body),
  mustBeDone: (table: CodeTable, code: string | number): void => mustBeDone(name, table, code)
})
