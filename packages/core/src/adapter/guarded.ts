import type { SyncRun } from "../exchange/sync.ts"
import type { HeldRuns, HttpEntrance, OrderTaker } from "./adapter.ts"
import { AdapterFault } from "./errors.ts"

type Shown = (text: string) => string

/** Of an error that its author did not mean for us only the kind: its text may hold a secret or a person's data. */
export const kindOf = (error: unknown): string => (error instanceof Error ? error.name : typeof error)

/** Asked while orders are decided: one that throws, or says anything but true, takes nothing, and harms nobody. */
export const guardedOrders = (orders: OrderTaker | undefined): OrderTaker | undefined =>
  orders === undefined ? undefined : {
    ...orders,
    takes: (branchId) => {
      try {
        const taken: unknown = orders.takes(branchId)
        // A Promise is no answer, and one that rejects with nobody waiting would end the process.
        if (taken instanceof Promise) taken.catch(() => undefined)
        return taken === true
      } catch {
        return false
      }
    }
  }

/** Its host gets an answer, or an error that may be logged. */
export const guardedHttp = (http: HttpEntrance | undefined, name: string): HttpEntrance | undefined =>
  http === undefined ? undefined : async (request) => {
    const answer: unknown = await (async () => http(request))().catch((error: unknown) => {
      throw new Error(`${name} entrance threw: ${kindOf(error)}`)
    })
    if (!(answer instanceof Response)) throw new Error(`${name} entrance answered with no Response`)
    return answer
  }

/** What it says in an `AdapterFault` is for people; of anything else only the kind is told. */
export const guardedRuns = (runs: HeldRuns | undefined, name: string, shown: Shown): HeldRuns | undefined => {
  if (runs === undefined) return undefined
  const guarded = (deed: keyof HeldRuns) => (run: SyncRun): Promise<void> =>
    (async () => runs[deed](run))().catch((error: unknown) => {
      if (error instanceof AdapterFault) throw new AdapterFault(shown(error.message), { outcome: error.outcome })
      throw new Error(`${name} ${deed} of a held run threw: ${kindOf(error)}`)
    })
  return { release: guarded("release"), discard: guarded("discard") }
}
