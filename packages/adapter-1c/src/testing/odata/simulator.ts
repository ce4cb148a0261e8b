import { createSimulator, type Simulator } from "@aptekit/core/testing"
import { page, refusal } from "./answers.ts"
import { ODataBase } from "./base.ts"
import type { ODataEntry, ODataFaults, SimulatedTable } from "./model.ts"

export interface ODataSimulatorOptions {
  readonly login?: string
  readonly password?: string
  /** Sets and virtual tables, by path: `Catalog_Номенклатура`, `AccumulationRegister_ТоварыНаСкладах/Balance()`. */
  readonly tables: Readonly<Record<string, SimulatedTable>>
  /** Rows are limited by user: sets without `allowedOnly` are refused with code 20 (fact 75). */
  readonly limited?: boolean
  /** Rows are neither added nor removed from outside, and keep their keys: sorted once, large tables answer quickly. */
  readonly settled?: boolean
  /** HTTP status of the page that answers a cookie which the base has forgotten (fact 84: nobody knows). @default 400 */
  readonly stalePage?: number
  /** The base's wall clock. */
  readonly now?: () => string
}

export interface ODataSimulator extends Simulator<ODataEntry> {
  readonly base: ODataBase
  readonly faults: ODataFaults
  readonly login: string
  readonly password: string
}

export const ODATA_ROOT = "/base/odata/standard.odata"

/**
 * A 1C base with the standard OData interface, as 1C facts 68–90 say: nometadata JSON, sessions, pages that shift
 * without order, errors by code. Beside the usual faults it has those of `ODataFaults`.
 */
export const oneCODataSimulator = (options: ODataSimulatorOptions): ODataSimulator => {
  const { login = "Обмен", password = "секрет-odata" } = options
  const expected = `Basic ${Buffer.from(`${login}:${password}`, "utf8").toString("base64")}`
  const faults: ODataFaults = {
    html: 0, stale: 0, refuseSession: 0, business: 0, busy: 0, deaf: 0, shift: 0, conflict: 0
  }
  const base = new ODataBase(options, faults)
  const sessions = new Set<string>()
  let started = 0
  const simulator = createSimulator<ODataEntry>({
    refuse: () => refusal("2", "Неверный формат запроса"),
    handle: async (request, ledger) => {
      if (request.headers.get("authorization") !== expected) return new Response("", { status: 401 })
      if (faults.html-- > 0) return page(200)
      if (faults.busy-- > 0) return page(503)
      if (faults.stale-- > 0) sessions.clear()
      const wish = request.headers.get("ibsession")
      const cookie = /ibsession=([^;]+)/u.exec(request.headers.get("cookie") ?? "")?.[1]
      if (cookie !== undefined && !sessions.has(cookie)) {
        return page(options.stalePage ?? 400, "Сеанс отсутствует или удален")
      }
      if (wish === "start" && faults.refuseSession-- > 0) return page(400)
      if (wish === "finish" && cookie !== undefined && sessions.delete(cookie)) {
        ledger.push({ kind: "session", action: "finish" })
      }
      const answer = await base.answer(request, ledger)
      if (wish !== "start" || faults.deaf-- > 0) return answer
      const id = `s-${++started}`
      sessions.add(id)
      ledger.push({ kind: "session", action: "start" })
      answer.headers.append("set-cookie", `ibsession=${id}; path=/base`)
      return answer
    }
  })
  const fetch = (request: Request): Promise<Response> =>
    Promise.race([simulator.fetch(request), givenUp(request.signal)])
  return { ...simulator, fetch, base, faults, login, password }
}

/** As a real fetch: whoever gives up hears nothing more, though the base goes on. */
const givenUp = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    const stop = (): void => reject(signal.reason as Error)
    if (signal.aborted) stop()
    else signal.addEventListener("abort", stop, { once: true })
  })
