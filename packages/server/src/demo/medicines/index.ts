import { metabolismAndHeart } from "./metabolism-heart.ts"
import { nervesAndSenses } from "./nerves-senses.ts"
import type { MedicineRow } from "./row.ts"
import { skinAndInfections } from "./skin-infections.ts"

/** All substances of the demo, in the order of the ATC. */
export const medicines: ReadonlyArray<MedicineRow> = [...metabolismAndHeart, ...skinAndInfections, ...nervesAndSenses]
