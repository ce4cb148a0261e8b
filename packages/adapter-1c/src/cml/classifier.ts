import type { Rule, Rules } from "./automaton.ts"
import type { Context } from "./context.ts"
import { DeletionMark } from "./context.ts"
import type { Counted, RejectedKind } from "./records.ts"

/** A declaration being read: the texts of its plain children, by the key they get in the record. */
interface Draft {
  readonly line: number
  readonly mark: DeletionMark
  readonly values: Record<string, string | null>
}

interface Declaration {
  readonly kind: Counted & RejectedKind
  readonly element: string
  /** Plain child element → key. One of them is `id`. */
  readonly keys: Readonly<Record<string, string>>
  readonly children?: Readonly<Record<string, string>>
  readonly open?: () => void
  readonly emit: (id: string, draft: Draft) => void
}

const newDraft = (line: number): Draft => ({ line, mark: new DeletionMark(), values: {} })

const whyNot = (draft: Draft): string | undefined => {
  if (draft.values["id"] == null) return "не указан Ид"
  return draft.mark.unclear ? "непонятное значение ПометкаУдаления" : undefined
}

const text = (draft: Draft, key: string): string | null => draft.values[key] ?? null

/** Rules for plain children of whatever draft is current. */
const leafRules = (prefix: string, keys: Declaration["keys"], current: () => Draft): Rules => {
  const leaves: Array<[string, Rule]> = Object.values(keys).map((key) => [
    `${prefix}.${key}`, { value: (field) => { current().values[key] ??= field.textOrNull() } }
  ])
  return {
    ...Object.fromEntries(leaves),
    [`${prefix}.mark`]: { value: (field) => current().mark.mark(field.text()) },
    [`${prefix}.status`]: { value: (field) => current().mark.status(field.text()) }
  }
}

const leafChildren = (prefix: string, keys: Declaration["keys"]): Record<string, string> => ({
  ...Object.fromEntries(Object.entries(keys).map(([element, key]) => [element, `${prefix}.${key}`])),
  ПометкаУдаления: `${prefix}.mark`,
  Статус: `${prefix}.status`
})

const declarationRules = (context: Context, declaration: Declaration): Rules => {
  const { kind, element, keys } = declaration
  let draft = newDraft(0)
  return {
    [kind]: {
      open: () => {
        draft = newDraft(context.line())
        declaration.open?.()
      },
      children: { ...leafChildren(kind, keys), ...declaration.children },
      close: () => {
        const reason = whyNot(draft)
        if (reason !== undefined) return context.reject(kind, draft.line, `${element}: ${reason}`)
        context.counts[kind]++
        declaration.emit(draft.values["id"]!, draft)
      }
    },
    ...leafRules(kind, keys, () => draft)
  }
}

const priceTypeRules = (context: Context): Rules => declarationRules(context, {
  kind: "priceType",
  element: "ТипЦены",
  keys: { Ид: "id", Наименование: "name", Валюта: "currency" },
  emit: (id, draft) => context.sink.priceType?.({
    id, name: text(draft, "name"), currency: text(draft, "currency"), deleted: draft.mark.deleted, line: draft.line
  })
})

const categoryRules = (context: Context): Rules => declarationRules(context, {
  kind: "category",
  element: "Категория",
  keys: { Ид: "id", Наименование: "name" },
  emit: (id, draft) =>
    context.sink.category?.({ id, name: text(draft, "name"), deleted: draft.mark.deleted, line: draft.line })
})

/** Before 3.x a unit has no `Ид`: its code is its id. */
const unitRules = (context: Context): Rules => {
  let code: string | null = null
  const rules = declarationRules(context, {
    kind: "unit",
    element: "ЕдиницаИзмерения",
    keys: {
      Ид: "id", НаименованиеПолное: "name", НаименованиеКраткое: "shortName", МеждународноеСокращение: "international"
    },
    children: { Код: "unit.code" },
    open: () => { code = null },
    emit: (id, draft) => context.sink.unit?.({
      id, code, name: text(draft, "name"), shortName: text(draft, "shortName"),
      international: text(draft, "international"), deleted: draft.mark.deleted, line: draft.line
    })
  })
  const setId = rules["unit.id"]!.value!
  return {
    ...rules,
    "unit.code": {
      value: (field) => {
        code = field.textOrNull()
        setId(field)
      }
    }
  }
}

