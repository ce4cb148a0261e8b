import { writeFileSync } from "node:fs"
import { join } from "node:path"
import type { SyncRun } from "@aptekit/core"
import { TEST_NOW } from "@aptekit/core/testing"
import { newFolder, type Sale } from "./desk-of.ts"
import { GUIDS } from "./lane.ts"

const requisites = (pairs: Readonly<Record<string, string>>): string =>
  `<ЗначенияРеквизитов>${Object.entries(pairs).map(([name, value]) =>
    `<ЗначениеРеквизита><Наименование>${name}</Наименование><Значение>${value}</Значение></ЗначениеРеквизита>`).join("")}</ЗначенияРеквизитов>`

/** A file of one document as УТ sends it back; goods at 490 tenge, by their product. */
export const backFile = ({ number, id, pairs, goods }: {
  readonly number: string
  readonly id: string
  readonly pairs: Readonly<Record<string, string>>
  readonly goods: Readonly<Record<string, number>>
}): string => {
  const lines = Object.entries(goods).map(([product, quantity]) =>
    `<Товар><Ид>${GUIDS[product]}</Ид><Наименование>Н</Наименование><ЦенаЗаЕдиницу>490.0</ЦенаЗаЕдиницу><Количество>${quantity}</Количество></Товар>`)
  return `<?xml version="1.0" encoding="UTF-8"?>\n<КоммерческаяИнформация ВерсияСхемы="2.07"><Документ><Ид>${id}</Ид>` +
    `<Номер>${number}</Номер><ХозОперация>Заказ товара</ХозОперация><Валюта>KZT</Валюта><Товары>${lines.join("")}</Товары>` +
    `${requisites(pairs)}</Документ></КоммерческаяИнформация>`
}

/** 1C sends this back. */
export const receive = (sale: Sale, content: string): Promise<SyncRun> => {
  const path = join(newFolder(), "orders.xml")
  writeFileSync(path, content)
  const file = { path, name: "orders.xml", sessionStartedAt: TEST_NOW }
  return sale.importer.run(file, { signal: new AbortController().signal, progress: () => undefined })
}
