import type { ProductGroup } from "@aptekit/core"
import type { Selectable } from "kysely"
import type { Schema } from "./schema.ts"

export type GroupRow = Selectable<Schema["product_groups"]>

export const groupRow = ({ id, name, parent, shown }: ProductGroup): GroupRow =>
  ({ id, name_ru: name.ru, name_kk: name.kk, name_en: name.en, parent, shown: shown ? 1 : 0 })

export const groupOf = (row: GroupRow): ProductGroup =>
  ({
    id: row.id,
    name: { ru: row.name_ru, kk: row.name_kk, en: row.name_en },
    parent: row.parent,
    shown: row.shown === 1
  }) as ProductGroup
