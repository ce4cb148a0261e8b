import { Schema } from "effect"
import { Point } from "../network/model.ts"
import { greatCircle } from "./distance.ts"

/**
 * How sure a point is, best first: the house (`exact`), its number without the annexe (`number`), a house next to it
 * (`near`), the middle of its street, of a district or town, anything else.
 */
export const PRECISIONS = ["exact", "number", "near", "street", "district", "other"] as const
export const Precision = Schema.Literals(PRECISIONS)
export type Precision = typeof Precision.Type

/** A place that an address may mean, in the geocoder's words. */
export const AddressCandidate = Schema.Struct({
  address: Schema.NonEmptyString.check(Schema.isMaxLength(500)),
  point: Point,
  precision: Precision
}).annotate({ identifier: "AddressCandidate" })
export type AddressCandidate = typeof AddressCandidate.Type

/** Two points of one house, such as its entrances or the shops in it, are one place. Metres. */
export const SAME_PLACE = 150

/** What a list of candidates is worth. */
export type Judgement =
  | { readonly kind: "sure"; readonly candidate: AddressCandidate }
  | { readonly kind: "ambiguous" | "imprecise" | "none"; readonly candidates: ReadonlyArray<AddressCandidate> }

const rank = (precision: Precision): number => PRECISIONS.indexOf(precision)

/**
 * One place that is precise enough, or a question to a person; nothing is guessed (ASM-2). Only the most precise
 * candidates compete: the middle of a street does not make its house doubtful.
 */
export const judgeAddress = (candidates: ReadonlyArray<AddressCandidate>, least: Precision): Judgement => {
  const sorted = candidates.toSorted((a, b) => rank(a.precision) - rank(b.precision))
  const first = sorted[0]
  if (first === undefined) return { kind: "none", candidates: [] }
  if (rank(first.precision) > rank(least)) return { kind: "imprecise", candidates: sorted }
  const rivals = sorted.filter(({ precision }) => precision === first.precision)
  const apart = rivals.some(({ point }) => greatCircle(point, first.point) > SAME_PLACE)
  return apart ? { kind: "ambiguous", candidates: rivals } : { kind: "sure", candidate: first }
}
