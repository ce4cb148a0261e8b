import { Schema } from "effect"
import { BranchId, ChannelId, ProductId } from "../kernel/ids.ts"
import { Email, normaliseEmail } from "../kernel/email.ts"
import { Money } from "../kernel/money.ts"
import { normalisePhone } from "../kernel/phone.ts"
import { Quantity } from "../kernel/quantity.ts"
import { Point } from "../network/model.ts"
import { Language } from "./model.ts"

const text = (max: number) => Schema.String.check(Schema.isMaxLength(max))
const Code = Schema.NonEmptyString.check(Schema.isMaxLength(100))

/** A line names its product by exactly one of our id, the network's code or a barcode. */
const RequestLine = Schema.Struct({
  productId: Schema.optionalKey(ProductId),
  sku: Schema.optionalKey(Code),
  barcode: Schema.optionalKey(Code),
  quantity: Quantity,
  price: Schema.optionalKey(Money)
}).check(
  Schema.makeFilter(
    (line: { readonly productId?: string; readonly sku?: string; readonly barcode?: string }) =>
      [line.productId, line.sku, line.barcode].filter((key) => key !== undefined).length === 1 ||
      "exactly one of productId, sku, barcode"
  )
)

/** `POST /api/v1/orders`: an order as a channel sends it. Amounts are in minor units. */
export const OrderRequest = Schema.Struct({
  channel: ChannelId,
  /** The channel's own id of this order; with the channel it is the key of idempotency (P2). */
  externalId: Schema.NonEmptyString.check(Schema.isMaxLength(128)),
  customer: Schema.Struct({
    name: text(200),
    /** In any spelling; read by the channel's country, kept as E.164. */
    phone: text(64),
    /** Where messages may go too; kept in lower case. */
    email: Schema.optionalKey(Email),
    language: Schema.optionalKey(Language)
  }),
  delivery: Schema.Union([
    Schema.Struct({ type: Schema.Literal("pickup"), branchId: BranchId }),
    Schema.Struct({
      type: Schema.Literal("courier"),
      address: Schema.Struct({ text: Schema.NonEmptyString.check(Schema.isMaxLength(500)), point: Schema.optionalKey(Point) })
    })
  ]),
  lines: Schema.NonEmptyArray(RequestLine).check(Schema.isMaxLength(200)),
  payment: Schema.Struct({ method: Schema.Literals(["cash", "card", "online", "invoice"]) }),
  comment: Schema.optionalKey(text(2000))
})
export type OrderRequest = typeof OrderRequest.Type

/** What a repetition is compared by, in this order (D15). */
const COMPARED = ["customer", "delivery", "lines", "payment", "comment"] as const

/** The same value with its keys in one order, so that two spellings of one body are one text. */
const canonical = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(canonical)
  if (value === null || typeof value !== "object") return value
  return Object.fromEntries(
    Object.entries(value).filter(([, v]) => v !== undefined).sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, v]) => [key, canonical(v)])
  )
}

/**
 * The fields the client sent, normalised (phone, e-mail, key order); our defaults never count (D15). `read` is the phone where
 * it was read already: reading one is the dearest step of an intake.
 */
export const fingerprint = (
  request: OrderRequest,
  country: string,
  read: string | null = normalisePhone(request.customer.phone, country)
): string => {
  const phone = read ?? request.customer.phone.trim()
  const { email } = request.customer
  const customer = { ...request.customer, phone, ...(email === undefined ? {} : { email: normaliseEmail(email) }) }
  return JSON.stringify(canonical({ ...request, customer }))
}

/** Names, never values, of the fields in which two requests differ. */
export const differingFields = (one: string, other: string): ReadonlyArray<string> => {
  const a = JSON.parse(one) as Record<string, unknown>
  const b = JSON.parse(other) as Record<string, unknown>
  return COMPARED.filter((field) => JSON.stringify(a[field]) !== JSON.stringify(b[field]))
}
