import { parsePhoneNumberFromString, type CountryCode } from "libphonenumber-js"

/**
 * A phone as E.164 (`+77010000000`), or null where no number can be made of it.
 * `country` (ISO 3166 alpha-2) reads national spellings such as `8 (701) 000-00-00`.
 */
export const normalisePhone = (raw: string, country: string): string | null => {
  const phone = parsePhoneNumberFromString(raw.slice(0, 64), country as CountryCode)
  return phone !== undefined && phone.isPossible() ? phone.number : null
}
