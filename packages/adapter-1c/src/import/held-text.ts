import type { SyncRun } from "@aptekit/core"

/** What 1C is told of a file that was stopped: that nothing was applied, why, and who decides where. */
export const heldText = ({ id, file, error, counts }: SyncRun): string => {
  const { products, changed, gone } = counts
  const why = error === null || error.startsWith("Held:")
    ? "Слишком много остатков обнулилось бы или слишком много цен исчезло бы."
    : error
  return `Файл «${file}» остановлен и не применён: ждёт решения человека. ${why} В нём изменилось бы строк: ${changed}, ` +
    `обнулилось бы или осталось без цены: ${gone}, изменилось бы товаров: ${products}. Пропустить или отклонить его может ` +
    `администратор хаба: обмен ${id} (POST /api/v1/sync-runs/${id}/release или /discard). Если файл верен, попросите ` +
    "пропустить его и повторите обмен; если нет, исправьте данные в 1С."
}

/** What the person is told who would release a file behind a newer one: what would go back, and what to do instead. */
export const behindText = (file: string, by: string, { products, groups }: { readonly products: number; readonly groups: number }): string =>
  `Файл «${file}» не выпущен, ничего не изменено: после него загружен более новый файл с тем же именем (обмен ${by}). ` +
  `Выпустить этот — значит вернуть старые названия, пометки и группы (товаров: ${products}, групп: ${groups}). Отклоните его ` +
  "(discard); если он верен, выгрузите те же данные из 1С ещё раз. A newer file of this name has been applied since: releasing " +
  "this one would bring old names, marks and groups back. Discard this run; have 1C send the data again if they are right."
