import { existsSync, readFileSync } from "node:fs"
import type { OneCFile } from "@aptekit/adapter-1c/testing"
import { afterEach, describe, expect, it } from "vitest"
import { fileOf, links, onHand, type OneCServer, serveOneC, stateOf } from "./support/one-c.ts"
import type { Order } from "./support/server.ts"

const DATA = new URL("../../../../shared/data/", import.meta.url)
const isThere = existsSync(DATA)

if (!isThere) {
  const notice = `[server] SKIPPED: the sample files of ${DATA.pathname} are absent, no real 1C exchange was played`
  console.warn(`\n${"!".repeat(notice.length)}\n${notice}\n${"!".repeat(notice.length)}\n`)
}

it.runIf(process.env["CI"] === "true")("R-STK-1: in CI the sample files are there", () => {
  expect(isThere, `${DATA.pathname} is missing`).toBe(true)
})

/** A file of a set; what its README says of it; what the run counts: rows that are stock or prices, and products. */
type Expected = { readonly products: number; readonly rows: number; readonly parked?: number }
interface SampleSet {
  readonly folder: string
  readonly files: ReadonlyArray<readonly [name: string, words: string, expected: Expected]>
  /** After the set: units on hand, products and branches that are linked. */
  readonly units: number
  readonly products: number
  readonly branches: number
}

const SPLIT = "3.1-split-files"
const SETS: ReadonlyArray<SampleSet> = [
  {
    folder: "2.07-three-warehouses",
    files: [
      ["import0_1.xml", "36 products", { products: 36, rows: 0 }],
      // 8 of the 44 offers are of goods that the catalogue file does not have.
      ["offers0_1.xml", "44 offers, 44 prices, 132 stock rows in 3 warehouses, sum 2 815", { products: 8, rows: 176 }]
    ],
    units: 2815,
    products: 44,
    branches: 3
  },
  {
    folder: "2.07-characteristics",
    files: [
      ["classifier.xml", "22 groups, 10 properties", { products: 0, rows: 0 }],
      ["import.xml", "2 products", { products: 2, rows: 0 }],
      ["import_wo_classifier.xml", "2 products", { products: 0, rows: 0 }],
      ["offers.xml", "5 offers, 5 prices of 1 type, 5 stock rows (5 warehouses declared, 1 used)", { products: 5, rows: 10 }]
    ],
    units: 219,
    products: 7,
    branches: 5
  },
  {
    folder: "2.07-nested-groups-large",
    files: [["import0_1.xml", "283 products", { products: 283, rows: 0 }]],
    units: 0,
    products: 283,
    branches: 0
  },
  {
    folder: "2.08-three-price-types",
    files: [
      ["classifier.xml", "5 groups, 3 properties", { products: 0, rows: 0 }],
      ["import.xml", "2 products", { products: 2, rows: 0 }],
      // Of three price types the first becomes `retail`; the rows of the others wait.
      ["offers.xml", "2 offers, 6 prices, quantity 7", { products: 2, rows: 4, parked: 4 }]
    ],
    units: 7,
    products: 4,
    branches: 0
  },
  {
    folder: SPLIT,
    files: [
      ["import___57c55968-51d1-46f0-b5d7-927f420b8fd4.xml", "1 group, 1 price type, 1 unit", { products: 0, rows: 0 }],
      ["import___5335d080-66b0-4355-887c-d54bba6f1f08.xml", "1 product", { products: 1, rows: 0 }],
      ["offers___13955e2c-c7d0-4189-8db7-9bc863cde645.xml", "2 offers", { products: 1, rows: 0 }],
      ["prices___478f43af-4dba-47c9-b3fa-d9737c14a30f.xml", "2 prices", { products: 0, rows: 2 }],
      ["rests___9ebdccc5-f70a-43db-8c03-0103301aad32.xml", "2 stock rows, quantity 2", { products: 0, rows: 2 }]
    ],
    units: 2,
    products: 2,
    branches: 0
  },
  {
    folder: "2.07-offer-changes-ut11",
    // Nothing is known of its goods yet: all its rows wait, the explicit total among them.
    files: [["offers0_1.xml", "2 offers, 1 price, 2 stock rows", { products: 0, rows: 0, parked: 4 }]],
    units: 0,
    products: 0,
    branches: 2
  }
]

const filesOf = (set: SampleSet): ReadonlyArray<OneCFile> =>
  set.files.map(([name]) => fileOf(new URL(`1c/commerceml/${set.folder}/`, DATA), name))

let server: OneCServer | undefined
afterEach(async () => {
  await server?.close()
  server = undefined
})

const started = async (...options: Parameters<typeof serveOneC>): Promise<OneCServer> => (server = await serveOneC(...options))

const THREE = SETS[0]!

