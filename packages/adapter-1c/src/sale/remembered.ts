import type { Seen } from "./seen.ts"

/** An order as it was offered. */
export interface Offered {
  readonly orderId: string
  readonly version: number
  /** Its documents by number: what they say. */
  readonly documents: Readonly<Record<string, Seen>>
  /** Numbers of its parts that have ended: nothing more will be told of them. */
  readonly ended: ReadonlyArray<string>
}

/** What one session was last answered to mode=query. */
export interface Offer {
  readonly turn: string
  /** Of this answer alone: a session may ask again before the former one has left. */
  readonly answer: string
  readonly at: number
  /** Those that are not confirmed yet. None: it was answered with nothing, or with nothing that is still open. */
  readonly orders: ReadonlyArray<Offered>
  /** The whole answer left us. */
  readonly delivered: boolean
  /** Its success has come, or none is expected any more. */
  readonly done: boolean
}

/** What is remembered of a part that 1C may have. */
export interface PartMemory {
  readonly fulfilmentId: string
  readonly at: number
  /** 1C's own id of the document. */
  readonly documentId: string | null
  /** 1C has approved it: УТ takes no more changes (fact 53). */
  readonly approved: boolean
  /** What 1C was told: what it confirmed last, until then what it was first offered. Null: nobody knows. */
  readonly told: Seen | null
  /** What a person was asked to enter there; null: nothing, or it is done. */
  readonly asked: Seen | null
  /** The lines with which its document came back last. */
  readonly theirs: string | null
  /** It went to a branch of another base: this one's document is to come back cancelled, and the hub knows it no more. */
  readonly left: boolean
  /** When 1C sold or cancelled it to its end: only a repeated document may still name it. Null: it goes on. */
  readonly ended: number | null
}

export interface LedgerState {
  /** Orders of the next offer. */
  size: number
  /** Unconfirmed offers at this size. */
  failures: number
  /** A batch failed and the order that does it is being looked for. */
  searching: boolean
  offers: ReadonlyArray<Offer>
  /** Unconfirmed offers of an order alone. */
  alone: Readonly<Record<string, number>>
  /** An order was put aside, and nothing was confirmed since: it may not be the order. */
  accused: boolean
  /** 1C asks and never confirms; told once. */
  stalled: boolean
  /** Parts that could not be told to 1C, with a case that is this connection's. */
  aside: ReadonlyArray<string>
}

export const NOTHING: LedgerState = {
  size: 0,
  failures: 0,
  searching: false,
  offers: [],
  alone: {},
  accused: false,
  stalled: false,
  aside: []
}

/** An offer as older versions wrote it. */
type OlderOffer = Pick<Offer, "turn" | "at" | "delivered"> & Partial<Omit<Offer, "orders">> & {
  readonly orders: ReadonlyArray<Pick<Offered, "orderId" | "version"> & Partial<Offered>>
  readonly ended?: ReadonlyArray<string>
}

/** Nobody knows which of its orders had the ended parts: they are forgotten with the first. */
export const upgraded = ({ ended = [], ...offer }: OlderOffer): Offer => ({
  answer: "",
  done: false,
  ...offer,
  orders: offer.orders.map((order, i) => ({ documents: {}, ended: i === 0 ? ended : [], ...order }))
})

/** What an older version did not know of a part. */
export const UNKNOWN = {
  documentId: null,
  approved: false,
  told: null,
  asked: null,
  theirs: null,
  left: false,
  ended: null
} satisfies Partial<PartMemory>

/** Everything that is remembered; parts by number. */
export interface Saved extends LedgerState {
  readonly parts: Record<string, PartMemory>
}

/** What a save adds: what is named takes the place of what was there, null forgets it. Done twice it is the same. */
export interface SavedChange {
  readonly state?: LedgerState
  readonly parts?: Readonly<Record<string, PartMemory | null>>
}
