import { parseSwitch } from "../cml/context.ts"
import { CommerceMlError } from "../cml/error.ts"
import { XmlError } from "../xml/error.ts"
import { type Slice, splitDocuments } from "./split.ts"
import { child, descendants, parseTree, textAt, type XmlNode } from "./tree.ts"

export interface BackLine {
  readonly line: number
  /** Usually the GUID of the goods; sometimes a number of another site, or nothing (fact 64). */
  readonly id: string | null
  readonly sku: string | null
  readonly barcode: string | null
  readonly name: string | null
  /** As written. */
  readonly quantity: string | null
  /** Base units in what quantity and price are for; null: these are for the base unit. */
  readonly factor: string | null
  readonly price: string | null
  readonly sum: string | null
  readonly service: boolean
}

/** A document that 1C sent back, as it is written. */
export interface BackDocument {
  readonly line: number
  readonly id: string | null
  readonly number: string | null
  /** `Заказ товара`, or another kind of document. */
  readonly operation: string | null
  readonly lines: ReadonlyArray<BackLine>
  /** By name without case and `ё`. */
  readonly requisites: ReadonlyMap<string, string>
}

export interface BrokenDocument {
  readonly line: number
  readonly reason: string
}

export interface BackFile {
  readonly documents: ReadonlyArray<BackDocument>
  readonly broken: ReadonlyArray<BrokenDocument>
}

/** Words of 1C are compared without case, `ё` and doubled blanks. */
export const plain = (text: string): string =>
  text.trim().toLowerCase().replaceAll("ё", "е").replace(/[\s\u00a0]+/gu, " ")

const requisitesOf = (node: XmlNode): ReadonlyMap<string, string> =>
  new Map((child(node, "ЗначенияРеквизитов")?.children ?? []).flatMap((pair) => {
    const name = textAt(pair, "Наименование")
    return name === null ? [] : [[plain(name), textAt(pair, "Значение") ?? ""] as const]
  }))

const lineOf = (node: XmlNode): BackLine => {
  const kinds = requisitesOf(node)
  return {
    line: node.line,
    id: textAt(node, "Ид"),
    sku: textAt(node, "Артикул"),
    barcode: textAt(node, "Штрихкод"),
    name: textAt(node, "Наименование"),
    quantity: textAt(node, "Количество"),
    factor: textAt(node, "Коэффициент"),
    price: textAt(node, "ЦенаЗаЕдиницу"),
    sum: textAt(node, "Сумма"),
    service: plain(kinds.get("типноменклатуры") ?? kinds.get("видноменклатуры") ?? "") === "услуга"
  }
}

const documentOf = (node: XmlNode, before: number): BackDocument => {
  const marked = parseSwitch(textAt(node, "ПометкаУдаления") ?? "") === true || node.attributes["Статус"] === "Удален"
  const requisites = new Map(requisitesOf(node))
  if (marked) requisites.set("пометкаудаления", "true")
  return {
    line: node.line + before,
    id: textAt(node, "Ид"),
    number: textAt(node, "Номер"),
    operation: textAt(node, "ХозОперация"),
    lines: (child(node, "Товары")?.children ?? []).filter(({ name }) => name === "Товар").map(lineOf)
      .map((line) => ({ ...line, line: line.line + before })),
    requisites
  }
}

/** A document that stands alone, or what is wrong with it. */
const alone = ({ bytes, line, closed }: Slice): BackDocument | BrokenDocument => {
  try {
    return documentOf(parseTree(bytes), line - 1)
  } catch (error) {
    if (!(error instanceof XmlError)) throw error
    const place = line + error.line - 1
    const what = closed ? error.message.replace(/^Строка \d+ \(байт \d+\): /u, "") : "не закрыт элемент <Документ>."
    return { line: place, reason: `Документ в строках с ${line}-й испорчен, строка ${place}: ${what}` }
  }
}

const isBroken = (read: BackDocument | BrokenDocument): read is BrokenDocument => "reason" in read

/** The documents of a large file, one after another, each with the byte up to which the file is read. */
export function* readOneByOne(
  file: Uint8Array
): Generator<{ readonly document?: BackDocument; readonly broken?: BrokenDocument; readonly end: number }> {
  for (const slice of splitDocuments(file)) {
    const read = alone(slice)
    yield { ...(isBroken(read) ? { broken: read } : { document: read }), end: slice.end }
  }
}

const recover = (file: Uint8Array, cause: XmlError): BackFile => {
  const read = Array.from(splitDocuments(file), alone)
  const broken = read.filter(isBroken)
  // What is broken lies between the documents: it is said all the same.
  if (broken.length === 0) broken.push({ line: cause.line, reason: cause.message })
  return { documents: read.filter((one): one is BackDocument => !isBroken(one)), broken }
}

/** A readable file that is for the other exchange. */
export class NotOrders extends Error {
  override readonly name = "NotOrders"
}

const CATALOGUE = new Set(["Классификатор", "Каталог", "ПакетПредложений", "ИзмененияПакетаПредложений"])

/** A file without documents may be empty, but not another one: 1C would take our yes for that one. */
const expectOrders = ({ name, line, children }: XmlNode): void => {
  if (name !== "КоммерческаяИнформация") throw new CommerceMlError(line, name)
  if (children.some((inner) => CATALOGUE.has(inner.name))) {
    throw new NotOrders("Это файл каталога, а не заказов: 1С передаёт его с type=catalog. Проверьте адрес обмена.")
  }
}

/**
 * The documents of a file. A broken one does not lose the others: what cannot be read as a whole is read document by
 * document, and the broken ones are named with line and reason.
 * @throws XmlError if there is no readable document in it, and the file is no XML
 * @throws CommerceMlError, NotOrders if it is another one
 */
export const readDocuments = (file: Uint8Array): BackFile => {
  try {
    const root = parseTree(file)
    const documents = descendants(root, "Документ").map((node) => documentOf(node, 0))
    if (documents.length === 0) expectOrders(root)
    return { documents, broken: [] }
  } catch (error) {
    if (!(error instanceof XmlError)) throw error
    const recovered = recover(file, error)
    if (recovered.documents.length === 0) throw error
    return recovered
  }
}
