import { type DosageForm, dosageForms, type FormCode } from "./forms.ts"
import { brands, type DemoMaker, medicineMakers } from "./makers.ts"
import { medicines } from "./medicines/index.ts"
import { kazakhNames } from "./medicines/kazakh.ts"
import type { MedicineRow, Variants } from "./medicines/row.ts"
import type { Texts } from "./model.ts"
import type { Draft } from "./product-draft.ts"
import { randomStream, type RandomStream, sample, seedOf } from "./random.ts"
import { measure, pieces, texts, words } from "./wording.ts"

/** What one pack holds, apart from who made it. */
interface Pack {
  readonly form: DosageForm
  readonly strength: Texts
  readonly text: Texts
  readonly count: number
  readonly grams: number
  /** Whole tenge, before the maker's level. */
  readonly price: number
}

interface Amount {
  readonly count: number
  /** Of one piece: ml, g or doses; 1 for pieces that are counted only. */
  readonly size: number
  readonly grams: number
  readonly text: Texts
}

const TABLET_GRAMS = 0.6

const parseAmount = (pack: string): Amount => {
  const match = /^(\d+)$|^([\d.]+)(ml|g|dose)(?:\*(\d+))?$/.exec(pack)
  if (match === null) {
    throw new Error(`[demo] pack "${pack}" of the medicine tables: write it as 20, 100ml, 30g, 60dose or 2ml*10`)
  }
  const [, plain, size = "1", unit = "", times = "1"] = match
  if (plain !== undefined) {
    return { count: Number(plain), size: 1, grams: Number(plain) * TABLET_GRAMS, text: pieces(Number(plain)) }
  }
  const count = Number(times)
  const grams = unit === "dose" ? 0 : Number(size) * count
  const one = measure(unit === "dose" ? `${size}doses` : `${size}${unit}`)
  const text = count === 1 ? one : texts((language) => `${one[language]} ${pieces(count)[language]}`)
  return { count, size: Number(size), grams, text }
}

/** A pack twice as large costs less than twice as much. */
const scaled = (price: number, ratio: number): number => price * ratio ** 0.85

const packsOf = (variants: Variants, rowPrice: number): ReadonlyArray<ReadonlyArray<Pack>> => {
  const [code = "", strengths = "", packs = ""] = variants.split(" ")
  const form = dosageForms[code as FormCode]
  const amounts = packs.split(",").map(parseAmount)
  const first = amounts[0]
  if (first === undefined) return []
  const price = Math.max(rowPrice, form.floorPrice)
  return strengths.split("|").map((strength, step) =>
    amounts.map(({ count, grams, size, text }) => ({
      form,
      strength: measure(strength),
      text,
      count,
      grams: Math.max(1, Math.round(grams + form.packaging)),
      price: scaled(price * (1 + 0.3 * step), (count * size) / (first.count * first.size))
    }))
  )
}

const substanceOf = ([ru, en]: MedicineRow): Texts =>
  ({ ru, kk: ru.split("+").map((part) => kazakhNames[part] ?? part).join("+"), en })

const soldAs = (substance: Texts, maker: DemoMaker, first: boolean): Texts => {
  const brand = first ? brands[substance.ru] : undefined
  if (brand !== undefined) return { ru: brand[0], kk: brand[0], en: brand[1] }
  return texts((language) =>
    `${substance[language]}-${language === "en" ? maker.suffix.latin : maker.suffix.cyrillic}`
  )
}

/** Kazakh and English put the strength before the form, Russian puts it after. */
const nameOf = (title: Texts, { form, strength, text }: Pack): Texts => ({
  ru: words(title.ru, form.ru, strength.ru, text.ru),
  kk: words(title.kk, strength.kk, form.kk, text.kk),
  en: words(title.en, strength.en, form.en, text.en)
})

const draftOf = (row: MedicineRow, substance: Texts, maker: DemoMaker, title: Texts, pack: Pack): Draft => {
  const [, , atc, group, terms] = row
  const product: Draft["product"] = {
    name: nameOf(title, pack),
    inn: substance.ru,
    substance,
    atc,
    form: pack.form.ru,
    strength: pack.strength.ru,
    storage: terms.endsWith("-cold") ? "cold" : "ambient",
    prescription: pack.form.injection === true || terms.startsWith("rx"),
    weightGrams: pack.grams,
    packSize: pack.count,
    groups: [group],
    stockControl: true
  }
  return { product, maker, price: pack.price * maker.level }
}

/** A maker that has the substance leaves out some of its strengths and forms; the first one leaves out nothing. */
const offers = (random: RandomStream, makerIndex: number): boolean => random.next() < 0.7 || makerIndex === 0

/** The same makers for all rows of a substance: who makes the tablets makes the gel. */
const makersOf = (inn: string): ReadonlyArray<DemoMaker> => {
  const random = randomStream(seedOf(inn))
  return sample(random, medicineMakers, random.int(2, 4))
}

const draftsOf = (row: MedicineRow): ReadonlyArray<Draft> => {
  const [inn, , atc, , , price, ...variants] = row
  const random = randomStream(seedOf(`${inn} ${atc}`))
  const substance = substanceOf(row)
  const sellers = makersOf(inn).map((maker, i) => ({ maker, title: soldAs(substance, maker, i === 0) }))
  return variants.flatMap((variant) => packsOf(variant, price)).flatMap((packs) =>
    sellers.filter((_, i) => offers(random, i)).flatMap(({ maker, title }) =>
      packs.map((pack) => draftOf(row, substance, maker, title, pack))
    )
  )
}

/** Every pack of every maker of every substance, in the order of the tables. */
export const medicineDrafts = (): ReadonlyArray<Draft> => medicines.flatMap(draftsOf)
