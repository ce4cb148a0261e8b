import { Effect } from "effect"
import type { InvalidInput } from "../kernel/errors.ts"
import type { StorageUnavailable } from "../store/errors.ts"
import { Storage } from "../store/ports.ts"
import { groupsRefused, type ProductGroup, productsWithoutGroup } from "./groups.ts"
import { type ProductPut, splitPut } from "./model.ts"

/** Puts products, whole, each into a group that is there. All or none. */
export const putProducts = (
  put: ReadonlyArray<ProductPut>
): Effect.Effect<void, InvalidInput | StorageUnavailable, Storage> =>
  Effect.gen(function*() {
    const { catalogue } = yield* Storage
    const { products, descriptions } = splitPut(put)
    if (products.some(({ group }) => group !== null)) {
      const wrong = productsWithoutGroup(products, yield* catalogue.groups)
      if (wrong !== null) return yield* Effect.fail(wrong)
    }
    yield* catalogue.upsert(products, descriptions)
  })

/** Puts groups, whole, by id. All or none: their parents must be there or among them, and no group lies in itself. */
export const putGroups = (
  groups: ReadonlyArray<ProductGroup>
): Effect.Effect<void, InvalidInput | StorageUnavailable, Storage> =>
  Effect.gen(function*() {
    const { catalogue } = yield* Storage
    const refusals = yield* catalogue.putGroups(groups)
    if (refusals.length > 0) return yield* Effect.fail(groupsRefused(refusals))
  })
