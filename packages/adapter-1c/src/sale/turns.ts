import type { Offer, Offered } from "./remembered.ts"

/** Sessions of which it is known what they were answered: as many as a connection keeps. */
const KEPT_TURNS = 20
/** Of those, the ones whose orders may still be confirmed. */
const KEPT_OFFERS = 10
/** Loading goes on for so long at most; a session that was silent for longer is worth nothing any more. */
const LOADING_MS = 60 * 60_000
/** Who was answered with nothing has nothing to load: success follows at once, or within a request's patience (fact 23). */
const EMPTY_MS = 3 * 60_000

/** A session's last answer takes the place of the one before. */
export const answered = (offers: ReadonlyArray<Offer>, offer: Offer): ReadonlyArray<Offer> => {
  const all = [...offers.filter(({ turn }) => turn !== offer.turn), offer].slice(-KEPT_TURNS)
  const open = all.filter(({ orders }) => orders.length > 0).slice(-KEPT_OFFERS)
  return all.map((one) => (one.orders.length === 0 || open.includes(one) ? one : { ...one, orders: [], done: true }))
}

/** The last byte of this very answer has left us. */
export const leftWhole = (offers: ReadonlyArray<Offer>, answer: string): ReadonlyArray<Offer> =>
  offers.map((offer) => (offer.answer === answer ? { ...offer, delivered: true } : offer))

/** The session has said success: no other one is its. */
export const ended = (offers: ReadonlyArray<Offer>, turn: string | null): ReadonlyArray<Offer> =>
  offers.map((offer) => (offer.turn === turn ? { ...offer, done: true } : offer))

/** Without the orders that this drops; a session whose orders have all been dropped has nothing left to say. */
export const without = (
  offers: ReadonlyArray<Offer>,
  drops: (order: Offered) => boolean
): ReadonlyArray<Offer> =>
  offers.map((offer) => {
    const orders = offer.orders.filter((order) => !drops(order))
    return orders.length === offer.orders.length ? offer : { ...offer, orders, done: offer.done || orders.length === 0 }
  })

/** What a success confirms, and whose it is: null where several sessions may have said it. */
export interface Said {
  readonly orders: ReadonlyArray<Offered>
  readonly turn: string | null
}

const mayStillSay = (now: number) => ({ done, at, orders, delivered }: Offer): boolean =>
  !done && (orders.length === 0 ? now - at < EMPTY_MS : delivered && now - at < LOADING_MS)

/** The order in the oldest of its states that these sessions were answered; undefined where one was not answered it. */
const commonTo = (order: Offered, others: ReadonlyArray<Offer>): Offered | undefined => {
  let oldest = order
  for (const { orders } of others) {
    const same = orders.find(({ orderId }) => orderId === order.orderId)
    if (same === undefined) return undefined
    if (same.version < oldest.version) oldest = same
  }
  return oldest
}

/**
 * A known session confirms what it was answered last, if only with nothing. A success that comes without its session (no
 * cookies, a session begun anew) may be that of any session whose success has not come yet and whose answer has left us
 * whole: it confirms what all of those hold. What is not confirmed is offered again, which costs nothing.
 */
export const saidBy = (offers: ReadonlyArray<Offer>, turn: string, now: number): Said => {
  const own = offers.find((offer) => offer.turn === turn)
  if (own !== undefined) return { orders: own.orders, turn }
  const [first, ...others] = offers.filter(mayStillSay(now))
  if (first === undefined) return { orders: [], turn: null }
  if (others.length === 0) return { orders: first.orders, turn: first.turn }
  return { orders: first.orders.flatMap((order) => commonTo(order, others) ?? []), turn: null }
}
