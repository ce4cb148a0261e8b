/** The letters of GSM 03.38, each of which is one septet. */
const GSM = new Set(
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿" +
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
/** Its extension: an escape and a letter, two septets. */
const GSM_EXTENSION = new Set("\f^{}\\[~]|€")

/** How a text travels as SMS. */
export interface Segments {
  readonly encoding: "gsm7" | "ucs2"
  /** The text of each part, as it is shown on a phone one after the other. */
  readonly parts: ReadonlyArray<string>
}

/** Units of a message alone, and of each part of several, which bear a header of 6 octets. */
const ROOM = { gsm7: [160, 153], ucs2: [70, 67] } as const

const sizeIn = (encoding: Segments["encoding"], letter: string): number =>
  encoding === "ucs2" ? letter.length : GSM_EXTENSION.has(letter) ? 2 : 1

/**
 * The segments of a text (3GPP 23.038, 23.040), which is what gateways charge for. One letter outside of GSM 03.38, such
 * as any Cyrillic one, makes it all UCS-2. No part ends within a letter: an escape or a surrogate pair stays whole.
 * `forced`: for a gateway that takes no GSM 03.38.
 */
export const segmentsOf = (text: string, forced?: "ucs2"): Segments => {
  const letters = Array.from(text)
  const encoding = forced ?? (letters.every((letter) => GSM.has(letter) || GSM_EXTENSION.has(letter)) ? "gsm7" : "ucs2")
  const [alone, each] = ROOM[encoding]
  const whole = letters.reduce((sum, letter) => sum + sizeIn(encoding, letter), 0)
  if (whole <= alone) return { encoding, parts: [text] }
  const parts: Array<string> = []
  let part = ""
  let used = 0
  for (const letter of letters) {
    const size = sizeIn(encoding, letter)
    if (used + size > each) {
      parts.push(part)
      part = ""
      used = 0
    }
    part += letter
    used += size
  }
  return { encoding, parts: [...parts, part] }
}
