import { Schema } from "@aptekit/core"
import { Effect } from "effect"

const Name = Schema.NonEmptyString.check(Schema.isMaxLength(200))
const or = <S extends Schema.Top & { readonly Encoded: unknown }>(schema: S, value: S["Encoded"]) =>
  schema.pipe(Schema.withDecodingDefaultKey(Effect.succeed(value) as never))
const Values = Schema.Record(Schema.String, Schema.Union([Schema.String, Schema.Finite, Schema.Boolean]))
const count = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

/** What the state of a document in 1C means for its part. */
const State = Schema.Literals(["accepted", "assembled", "sold", "cancelled"])

const Lines = Schema.Struct({
  /** The tabular part. */
  table: or(Name, "Товары"),
  product: or(Name, "Номенклатура_Key"),
  variant: or(Schema.NullOr(Name), "Характеристика_Key"),
  quantity: or(Name, "Количество"),
  /** Further fields that hold the quantity: УТ keeps packs beside pieces. */
  quantities: or(Schema.Array(Name), ["КоличествоУпаковок"]),
  price: or(Schema.NullOr(Name), "Цена"),
  sum: or(Schema.NullOr(Name), "Сумма"),
  /** Written into each new line as they are. */
  values: or(Values, {})
})

/**
 * An order or a reservation document for each part of an order (D14). Names are those of УТ 11.5's `ЗаказКлиента` (fact
 * 87) until replaced.
 */
export const ODataOrders = Schema.Struct({
  document: or(Name, "Document_ЗаказКлиента"),
  /** Text field that holds `<order>-<part>`, by which a document is found again; nobody else may write to it. */
  number: or(Name, "НомерПоДаннымКлиента"),
  /** Field for the order's date; the document's own `Date` is always set. */
  date: or(Schema.NullOr(Name), "ДатаПоДаннымКлиента"),
  warehouse: or(Name, "Склад_Key"),
  comment: or(Schema.NullOr(Name), "Комментарий"),
  lines: or(Lines, {}),
  /**
   * Written into each new document as they are: `{ Партнер_Key: "…", Организация_Key: "…", Статус: "КОбеспечению" }`.
   */
  values: or(Values, {}),
  /** Post the document, so that it reserves; a change posts it again. */
  post: or(Schema.Boolean, true),
  /**
   * `mark`: for deletion (fact 72: DELETE would remove it for good), its posting taken back before; `markOnly`: without that,
   * where the base does so itself or lets nobody. Or fields that say "cancelled" in this base; the document is then posted
   * again, where `post` is set, so that its reserve goes.
   */
  cancel: or(Schema.Union([Schema.Literals(["mark", "markOnly"]), Values]), "mark"),
  /** The first status in which 1C hears of a part. */
  sendFrom: or(Schema.Literals(["assigned", "accepted"]), "assigned"),
  /** What the base says back: a field of the document and what its values mean. Null: only deletion marks are read. */
  state: or(Schema.NullOr(Schema.Struct({ field: Name, values: Schema.Record(Schema.String, State) })), null),
  /** Seconds between looks for changes in the base; news are told at once. 0: both only by hand. */
  everySeconds: or(count(0, 3600), 30),
  /** Orders that are looked at in one turn. */
  batch: or(count(1, 500), 100),
  /**
   * Seconds after a creation whose answer was lost, before the base is asked whether it has the document: it may still
   * be writing.
   */
  settleSeconds: or(count(0, 3600), 120)
})
export type ODataOrders = typeof ODataOrders.Type
