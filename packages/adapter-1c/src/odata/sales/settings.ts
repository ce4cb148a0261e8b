import { Schema } from "@aptekit/core"
import { Effect } from "effect"

const Name = Schema.NonEmptyString.check(Schema.isMaxLength(200))
const maybe = Schema.NullOr(Name)
const or = <S extends Schema.Top & { readonly Encoded: unknown }>(schema: S, value: S["Encoded"]) =>
  schema.pipe(Schema.withDecodingDefaultKey(Effect.succeed(value) as never))
const Value = Schema.Union([Schema.String, Schema.Finite, Schema.Boolean])
/** Of a field one value, or any of several. */
const Values = Schema.Record(Schema.String, Schema.Union([Value, Schema.NonEmptyArray(Value)]))
const SomeValues = Values.check(
  Schema.makeFilter((values) => Object.keys(values).length > 0 || "at least one field, or \"all\": no field would mean every document")
)
const count = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

/**
 * Documents of one kind that are retail sales: receipts (`Document_ЧекККМ`), or the reports that 1C makes of them when a
 * shift is closed (`Document_ОтчетОРозничныхПродажах`). Both of one branch are refused: each sale would count twice.
 */
export const ODataSales = Schema.Struct({
  document: or(Name, "Document_ЧекККМ"),
  /** What one document is: a sale by itself, or what a closed shift sold. To be said of documents that the hub does not know. */
  each: Schema.optionalKey(Schema.Literals(["receipt", "shift"])),
  /** Only what was sold at these branches; left out, at all that `warehouses` names. */
  branches: Schema.optionalKey(Schema.NonEmptyArray(Name)),
  warehouse: or(Name, "Склад_Key"),
  /** The tabular part and its columns. */
  table: or(Name, "Товары"),
  product: or(Name, "Номенклатура_Key"),
  variant: or(maybe, "Характеристика_Key"),
  quantity: or(Name, "Количество"),
  price: or(maybe, "Цена"),
  /** A column with the mark of the goods (DataMatrix), where this base has one. */
  mark: or(maybe, null),
  /** A text field with the part's number `<order>-<part>`. */
  number: or(maybe, null),
  /** A reference to the order's document, which holds the number. */
  order: or(maybe, null),
  /**
   * Only documents whose fields have these values are sales: `{ СтатусЧекаККМ: ["Пробитый", "Архивный"] }`. 1C also posts
   * receipts that are none: of goods put by, or annulled.
   */
  where: or(Values, {}),
  /**
   * Which of them are returns: `all` (`Document_ЧекККМВозврат`), or those whose fields have these values
   * (`{ ВидОперации: "Возврат" }`). Null: none; they are then not read.
   */
  returns: or(Schema.NullOr(Schema.Union([Schema.Literal("all"), SomeValues])), null),
  /** The first time it is read: from this day on (`2026-11-01`); left out, from now on. */
  since: Schema.optionalKey(Schema.String.check(Schema.isPattern(/^\d{4}-\d{2}-\d{2}$/u))),
  /** Hours that are read once more each time: documents are entered and posted late. */
  overlapHours: or(count(1, 24 * 31), 48)
})
export type ODataSales = typeof ODataSales.Type
