import type { ItemRecord, ItemUnit } from "../cml/records.ts"
import type { DraftPack, DraftUnit } from "./protocol.ts"

/** OKEI's units in which pharmacies sell, for files that give the code alone (3.1). */
const OKEI: Readonly<Record<string, string>> = {
  "006": "м", "055": "м2", "111": "мл", "112": "л", "163": "г", "166": "кг", "642": "ед", "704": "набор", "715": "пара",
  "736": "рул", "778": "упак", "796": "шт", "812": "ящ", "839": "компл", "868": "бут", "872": "флак"
}

const MAX_NAME = 100
const MAX_CODE = 10

const WITHOUT = /^без|не\s*облаг/u
const PERCENT = /^(?:ндс\s*)?(\d{1,3})(?:[.,]0+)?\s*%?$/u

/** `null`: the file says a rate that is none. */
export const vatOf = (rates: ItemRecord["taxRates"]): number | "exempt" | null | undefined => {
  const named = rates?.find(({ name }) => /ндс|vat/iu.test(name ?? "")) ?? (rates?.length === 1 ? rates[0] : undefined)
  const rate = named?.rate?.trim().toLowerCase()
  if (rate === undefined || rate === "") return undefined
  if (WITHOUT.test(rate)) return "exempt"
  const percent = Number(PERCENT.exec(rate)?.[1] ?? Number.NaN)
  return percent <= 100 ? percent : null
}

/** Names of units by code, as the classifier gives them. */
export type UnitNames = ReadonlyMap<string, string>

const codeOf = (text: string | null): string | null => {
  const code = text?.trim() ?? ""
  return code === "" || code.length > MAX_CODE ? null : code
}

/** A unit from its code, or from what stands in the code's place. */
const named = (text: string, names: UnitNames): DraftUnit => {
  const code = /^\d+$/u.test(text) ? codeOf(text) : null
  const name = names.get(text) ?? (code === null ? text : OKEI[code.padStart(3, "0")] ?? text)
  return { code, name: name.slice(0, MAX_NAME) }
}

export const unitOf = (unit: ItemUnit | undefined, names: UnitNames): DraftUnit | undefined => {
  const code = codeOf(unit?.code ?? null)
  const name = unit?.shortName?.trim() || unit?.name?.trim()
  if (name) return { code, name: name.slice(0, MAX_NAME) }
  return code === null ? undefined : named(code, names)
}

interface PackSaid {
  readonly pack: DraftPack | null
  /** Some factor is no whole number above 1, and not the unit itself. */
  readonly odd: boolean
}

/** The smallest unit that holds several of the base unit (D6); undefined: the file lists no other units. */
export const packOf = (unit: ItemUnit | undefined, names: UnitNames, most: number): PackSaid | undefined => {
  if (unit === undefined || unit.conversions.length === 0) return undefined
  let pack: DraftPack | null = null
  let odd = false
  for (const { unit: text, factor } of unit.conversions) {
    const units = Number(factor?.replace(",", ".").replace(/\s/gu, "") ?? Number.NaN)
    const usable = text !== null && Number.isInteger(units) && units >= 1 && units <= most
    odd ||= !usable
    if (!usable || units === 1 || (pack !== null && pack.units <= units)) continue
    pack = { ...named(text.trim(), names), units }
  }
  return { pack, odd }
}

/** The same unit, by code where both have one, else by name. */
export const sameUnit = (a: DraftUnit, b: DraftUnit): boolean =>
  a.code !== null && b.code !== null ? a.code === b.code : a.name.toLowerCase() === b.name.toLowerCase()
