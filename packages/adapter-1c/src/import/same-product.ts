import type { Product } from "@aptekit/core"

const same = (a: unknown, b: unknown): boolean =>
  a === b || (typeof a === "object" && typeof b === "object" && JSON.stringify(a) === JSON.stringify(b))

/** Is what a file makes of a product the product as it is? Most of a full export is. */
export const sameProduct = (a: Product, b: Product): boolean => {
  for (const key in a) if (!same(a[key as keyof Product], b[key as keyof Product])) return false
  return true
}
