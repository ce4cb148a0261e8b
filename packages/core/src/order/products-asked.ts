import { Effect } from "effect"
import type { Product } from "../catalogue/model.ts"
import type { ProductId } from "../kernel/ids.ts"
import type { StorageUnavailable } from "../store/errors.ts"
import type { StorageService } from "../store/ports.ts"
import type { OrderRequest } from "./request.ts"

/** The product of each requested line, in order; null where nobody knows it. At most one query per kind of key. */
export const productsAsked = (
  { catalogue }: StorageService,
  request: OrderRequest
): Effect.Effect<ReadonlyArray<Product | null>, StorageUnavailable> =>
  Effect.gen(function*() {
    const keys = (key: "productId" | "sku" | "barcode") => [
      ...new Set(request.lines.flatMap((line) => (line[key] === undefined ? [] : [line[key]])))
    ]
    const [ids, skus, codes] = [keys("productId"), keys("sku"), keys("barcode")]
    const known = new Map<string, Product>()
    const shared = new Set<string>()
    if (ids.length > 0) for (const p of yield* catalogue.byIds(ids as Array<ProductId>)) known.set(`i${p.id}`, p)
    if (skus.length > 0) for (const p of yield* catalogue.bySkus(skus)) known.set(`s${p.sku}`, p)
    if (codes.length > 0) {
      for (const p of yield* catalogue.byBarcodes(codes)) {
        for (const code of p.barcodes) {
          // A barcode of two products names neither: a person must say which.
          if (known.has(`b${code}`)) shared.add(`b${code}`)
          known.set(`b${code}`, p)
        }
      }
    }
    for (const key of shared) known.delete(key)
    return request.lines.map((line) =>
      known.get(line.productId !== undefined ? `i${line.productId}` : line.sku !== undefined ? `s${line.sku}` : `b${line.barcode}`) ?? null
    )
  })