describe.skipIf(!isThere)("real files, sent as 1C sends them", () => {
  const readme = isThere ? readFileSync(new URL("README.md", DATA), "utf8").split("\n") : []

  it("R-STK-1: the sets here are those of the data's README", () => {
    for (const { folder, files } of SETS) {
      for (const [name, words] of files) {
        const file = `${folder}/${name.replace(/___.*/u, "___")}`
        expect(readme.filter((line) => line.includes(file) && line.includes(words)), `${file}: ${words}`).not.toEqual([])
      }
    }
  })

  for (const set of SETS) {
    for (const way of ["zip", "plain"] as const) {
      it(`R-STK-1: ${set.folder} arrives in pieces (${way}) with the counts of the data's README`, async () => {
        // The one set in tenge.
        const hub = await started({ zip: way === "zip", ...(set.folder.includes("ut11") ? { currency: "KZT" } : {}) })
        const report = await hub.client().exchange(filesOf(set))
        expect(new Set(Object.values(report.imports))).toEqual(new Set(["success"]))
        if (set.folder === THREE.folder && way === "plain") expect(report.pieces).toBe(13)
        for (const [name, , { products, rows, parked = 0 }] of set.files) {
          const { state, counts } = await hub.run(name)
          const compared = counts.new + counts.changed + counts.unchanged + counts.gone
          expect([name, state, counts.products, compared, counts.parked, counts.rejected])
            .toEqual([name, "done", products, rows, parked, 0])
        }
        expect(onHand(hub).units).toBe(set.units)
        expect(await links(hub, "product")).toHaveLength(set.products)
        expect(await links(hub, "branch")).toHaveLength(set.branches)
      })
    }
  }

  it("R-STK-1: the dialects УТ, УНФ and Битрикс all get through", async () => {
    const hub = await started()
    for (const dialect of ["ut", "unf", "bitrix"] as const) {
      expect(await hub.client({ dialect }).exchange(filesOf(THREE))).toMatchObject({ imports: { "offers0_1.xml": "success" } })
    }
    expect(onHand(hub).units).toBe(2815)
  })

  it("R-STK-2: the same exchange once more changes nothing", async () => {
    const hub = await started()
    await hub.client().exchange(filesOf(THREE))
    const before = await stateOf(hub)
    await hub.client().exchange(filesOf(THREE))
    const { counts } = await hub.run("offers0_1.xml")
    expect(counts).toMatchObject({ new: 0, changed: 0, gone: 0, stale: 0, unchanged: 176, products: 0, rejected: 0, parked: 0 })
    expect((await hub.run("import0_1.xml")).counts.products).toBe(0)
    expect(await stateOf(hub)).toEqual(before)
  })

  it("R-STK-2: a file cut off anywhere is refused with its line and changes nothing", async () => {
    const hub = await started({ zip: false, fileLimit: 200_000 })
    await hub.client().exchange(filesOf(THREE))
    const before = await stateOf(hub)
    const bytes = filesOf(THREE)[1]!.bytes
    const closing = bytes.length - Buffer.from("</КоммерческаяИнформация>").length
    const step = Math.floor(closing / 40)
    for (let cut = 1; cut < closing; cut += step) {
      const sent = hub.client().exchange([{ name: "offers0_1.xml", bytes: bytes.subarray(0, cut) }])
      await expect(sent, `cut at byte ${cut}`).rejects.toThrow(/failure\nФайл «offers0_1\.xml» не загружен, ничего не изменено\. Строка \d+/u)
    }
    expect(await stateOf(hub)).toEqual(before)
    const [last] = await hub.runs()
    expect([last?.state, last?.counts]).toMatchObject(["failed", { new: 0, changed: 0, products: 0 }])
  })

  it("R-STK-1, R-ORD-1: a product that came from 1C is ordered, reserved, assembled and sold", async () => {
    const hub = await started()
    await hub.client().exchange(filesOf(THREE))
    const productId = "bd8c4e15-18f9-11e7-80c2-0cc47ab29cd1"
    const branchId = "dd306af1-19c9-11e7-80c2-0cc47ab29cd1"
    const available = async (): Promise<unknown> => {
      const response = await hub.call("shop", "GET", `/stock?productId=${productId}&branchId=${branchId}`)
      return ((await response.json()) as { items: ReadonlyArray<unknown> }).items[0]
    }
    expect(await available()).toMatchObject({ available: 376, price: { amount: 10_000, currency: "RUB" } })

    const order = await hub.order({ delivery: { type: "pickup", branchId }, lines: [{ productId, quantity: 6 }] })
    const [part] = order.fulfilments
    expect([order.status, part?.reservation?.state, part?.lines[0]?.held]).toEqual(["assigned", "live", 6])
    expect(await available()).toMatchObject({ available: 370 })
    for (const command of ["accept", "assemble"]) expect((await hub.command(order, command)).status).toBe(200)
    const sale = await hub.call("register", "POST", "/sales", {
      source: "kassa-1",
      id: "R-1",
      branchId,
      occurredAt: new Date().toISOString(),
      fulfilmentNumber: part?.number,
      lines: [{ productId, quantity: 6 }]
    })
    const { order: closed } = await sale.json() as { order: Order }
    expect([sale.status, closed.status]).toEqual([201, "closed"])
    expect(await available()).toMatchObject({ available: 370 })

    // The file knows nothing of the sale: it speaks of an earlier time (D1).
    await hub.client().exchange(filesOf(THREE))
    expect(await available()).toMatchObject({ available: 370 })
  })

  it("R-STK-1: an orders file in the catalogue exchange is refused with a reason", async () => {
    const hub = await started()
    const file = fileOf(new URL("1c/commerceml/2.07-orders-back-ut11/", DATA), "orders.xml")
    await expect(hub.client().exchange([file])).rejects.toThrow(/Это файл заказов/u)
  })
})

describe.skipIf(!isThere)("faults on the way", () => {
  const faults = { cutBody: true, repeatPieces: true, loseSession: true }

  it("R-STK-1: a body that breaks off, pieces sent twice and a lost session end in the same stock", async () => {
    const hub = await started({ zip: false })
    const report = await hub.client({ faults }).exchange(filesOf(THREE))
    expect(Object.values(report.imports)).toEqual(["success", "success"])
    expect(onHand(hub).units).toBe(2815)
  })

  it("R-STK-1: an import that nobody polls is done all the same", async () => {
    const hub = await started({ pollDelayMs: 0 })
    const client = hub.client({ faults: { skipPolling: true } })
    await client.exchange(filesOf(THREE))
    // The next question waits behind what runs.
    await expect.poll(() => onHand(hub).units, { timeout: 15_000 }).toBe(2815)
  })
})
