/** Of products that are on sale: how many a file or a base speaks of, and how many of them it takes off sale. */
export interface Deletions {
  readonly named: number
  readonly marked: number
}

/** Why a person has to look at so many deletion marks before any of them works. */
export const deletionsObjection = (
  { named, marked }: Deletions,
  { share, minimum }: { readonly share: number; readonly minimum: number },
  who: "Файл помечает на удаление" | "База помечает на удаление" | "План обмена сообщает об удалении"
): string | undefined =>
  marked < minimum || marked <= share * named
    ? undefined
    : `${who} товаров: ${marked} из ${named}, о которых говорит (допускается ` +
      `${Math.round(share * 100)} %).`
