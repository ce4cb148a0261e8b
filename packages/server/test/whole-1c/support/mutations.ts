import type { Chance } from "../../faults/support/random.ts"

/** A document that was changed, by what was done to it. */
export type Mutation = readonly [what: string, bytes: Uint8Array]

const insert = (bytes: Uint8Array, at: number, more: string | Uint8Array): Uint8Array =>
  Buffer.concat([bytes.subarray(0, at), typeof more === "string" ? Buffer.from(more, "utf8") : more, bytes.subarray(at)])

const head = (bytes: Uint8Array): number => bytes.indexOf(10) + 1
/** A place after the declaration and the root's own line: a date that is changed there would make later files stale. */
const placeIn = (chance: Chance, bytes: Uint8Array): number => {
  const from = bytes.indexOf(10, head(bytes)) + 1
  return from + chance.below(Math.max(1, bytes.length - from))
}
const afterTag = (bytes: Uint8Array, at: number): number => bytes.indexOf(62, at) + 1

const BOMB = `<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">${Array.from({ length: 8 }, (_, i) =>
  `<!ENTITY b${i} "${i === 0 ? "&a;" : `&b${i - 1};`.repeat(10)}">`).join("")}]>\n`
const OUTSIDE = `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n`
const JUNK = [
  "\u0000", "&bomb;", "&#x110000;", "]]>", "<!--", "<![CDATA[", "<?php ?>", "</Товар>", "<Товар>", "<a b=1>", "&", "<", "\u202E",
  "<Ид>../../etc/passwd</Ид>", "<Количество>1e400</Количество>"
]
const NUMBERS = ["9".repeat(400), "-1", "1e999", "0x10", "NaN", "1,5,5", "", " ", "١٢", "99999999999999999999.99"]

type Change = (chance: Chance, bytes: Uint8Array) => Mutation

const CHANGES: ReadonlyArray<Change> = [
  (chance, bytes) => {
    const at = chance.below(bytes.length)
    return [`cut at ${at}`, bytes.subarray(0, at)]
  },
  (chance, bytes) => {
    const copy = Uint8Array.from(bytes)
    const flips = chance.between(1, 4)
    for (let i = 0; i < flips; i++) copy[placeIn(chance, copy)]! ^= 1 << chance.below(8)
    return [`${flips} bits flipped`, copy]
  },
  (chance, bytes) => {
    const junk = chance.pick(JUNK)
    return [`junk ${JSON.stringify(junk)}`, insert(bytes, placeIn(chance, bytes), junk)]
  },
  (chance, bytes) => {
    const depth = chance.pick([50, 300, 5_000])
    return [`${depth} deep`, insert(bytes, afterTag(bytes, placeIn(chance, bytes)), "<a>".repeat(depth) + (chance.yes(0.5) ? "</a>".repeat(depth) : ""))]
  },
  (chance, bytes) => [`a bomb of entities`, insert(bytes, head(bytes), chance.pick([BOMB, OUTSIDE]))],
  (chance, bytes) => {
    const number = chance.pick(NUMBERS)
    const text = Buffer.from(bytes).toString("utf8")
    const name = chance.pick(["ЦенаЗаЕдиницу", "Количество", "Коэффициент"])
    const changed = text.replace(new RegExp(`<${name}>[^<]*<`, "u"), `<${name}>${number}<`)
      .replace(/КоличествоНаСкладе="[^"]*"/u, `КоличествоНаСкладе="${number}"`)
    return [`the number ${number.slice(0, 12)}`, Buffer.from(changed, "utf8")]
  },
  (chance, bytes) => {
    const lie = chance.pick(["windows-1251", "UTF-16", "koi8-r", "x-none", "utf-7"])
    const text = Buffer.from(bytes).toString("utf8").replace("UTF-8", lie)
    return [`declared as ${lie}`, Buffer.from(text, chance.yes(0.3) ? "utf16le" : "utf8")]
  },
  (chance, bytes) => {
    const [a, b] = [placeIn(chance, bytes), placeIn(chance, bytes)].toSorted((x, y) => x - y)
    return ["a part twice", Buffer.concat([bytes.subarray(0, b), bytes.subarray(a)])]
  },
  (chance, bytes) => ["a long name", insert(bytes, placeIn(chance, bytes), `<${"я".repeat(chance.pick([200, 4_000, 200_000]))}>`)],
  (chance, bytes) => [
    "many attributes",
    insert(bytes, afterTag(bytes, placeIn(chance, bytes)), `<a ${Array.from({ length: 2_000 }, (_, i) => `b${i}=""`).join(" ")}/>`)
  ]
]

export const mutate = (chance: Chance, bytes: Uint8Array): Mutation => chance.pick(CHANGES)(chance, bytes)
