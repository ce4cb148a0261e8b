import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, expect, test } from "vitest"
import { importApart, writeLarge } from "../support/large-import.ts"

/** Bytes. A gigabyte by hand: `APTEKIT_LARGE=1024 npx vitest run packages/adapter-1c/test/exchange/large.test.ts` */
const SIZE = Number(process.env["APTEKIT_LARGE"] ?? 200) * 1024 * 1024
/** Megabytes over the process at rest, whatever the file's size. */
const MOST = 130

const folders: Array<string> = []
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true, force: true })))

const temporary = (): { readonly path: string; readonly folder: string } => {
  const folder = mkdtempSync(join(tmpdir(), "aptekit-large-"))
  folders.push(folder)
  return { path: join(folder, "large.xml"), folder }
}

const DESCRIPTION = "Хранить в недоступном для детей месте. ".repeat(100)
const product = (i: number): string =>
  `<Товар><Ид>g${i}</Ид><Артикул>a${i}</Артикул><Наименование>Товар ${i}</Наименование><Описание>${DESCRIPTION}</Описание></Товар>\n`
/** The same 20,000 products again and again: the rows of a file may be very many more than its products. */
const offer = (i: number): string =>
  `<Предложение><Ид>g${i % 20_000}</Ид><Цены><Цена><ИдТипаЦены>p</ИдТипаЦены><ЦенаЗаЕдиницу>${i % 999}</ЦенаЗаЕдиницу></Цена></Цены>` +
  `<Склад ИдСклада="w" КоличествоНаСкладе="${i % 50}"/><Склад ИдСклада="unknown" КоличествоНаСкладе="1"/></Предложение>\n`

test("R-STK-7: a catalogue of hundreds of megabytes with descriptions passes with flat memory", async () => {
  const job = temporary()
  const count = writeLarge(job.path, "<Каталог><Товары>", "</Товары></Каталог>", product, SIZE)
  const result = await importApart(job)
  expect(result).toMatchObject({ error: null, products: count })
  console.info(`[adapter-1c] catalogue, ${SIZE / 2 ** 20} MiB: ${JSON.stringify(result)}`)
  expect(result.peak).toBeLessThan(MOST)
}, 120_000)

test("R-STK-7: offers of hundreds of megabytes pass with flat memory, rows that wait too", async () => {
  const job = temporary()
  writeLarge(job.path, "<ПакетПредложений><Предложения>", "</Предложения></ПакетПредложений>", offer, SIZE)
  const result = await importApart(job)
  expect(result.error).toBe(null)
  console.info(`[adapter-1c] offers, ${SIZE / 2 ** 20} MiB: ${JSON.stringify(result)}`)
  expect(result.peak).toBeLessThan(MOST)
}, 120_000)
