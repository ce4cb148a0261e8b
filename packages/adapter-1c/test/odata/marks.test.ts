import { newProduct, type Product, ProductId } from "@aptekit/core"
import { expect, test } from "vitest"
import { Base } from "../../src/odata/base.ts"
import { Catalogue, type CatalogueState } from "../../src/odata/catalogue.ts"
import { ODataClient } from "../../src/odata/client.ts"
import { PRESETS } from "../../src/odata/presets.ts"
import { StateFile } from "../../src/odata/state.ts"
import { ODATA_ROOT } from "../../src/testing/index.ts"
import { GOODS, id, simulate } from "./base-of.ts"
import { newFolder } from "./hub-of.ts"

test("R5: a mark is remembered before it works and forgotten after it has gone, wherever the hub is killed", async () => {
  const [folder, simulator] = [newFolder(), simulate()]
  const { login, password, fetch } = simulator
  const products = new Map<string, Product>([[id(1), newProduct(ProductId.make(id(1)), "Товар 1")]])
  const remembered: Array<ReadonlyArray<string>> = []
  const remember = async () => (await StateFile.open<CatalogueState>(folder, "marks.json", { deleted: [] })).value.deleted
  const catalogue = {
    links: async () => new Map([[id(1), id(1)]]),
    byIds: async (ids: ReadonlyArray<string>) => ids.flatMap((one) => products.get(one) ?? []),
    upsert: async (items: ReadonlyArray<{ readonly product: Product }>) => {
      remembered.push(await remember())
      for (const { product } of items) products.set(product.id, product)
    }
  }
  const base = new Base({
    config: { newProducts: "orderable", keep: [], page: 100 } as never,
    mapping: PRESETS["ut-11.5"].mapping,
    client: new ODataClient({ url: `http://1c.test${ODATA_ROOT}`, login, password, fetch }),
    hub: { catalogue } as never,
    connection: "1c-odata",
    needs: [],
    now: () => 0
  })
  const goods = new Catalogue(base, await StateFile.open<CatalogueState>(folder, "marks.json", { deleted: [] }))
  simulator.base.rows(GOODS)[0]!["DeletionMark"] = true
  await goods.sync(() => undefined)
  simulator.base.rows(GOODS)[0]!["DeletionMark"] = false
  await goods.sync(() => undefined)
  expect(remembered).toEqual([[id(1)], [id(1)]])
  expect(await remember()).toEqual([])
  expect(products.get(id(1))).toMatchObject({ shown: true, stopped: false })
})
