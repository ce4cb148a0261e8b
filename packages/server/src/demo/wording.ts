import type { Texts } from "./model.ts"

type Language = keyof Texts

/** Units as the tables write them (English) in the languages of the screens. */
const units: Readonly<Record<string, Texts>> = {
  mg: { ru: "мг", kk: "мг", en: "mg" },
  mcg: { ru: "мкг", kk: "мкг", en: "mcg" },
  g: { ru: "г", kk: "г", en: "g" },
  ml: { ru: "мл", kk: "мл", en: "ml" },
  l: { ru: "л", kk: "л", en: "l" },
  m: { ru: "м", kk: "м", en: "m" },
  cm: { ru: "см", kk: "см", en: "cm" },
  IU: { ru: "МЕ", kk: "ХБ", en: "IU" },
  U: { ru: "ЕД", kk: "ӘБ", en: "U" },
  dose: { ru: "доза", kk: "доза", en: "dose" },
  doses: { ru: "доз", kk: "доза", en: "doses" },
  pcs: { ru: "шт.", kk: "дана", en: "pcs" },
  x: { ru: "×", kk: "×", en: "×" },
  S: { ru: "S", kk: "S", en: "S" },
  M: { ru: "M", kk: "M", en: "M" },
  L: { ru: "L", kk: "L", en: "L" },
  XL: { ru: "XL", kk: "XL", en: "XL" }
}

const inLanguage = (text: string, language: Language): string => {
  const worded = text.replace(/(\d?)([A-Za-z]+)/g, (_, digit: string, unit: string) => {
    const titles = units[unit]
    if (titles === undefined) {
      throw new Error(`[demo] unit "${unit}" in "${text}" is not in the table of units: add it to wording.ts`)
    }
    return digit === "" ? titles[language] : `${digit} ${titles[language]}`
  })
  return language === "en" ? worded : worded.replace(/(\d)\.(?=\d)/g, "$1,")
}

/** Each of the three languages by `make`. */
export const texts = (make: (language: Language) => string): Texts =>
  ({ ru: make("ru"), kk: make("kk"), en: make("en") })

/** A measure of the tables in three languages: `12.5mg/5ml` becomes `12,5 мг/5 мл` and `12.5 mg/5 ml`. */
export const measure = (text: string): Texts => texts((language) => inLanguage(text, language))

/** A count of pieces as packs name it: `№20`. */
export const pieces = (count: number): Texts => ({ ru: `№${count}`, kk: `№${count}`, en: `No. ${count}` })

/** The parts that are there, with spaces between. */
export const words = (...parts: ReadonlyArray<string>): string => parts.filter((part) => part !== "").join(" ")
