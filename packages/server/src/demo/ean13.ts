/** The check digit of the first twelve digits of an EAN-13: weights 1 and 3 by turns, up to the next ten. */
export const checkDigit = (twelve: string): number => {
  let sum = 0
  for (let i = 0; i < 12; i++) sum += Number(twelve[i]) * (i % 2 === 0 ? 1 : 3)
  return (10 - (sum % 10)) % 10
}

/**
 * A shop's own EAN-13 (prefixes 200-299). `maker` 0-99 and `ordinal` 0-9 stand before the product's number, so equal
 * codes cannot arise.
 */
export const ownEan13 = (maker: number, ordinal: number, product: number): string => {
  const twelve = `2${String(maker).padStart(2, "0")}${ordinal}${String(product).padStart(8, "0")}`
  return `${twelve}${checkDigit(twelve)}`
}
