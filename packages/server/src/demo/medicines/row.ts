import type { FormCode } from "../forms.ts"
import type { GroupId } from "../groups.ts"

/** How a medicine is sold and kept; forms for injection are prescription whatever stands here. */
export type SaleTerms = "otc" | "rx" | "otc-cold" | "rx-cold"

/**
 * What is on sale of one substance: `form strengths packs`, e.g. `ftab 200mg|400mg 10,20`. Strengths are parted
 * by `|`, weakest first, packs by `,`: `20` (pieces), `100ml`, `30g`, `2ml*10` (ten ampoules of 2 ml).
 */
export type Variants = `${FormCode} ${string} ${string}`

/**
 * A substance under one ATC code. A substance whose code depends on the form (ibuprofen as tablets and as gel) has
 * several rows. `price` is in whole tenge, of the first pack of the first strength.
 */
export type MedicineRow = readonly [
  ru: string,
  en: string,
  atc: string,
  group: GroupId,
  terms: SaleTerms,
  price: number,
  ...variants: ReadonlyArray<Variants>
]