const propertyRules = (context: Context): Rules => {
  let values: Array<{ id: string | null; value: string | null }> = []
  let choice: { id: string | null; value: string | null } = { id: null, value: null }
  return {
    ...declarationRules(context, {
      kind: "property",
      element: "Свойство",
      keys: { Ид: "id", Наименование: "name", ТипЗначений: "valueType" },
      children: { ВариантыЗначений: "property.values" },
      open: () => { values = [] },
      emit: (id, draft) => context.sink.property?.({
        id, name: text(draft, "name"), valueType: text(draft, "valueType"), values,
        deleted: draft.mark.deleted, line: draft.line
      })
    }),
    "property.values": {
      children: { Справочник: "property.choice", Вариант: "property.choice", Значение: "property.plainChoice" }
    },
    "property.choice": {
      open: () => { values.push(choice = { id: null, value: null }) },
      children: { ИдЗначения: "property.choice.id", Ид: "property.choice.id", Значение: "property.choice.value" }
    },
    "property.choice.id": { value: (field) => { choice.id = field.textOrNull() } },
    "property.choice.value": { value: (field) => { choice.value = field.textOrNull() } },
    "property.plainChoice": { value: (field) => void values.push({ id: null, value: field.textOrNull() }) }
  }
}

const warehouseRules = (context: Context): Rules => {
  let contacts: Array<{ type: string | null; value: string | null }> = []
  let contact: { type: string | null; value: string | null } = { type: null, value: null }
  const rules = declarationRules(context, {
    kind: "warehouse",
    element: "Склад",
    keys: { Ид: "id", Наименование: "name", Представление: "address" },
    children: { Адрес: "warehouse.place", Контакты: "warehouse.contacts" },
    open: () => { contacts = [] },
    emit: (id, draft) => context.sink.warehouse?.({
      id, name: text(draft, "name"), address: text(draft, "address"), contacts,
      deleted: draft.mark.deleted, line: draft.line
    })
  })
  return {
    ...rules,
    // The address is a text of its own or has its parts inside, with the whole as `Представление`.
    "warehouse.place": { ...rules["warehouse.address"], children: { Представление: "warehouse.address" } },
    "warehouse.contacts": { children: { Контакт: "warehouse.contact" } },
    "warehouse.contact": {
      open: () => { contacts.push(contact = { type: null, value: null }) },
      children: { Тип: "warehouse.contact.type", Значение: "warehouse.contact.value" }
    },
    "warehouse.contact.type": { value: (field) => { contact.type = field.textOrNull() } },
    "warehouse.contact.value": { value: (field) => { contact.value = field.textOrNull() } }
  }
}

/** Groups hold groups. A tree is told when its top closes: parents first, whatever the order of their children. */
const groupRules = (context: Context): Rules => {
  const keys = { Ид: "id", Наименование: "name" }
  const path: Draft[] = []
  let tree: Array<{ draft: Draft; parent: Draft | undefined }> = []
  const tell = (draft: Draft, parent: Draft | undefined): void => {
    const isLost = parent !== undefined && text(parent, "id") === null
    const reason = whyNot(draft) ?? (isLost ? "нет Ид у группы, в которую она входит" : undefined)
    if (reason !== undefined) return context.reject("group", draft.line, `Группа: ${reason}`)
    context.counts.group++
    context.sink.group?.({
      id: text(draft, "id")!, name: text(draft, "name"), parentId: parent === undefined ? null : text(parent, "id"),
      deleted: draft.mark.deleted, line: draft.line
    })
  }
  return {
    group: {
      open: () => {
        const draft = newDraft(context.line())
        tree.push({ draft, parent: path.at(-1) })
        path.push(draft)
      },
      children: { ...leafChildren("group", keys), Группы: "group.groups" },
      close: () => {
        path.pop()
        if (path.length > 0) return
        const whole = tree
        tree = []
        for (const { draft, parent } of whole) tell(draft, parent)
      }
    },
    "group.groups": { children: { Группа: "group" } },
    ...leafRules("group", keys, () => path.at(-1)!)
  }
}

/** What may be declared in a classifier; price types and warehouses also stand in a package of offers. */
export const classifierRules = (context: Context, announce: () => void): Rules => ({
  groups: { open: announce, children: { Группа: "group" } },
  properties: { open: announce, children: { Свойство: "property", СвойствоНоменклатуры: "property" } },
  categories: { open: announce, children: { Категория: "category" } },
  priceTypes: { open: announce, children: { ТипЦены: "priceType" } },
  warehouses: { open: announce, children: { Склад: "warehouse" } },
  units: { open: announce, children: { ЕдиницаИзмерения: "unit" } },
  ...groupRules(context),
  ...propertyRules(context),
  ...categoryRules(context),
  ...priceTypeRules(context),
  ...warehouseRules(context),
  ...unitRules(context)
})

/** The children of any section that `classifierRules` reads. */
export const DECLARATIONS: Readonly<Record<string, string>> = {
  Группы: "groups",
  Свойства: "properties",
  Категории: "categories",
  ТипыЦен: "priceTypes",
  Склады: "warehouses",
  ЕдиницыИзмерения: "units"
}
