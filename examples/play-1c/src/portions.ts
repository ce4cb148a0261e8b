import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import type { OneCFile } from "@aptekit/adapter-1c/testing"

/** What goes in one session. */
export type Portion = ReadonlyArray<OneCFile>

const NUMBERED = /^(?:import|offers)(\d+)_(\d+)\.xml$/u

/** УТ, УНФ name a file by catalogue and portion; other files (3.1, facts 24 and 39) go in one session. */
const portionOf = (name: string): readonly [catalogue: number, portion: number] => {
  const [, catalogue, portion] = NUMBERED.exec(name) ?? []
  return catalogue === undefined ? [0, 0] : [Number(catalogue), Number(portion)]
}

/** What is needed by others goes first. */
const ORDER = [
  "groups", "priceLists", "storages", "units", "propertiesGoods", "propertiesOffers", "import", "goods", "offers", "prices",
  "rests"
]
const rank = (name: string): number => {
  const at = ORDER.findIndex((part) => name.startsWith(part))
  return at < 0 ? ORDER.length : at
}

const compare = (a: string, b: string): number => {
  const [[catalogueA, portionA], [catalogueB, portionB]] = [portionOf(a), portionOf(b)]
  return catalogueA - catalogueB || portionA - portionB || rank(a) - rank(b) || (a < b ? -1 : 1)
}

/**
 * The files of a folder as the base sends them: portion after portion, pictures with the first.
 * @throws Error if there is no XML
 */
export const portionsIn = (folder: string): ReadonlyArray<Portion> => {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => name.replaceAll("\\", "/"))
  const fileOf = (name: string): OneCFile => ({ name, bytes: readFileSync(join(folder, name)) })
  const documents = names.filter((name) => /^[^/]+\.xml$/iu.test(name)).toSorted(compare)
  if (documents.length === 0) throw new Error(`--from: в папке ${folder} нет файлов XML`)
  const pictures = names.filter((name) => /^import_files\/.*\.\w+$/u.test(name)).map(fileOf)
  const portions = [...Map.groupBy(documents, (name) => portionOf(name).join("_")).values()]
  return portions.map((part, i) => [...part.map(fileOf), ...(i === 0 ? pictures : [])])
}

/** Ids of goods in files of any encoding: ids are ASCII, and so is all that is looked for around them. */
export const goodsIn = (portions: ReadonlyArray<Portion>): ReadonlyArray<string> => {
  const id = />([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?:#[0-9a-f-]{36})?)</gu
  const texts = portions.flat().map(({ bytes }) => Buffer.from(bytes).toString("latin1"))
  return [...new Set(texts.flatMap((text) => [...text.matchAll(id)].map(([, found]) => found!)))]
}
