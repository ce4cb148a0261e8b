import type { Rules } from "./automaton.ts"
import type { Context, DeletionMark } from "./context.ts"
import type { Field } from "./field.ts"
import type { ItemId } from "./item-id.ts"
import { ItemReader } from "./item.ts"

/** `Каталог/Товары/Товар`. */
export const productRules = (
  context: Context, field: Field, item: ItemReader, id: ItemId, mark: DeletionMark
): Rules => {
  let line = 0
  const finish = (): void => {
    const reason = id.compose(field) ?? (mark.unclear ? "непонятное значение ПометкаУдаления" : undefined)
    if (reason !== undefined) return context.reject("product", line, `Товар: ${reason}`)
    context.counts.product++
    context.sink.product?.({ id: field.text(), deleted: mark.deleted, line, ...item.draft })
  }
  return {
    product: {
      open: (attributes) => {
        line = context.line()
        field.reset()
        id.reset()
        item.begin(attributes)
      },
      children: { ...ItemReader.children, Ид: "product.id", ИдХарактеристики: "product.characteristic" },
      close: finish
    },
    "product.id": { value: (value) => id.readId(value) },
    "product.characteristic": { value: (value) => id.readCharacteristic(value) }
  }
}
