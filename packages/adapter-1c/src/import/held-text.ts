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
