import { FulfilmentStatus, Schema } from "@aptekit/core"
import { Effect } from "effect"

const count = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))
const Text = Schema.NonEmptyString.check(Schema.isMaxLength(250))
const Words = Schema.Record(Schema.String, Text).pipe(Schema.withDecodingDefaultKey(Effect.succeed({})))
const off = Schema.Boolean.pipe(Schema.withDecodingDefaultKey(Effect.succeed(false)))
const isStatus = Schema.is(FulfilmentStatus)

/** What a status of 1C means for us; `ignore`: nothing. */
export const BackState = Schema.Literals(["accepted", "assembled", "sold", "cancelled", "ignore"])
export type BackState = typeof BackState.Type

/** The exchange of orders. Without it, `type=sale` is refused with a text. */
export const OrdersConfig = Schema.Struct({
  /** The first status in which 1C hears of a part: sent to the branch, or taken by it. */
  sendFrom: Schema.Literals(["assigned", "accepted"]).pipe(
    Schema.withDecodingDefaultKey(Effect.succeed("assigned" as const))
  ),
  /** Orders in one answer. Smaller ones lose less when 1C stumbles over one (fact 51). */
  batch: count(1, 500).pipe(Schema.withDecodingDefaultKey(Effect.succeed(50))),
  /** Unconfirmed offers of a batch after which it is halved, until one order is left. */
  tries: count(1, 100).pipe(Schema.withDecodingDefaultKey(Effect.succeed(5))),
  /** Unconfirmed offers of an order alone after which it is put aside. */
  aloneTries: count(1, 100).pipe(Schema.withDecodingDefaultKey(Effect.succeed(3))),
  /**
   * What confirms: `success` (mode=success), or `repeat` (that, or a query in a later session; some Битрикс modules
   * never send success, fact 50). Left out: `repeat` for Битрикс, else `success`.
   */
  confirm: Schema.optionalKey(Schema.Literals(["success", "repeat"])),
  /** `ВерсияСхемы`. Left out: 2.07 for УТ, 2.08 for УНФ, 3.1 for Битрикс. */
  version: Schema.optionalKey(Schema.String.check(Schema.isPattern(/^\d\.\d{1,2}$/u))),
  encoding: Schema.Literals(["utf-8", "windows-1251"]).pipe(
    Schema.withDecodingDefaultKey(Effect.succeed("utf-8" as const))
  ),
  /** A byte order mark in front of UTF-8: some bases need it, others break by it (fact 48). */
  bom: off,
  /** `xmlns` at the root. */
  namespace: off,
  /** ISO currency → as the base writes it: `{ KZT: "тнг" }`. */
  currencies: Words,
  /** Status of a part → its name in 1C, for the requisite «Статус заказа» and the list of mode=info. */
  statusNames: Words.check(Schema.makeFilter((names: Readonly<Record<string, string>>) =>
    Object.keys(names).every((status) => isStatus(status)) || "statuses of a part, such as assigned, as keys"
  )),
  /** Status of 1C, in its words or by its id → what it means. Joined with the usual ones. */
  statuses: Schema.Record(Schema.String, BackState).pipe(Schema.withDecodingDefaultKey(Effect.succeed({}))),
  /** What a shipment in 1C means for us. */
  shipped: Schema.Literals(["sold", "assembled"]).pipe(
    Schema.withDecodingDefaultKey(Effect.succeed("sold" as const))
  ),
  /** Does the base still take a cancellation of an order that it approved? Left out: all but УТ do (fact 53). */
  cancelAfterApproval: Schema.optionalKey(Schema.Boolean),
  /** One buyer for all orders, by the id that 1C gave; without it each phone number is a buyer. */
  counterparty: Schema.optionalKey(Schema.Struct({ id: Text, name: Text })),
  /** `Тип` of the buyer's telephone. */
  phoneType: Text.pipe(Schema.withDecodingDefaultKey(Effect.succeed("Телефон рабочий"))),
  /** Name and telephone in the comment too: it arrives whatever the base does with contacts. */
  contactsInComment: Schema.Boolean.pipe(Schema.withDecodingDefaultKey(Effect.succeed(true))),
  /** Delivery as a line of its own: the id of the service in 1C, or `ORDER_DELIVERY`; `price` in minor units. */
  delivery: Schema.optionalKey(Schema.Struct({
    id: Text,
    name: Text,
    price: count(0, 2_147_483_647).pipe(Schema.withDecodingDefaultKey(Effect.succeed(0)))
  })),
  /** Payment method (cash, card, online, invoice) → its name in 1C. */
  payments: Words,
  /** `Организация`, where the base maps it by name (Битрикс, fact 55). */
  organization: Schema.optionalKey(Text),
  /** Branch → the warehouse's name in 1C, where it is mapped by name. Left out: the branch's name. */
  warehouseNames: Words,
  unit: Schema.Struct({ code: Text, name: Text, short: Text, international: Text }).pipe(
    Schema.withDecodingDefaultKey(
      Effect.succeed({ code: "796", name: "Штука", short: "шт", international: "PCE" })
    )
  )
})
export type OrdersConfig = typeof OrdersConfig.Type
