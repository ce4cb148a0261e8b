import { fold } from "@aptekit/core"

const folded = (...words: ReadonlyArray<string>): ReadonlySet<string> => new Set(words.map(fold))

/** A plain street needs no word, but whoever writes one does not mean an avenue. */
const STREET = folded("ул", "улица", "көшесі", "көш", "street", "str")

/** Words that say nothing a table of streets and houses needs: Russian, Kazakh, English. */
const EMPTY = folded("г", "гор", "город", "қаласы", "city", "д", "дом", "үй", "house")

/** What lies inside a house does not move it: the word goes, and the number after it, or before it («17 пәтер»). */
const INSIDE = folded("кв", "квартира", "пәтер", "apt", "оф", "офис", "office", "подъезд", "этаж", "floor", "домофон")

/** Kinds of street that tell two places apart («пр. Абая» is not «пер. Абая»), by their spellings. */
const KINDS = new Map([
  ...spelled("проспект", "пр", "просп", "пр-т", "пр-кт", "даңғылы", "д-лы", "avenue", "ave"),
  ...spelled("микрорайон", "мкр", "мкрн", "м-н", "мкр-н", "ықшамауданы"),
  ...spelled("переулок", "пер", "тұйық", "lane"),
  ...spelled("бульвар", "бул", "б-р", "boulevard", "blvd"),
  ...spelled("шоссе", "ш", "highway"),
  ...spelled("площадь", "пл", "алаңы", "square")
])

function spelled(kind: string, ...spellings: ReadonlyArray<string>): ReadonlyArray<readonly [string, string]> {
  return [kind, ...spellings].map((spelling) => [fold(spelling), kind] as const)
}

/** `10 корпус 2`, `10 к2` → `10к2`: another house than the 10, and than the 2. */
const annexe = (text: string): string => text.replace(/(\d[^ ]*) (?:корпус|корп|к) ?(\d+)(?= |$)/gu, "$1к$2")

const isNumber = (word: string | undefined): boolean => word !== undefined && /^\d/u.test(word)

/** Latin letters that look Cyrillic, as typed in «10A». */
const LOOKALIKES: Readonly<Record<string, string>> = { a: "а", b: "в", c: "с", e: "е", k: "к", h: "н", m: "м" }

/** `10 а`, `10a` (Latin) → `10а`. */
const houseLetter = (text: string): string =>
  text.replace(
    /(\d) ?([a-zа-я])(?= |$)/gu,
    (_, digit: string, letter: string) => digit + (LOOKALIKES[letter] ?? letter)
  )

/** Short for a town and a house, but behind a number the letter of it: «10 г», «10 д, кв. 5»; not «10 г. Алматы», «мкр 5 д 12». */
const LETTERS = folded("г", "д")

const isLetter = (words: ReadonlyArray<string>, i: number): boolean => {
  const next = words[i + 1]
  return LETTERS.has(words[i]!) && /^\d+$/u.test(words[i - 1] ?? "") && (next === undefined || INSIDE.has(next))
}

/** `10-үй` → `10`, `үй`; but `10-г` is a house. */
const apart = (word: string): ReadonlyArray<string> => {
  const [, number, name = ""] = /^(\d+)-(.+)$/u.exec(word) ?? []
  return number !== undefined && !LETTERS.has(name) && (EMPTY.has(name) || INSIDE.has(name)) ? [number, name] : [word]
}

const wordsOf = (part: string): ReadonlyArray<string> =>
  part.replace(/["'«»“”()[\].:!?#]+/gu, " ").split(/\s+/u).filter((word) => word !== "").flatMap(apart)

/** The words between commas. № first: folding would make the letters "no" of it. */
const partsOf = (address: string): ReadonlyArray<ReadonlyArray<string>> =>
  fold(address.replaceAll("№", " ")).split(/[,;]/u).map(wordsOf)

/** An address made comparable. */
export interface AddressKey {
  /** The words that count, and the kinds of street. */
  readonly exact: string
  /** The words without the kinds of street. */
  readonly loose: string
  /** Does the address name no kind of street at all, so that it may mean any? */
  readonly kindless: boolean
}

/**
 * Makes addresses comparable: case, ё/е, punctuation and blanks do not count; words such as «ул.», «д.», «г.» and
 * flat numbers are dropped; kinds of street get one spelling, before or after the name. Else the order of words
 * counts: «мкр 5, дом 10» and «мкр 10, дом 5» are two places.
 */
export const addressKey = (address: string): AddressKey => {
  const counted: Array<string> = []
  const kinds: Array<string> = []
  let kindless = true
  for (const words of partsOf(address)) {
    for (let i = 0; i < words.length; i++) {
      const word = words[i]!
      if (INSIDE.has(word)) {
        if (i + 1 < words.length) i++
        // The only number is the house: «10, домофон».
        else if (isNumber(words[i - 1]) && words[i - 1] === counted.at(-1) && counted.slice(0, -1).some(isNumber)) counted.pop()
        continue
      }
      if (EMPTY.has(word) && !isLetter(words, i)) continue
      const kind = KINDS.get(word)
      if (kind !== undefined || STREET.has(word)) kindless = false
      if (kind !== undefined) kinds.push(kind)
      else if (!STREET.has(word)) counted.push(word)
    }
  }
  const loose = houseLetter(annexe(counted.join(" ")))
  return { exact: [...kinds.toSorted(), loose].join(" "), loose, kindless }
}
