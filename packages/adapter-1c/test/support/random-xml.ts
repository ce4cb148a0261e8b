import { below, pick, randomFrom } from "./random.ts"

const NAMES = ["Товар", "Товары", "Ид", "a", "b-1", "x:y", "Ціна", "Баға", "_n", "Склад"]
// No tabs, line ends or C1 characters: there XML and the lenient oracle differ on purpose.
const TEXTS = ["5", "Парацетамол №20", "a > b", "1 234", "]", "]]", "😀", "é", "Қазақ", " край ", "&amp;", "&lt;&gt;",
  "&quot;&apos;", "&#1071;", "&#x1F600;", "строка\nвторая", "=", "/", "\"", "'"]

const text = (random: () => number): string =>
  Array.from({ length: 1 + below(random, 4) }, () => pick(random, TEXTS)).join("")

const attribute = (random: () => number, index: number): string => {
  const quote = pick(random, ["\"", "'"])
  const value = text(random).replace(/\n/g, " ").replaceAll(quote, "")
  const name = `${pick(random, [" ", "\n  ", "  "])}${pick(random, NAMES)}${index}`
  return `${name}${pick(random, ["=", " = "])}${quote}${value}${quote}`
}

const child = (random: () => number, depth: number): string => {
  const kind = below(random, 10)
  if (kind < 4 && depth < 8) return element(random, depth + 1)
  if (kind < 7) return text(random)
  if (kind === 7) return `<![CDATA[${pick(random, ["", " ", "<a>&amp;</b>", "]]", "]>", "кириллица"])}]]>`
  if (kind === 8) return `<!--${pick(random, ["", " <x> ", "-", "&", "да"])} -->`
  return pick(random, ["\n\t\t", " ", "<?pi данные?>", ""])
}

const element = (random: () => number, depth: number): string => {
  const name = pick(random, NAMES)
  const attributes = Array.from({ length: below(random, 3) }, (_, i) => attribute(random, i)).join("")
  const space = pick(random, ["", " ", "\n"])
  if (below(random, 5) === 0) return `<${name}${attributes}${space}/>`
  const children = Array.from({ length: below(random, 6) }, () => child(random, depth)).join("")
  return `<${name}${attributes}${space}>${children}</${name}${space}>`
}

/** A well-formed document with everything that the scanner reads. */
export const randomDocument = (seed: number): string => {
  const random = randomFrom(seed)
  const start = pick(random, ["", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", "<!-- до -->"])
  return `${start}${element(random, 0)}${pick(random, ["", "\n", "<!-- после -->\n"])}`
}
