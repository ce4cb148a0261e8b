import { hash } from "node:crypto"
import type { Fulfilment, Order, PartFactLine } from "@aptekit/core"

/**
 * What 1C sees of a part and a person could enter there, as a digest of each aspect. Not its status and whether it is
 * paid, which go on after 1C has approved it; nor the words of the settings: new words are no change of an order.
 */
export type Seen = string

/** Digests of another kind tell nothing. */
const KIND = "1"

const digest = (facts: unknown): string => hash("sha256", JSON.stringify(facts)).slice(0, 10)

interface Line {
  readonly productId: string
  readonly quantity: number
  /** Minor units; null: not told. */
  readonly price: number | null
}

/** Two lines of one product are one quantity: 1C merges and splits them as it likes. */
const digestOf = (lines: ReadonlyArray<Line>): string => {
  const sums = new Map<string, { quantity: number; readonly price: number | null }>()
  for (const { productId, quantity, price } of lines) {
    const sum = sums.get(productId)
    if (sum === undefined) sums.set(productId, { quantity, price })
    else sum.quantity += quantity
  }
  const told = [...sums].filter(([, { quantity }]) => quantity > 0).map(([id, { quantity, price }]) => [id, quantity, price])
  return digest(told.toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1)))
}

const ours = ({ lines }: Fulfilment): ReadonlyArray<Line> =>
  lines.flatMap(({ productId, quantity, price }) =>
    productId === null ? [] : [{ productId, quantity, price: price?.amount ?? null }]
  )

const courier = ({ delivery }: Order): string | null => (delivery.type === "courier" ? delivery.address.text : null)

const ASPECTS: ReadonlyArray<readonly [words: string, of: (order: Order, part: Fulfilment) => string]> = [
  ["товары, количество или цены", (_, part) => digestOf(ours(part))],
  ["филиал", (_, { branchId }) => digest(branchId)],
  ["покупатель", ({ customer }) => digest([customer.name.trim(), customer.phone])],
  ["способ или адрес доставки", (order) => digest(courier(order))],
  ["способ оплаты", ({ payment }) => digest(payment.method)],
  ["комментарий", ({ comment }) => digest(comment ?? "")]
]

/** As a document would tell it now. */
export const seenOf = (order: Order, part: Fulfilment): Seen =>
  [KIND, ...ASPECTS.map(([, of]) => of(order, part))].join(".")

/** The lines of a document of 1C, to compare with those of the part; a price that one of them does not name is the other's. */
export const theirLines = (part: Fulfilment, lines: ReadonlyArray<PartFactLine>): string => {
  // Of several lines of one product the first names the price.
  const prices = new Map(ours(part).toReversed().map(({ productId, price }) => [productId, price]))
  const priceOf = (productId: string, told: number | null): number | null => {
    const own = prices.get(productId)
    return own === null || (own !== undefined && told === null) ? own : told
  }
  return digestOf(lines.map(({ productId, quantity, priceMinor }) =>
    ({ productId, quantity, price: priceOf(productId, priceMinor) })
  ))
}

/** Can this be compared with what is seen now? An older version remembers nothing, or in its own way. */
export const isKnown = (seen: Seen | null): seen is Seen => seen !== null && seen.startsWith(`${KIND}.`)

/**
 * In what a part has changed, in words; without the lines where 1C's document has them as they are now.
 * `theirs`: the lines that it came back with last; null: it never did.
 */
export const changedIn = (before: Seen, now: Seen, theirs: string | null): ReadonlyArray<string> => {
  const [was, is] = [before.split("."), now.split(".")]
  const hasLines = theirs !== null && theirs === is[1]
  return ASPECTS.map(([words]) => words).filter((_, i) => was[i + 1] !== is[i + 1] && !(i === 0 && hasLines))
}

/** A name of this state for people: other words for another state, the same for the same. */
export const editionOf = (seen: Seen): string => hash("sha256", seen).slice(0, 6)
