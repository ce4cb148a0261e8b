import type { LedgerState } from "./remembered.ts"
import { without } from "./turns.ts"

/** An order as of a version. */
interface Ordered {
  readonly orderId: string
  readonly version: number
}

export interface SelectRules {
  readonly batch: number
  readonly tries: number
  readonly aloneTries: number
}

const sizeOf = (state: LedgerState, { batch }: SelectRules): number =>
  state.size === 0 ? batch : Math.min(state.size, batch)

/**
 * Notes that what was offered last has not been confirmed. One bad document fails the whole batch (fact 51): after so
 * many tries the batch is halved, again and again, until the order that does it is alone.
 */
export const noteUnconfirmed = (state: LedgerState, offered: ReadonlyArray<Ordered>, rules: SelectRules): void => {
  const [first] = offered
  if (first === undefined) return
  if (offered.length === 1 && state.searching) {
    state.alone = { ...state.alone, [first.orderId]: (state.alone[first.orderId] ?? 0) + 1 }
    return
  }
  state.failures++
  if (state.failures < (state.searching ? 1 : rules.tries)) return
  state.searching = true
  state.size = Math.ceil(Math.min(offered.length, sizeOf(state, rules)) / 2)
  state.failures = 0
}

/** Notes that nothing of these is left to confirm, up to their versions: in no offer, and alone no more. */
export const noteSettled = (state: LedgerState, orders: ReadonlyArray<Ordered>): void => {
  const settled = new Map(orders.map(({ orderId, version }) => [orderId, version]))
  state.alone = Object.fromEntries(Object.entries(state.alone).filter(([id]) => !settled.has(id)))
  state.offers = without(state.offers, ({ orderId, version }) => version <= (settled.get(orderId) ?? -1))
}

/** Notes that 1C confirmed these. Whoever was alone is innocent; the next offer may be larger. */
export const noteConfirmed = (state: LedgerState, confirmed: ReadonlyArray<Ordered>, rules: SelectRules): void => {
  noteSettled(state, confirmed)
  state.size = Math.min(rules.batch, 2 * sizeOf(state, rules))
  state.failures = 0
  state.accused = false
  state.stalled = false
}

export interface Selection<A> {
  readonly offer: ReadonlyArray<A>
  /** To be put aside: alone it was never confirmed, and others may have been. */
  readonly condemned: A | undefined
  /** Nothing that waits has been confirmed, one by one: it is 1C, not the orders. */
  readonly stalled: boolean
}

/**
 * Which of the waiting orders are offered now. An order that stayed unconfirmed alone is condemned, but only one until
 * something is confirmed again: if the next ones fail as well, none of them is to blame.
 */
export const select = <A extends Ordered>(
  state: LedgerState,
  waiting: ReadonlyArray<A>,
  rules: SelectRules
): Selection<A> => {
  const isExhausted = ({ orderId }: A): boolean => (state.alone[orderId] ?? 0) >= rules.aloneTries
  const exhausted = waiting.filter(isExhausted)
  const condemned = state.accused ? undefined : exhausted[0]
  const open = waiting.filter((order) => !isExhausted(order))
  const size = sizeOf(state, rules)
  if (open.length > 0) return { offer: open.slice(0, size), condemned, stalled: false }
  const rest = exhausted.filter((order) => order !== condemned)
  const patient = rest.toSorted((a, b) => state.alone[a.orderId]! - state.alone[b.orderId]!)
  return { offer: patient.slice(0, 1), condemned, stalled: patient.length > 0 }
}
