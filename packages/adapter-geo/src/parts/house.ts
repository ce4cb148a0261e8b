import { addressKey } from "../address.ts"

const POSTCODE = /^\d{6}$/u

/** The house of an address as it is compared: its last word with a digit in front, but for a postcode; null: there is none. */
export const houseOf = (address: string): string | null =>
  addressKey(address).loose.split(" ").findLast((word) => /^\d/u.test(word) && !POSTCODE.test(word)) ?? null

/** Do two addresses, or an address and a house number, name the same house? */
export const sameHouse = (asked: string, found: string): boolean => {
  const house = houseOf(asked)
  return house !== null && house === houseOf(found)
}
