/**
 * What a scanner read, as a GTIN of 14 digits where it is one: EAN-8, EAN-13, UPC-A, GTIN-14, or the element
 * string of a GS1 DataMatrix (`01` + GTIN first, with or without the symbology mark `]d2` or FNC1). Anything
 * else stays as it was read, so that a network's own codes can be scanned too (ORD-11).
 */
export const gtinOf = (scanned: string): string => {
  const code = scanned.trim().replace(/^\]d2|^\]C1|^\u{1D}/u, "")
  if (/^\d{8}$|^\d{12,14}$/u.test(code)) return code.padStart(14, "0")
  const element = /^(?:\(01\)|01)(\d{14})/u.exec(code)
  return element?.[1] ?? code
}
