import { createReadStream, readFileSync } from "node:fs"
import { CommerceMlOffersParser } from "commerceml-parser"
import { XMLParser } from "fast-xml-parser"
import { SaxesParser } from "saxes"
import { eachText } from "./parsers.ts"

/** Rows of prices and stock that a reader found, and the sum of their figures: all must agree. */
export interface PeerResult {
  readonly rows: number
  readonly sum: number
  readonly seconds: number
  /** Megabytes that the process took at most. */
  readonly peak: number
}

class Rows {
  rows = 0
  sum = 0
  /** Price in tenge or units. */
  add(offer: string | undefined, place: string | undefined, figure: number): void {
    if (offer === undefined || place === undefined || Number.isNaN(figure)) return
    this.rows++
    this.sum += Math.round(figure * 100)
  }
}

const list = <A>(value: A | ReadonlyArray<A> | undefined): ReadonlyArray<A> =>
  value === undefined ? [] : Array.isArray(value) ? value : [value as A]

interface OfferXml {
  readonly Ид: string
  readonly Цены?: { readonly Цена?: ReadonlyArray<{ readonly ИдТипаЦены: string; readonly ЦенаЗаЕдиницу: string }> }
  readonly Склад?: ReadonlyArray<{ readonly "@_ИдСклада": string; readonly "@_КоличествоНаСкладе": string }>
}

interface DocumentXml {
  readonly КоммерческаяИнформация: {
    readonly ПакетПредложений: { readonly Предложения: { readonly Предложение: ReadonlyArray<OfferXml> } }
  }
}

/** The whole document as a tree, with a mapping of ours: what a shop's module does. */
const fastXmlParser = (path: string, rows: Rows): void => {
  const parser = new XMLParser({ ignoreAttributes: false, parseTagValue: false })
  const tree = parser.parse(readFileSync(path, "utf8")) as DocumentXml
  for (const offer of tree.КоммерческаяИнформация.ПакетПредложений.Предложения.Предложение) {
    for (const price of list(offer.Цены?.Цена)) rows.add(offer.Ид, price.ИдТипаЦены, Number(price.ЦенаЗаЕдиницу))
    for (const stock of list(offer.Склад)) rows.add(offer.Ид, stock["@_ИдСклада"], Number(stock["@_КоличествоНаСкладе"]))
  }
}

/** A stream of events, and a stack of ours. */
const saxes = (path: string, rows: Rows): void => {
  const parser = new SaxesParser()
  const stack: Array<string> = []
  let [text, offer, type] = ["", "", ""]
  parser.on("opentag", ({ name, attributes }) => {
    stack.push(name)
    text = ""
    if (name === "Склад") rows.add(offer, attributes["ИдСклада"], Number(attributes["КоличествоНаСкладе"]))
  })
  parser.on("text", (more) => { text += more })
  parser.on("closetag", ({ name }) => {
    stack.pop()
    if (name === "Ид" && stack.at(-1) === "Предложение") offer = text
    else if (name === "ИдТипаЦены") type = text
    else if (name === "ЦенаЗаЕдиницу") rows.add(offer, type, Number(text))
  })
  eachText(path, (piece) => parser.write(piece))
  parser.close()
}

const commercemlParser = async (path: string, rows: Rows): Promise<void> => {
  const parser = new CommerceMlOffersParser()
  parser.onOffer((offer) => {
    for (const { priceTypeId, pricePerUnit } of offer.prices ?? []) rows.add(offer.id, priceTypeId, Number(pricePerUnit))
    for (const { warehouseId, quantity } of offer.stocks ?? []) rows.add(offer.id, warehouseId, quantity)
  })
  await parser.parse(createReadStream(path))
}

const PEERS: Readonly<Record<string, (path: string, rows: Rows) => void | Promise<void>>> = {
  "fast-xml-parser 5.12.1 and a mapping": fastXmlParser,
  "saxes 6.0.0 and a stack": saxes,
  "commerceml-parser 3.0.3": commercemlParser
}
export const peerNames = Object.keys(PEERS)

const measure = async (name: string, path: string): Promise<PeerResult> => {
  const rows = new Rows()
  const started = performance.now()
  await PEERS[name]!(path, rows)
  const seconds = (performance.now() - started) / 1000
  const peak = Number(/VmHWM:\s+(\d+)/u.exec(readFileSync("/proc/self/status", "utf8"))![1]) * 1024 / 1e6
  return { rows: rows.rows, sum: rows.sum, seconds, peak }
}

const answer = async (name: string, path: string): Promise<void> => {
  const result = await measure(name, path)
  process.send?.(result)
  process.disconnect()
}

process.on("message", ({ name, path }: { readonly name: string; readonly path: string }) => void answer(name, path))
