import {
  type Branch, BranchId, greatCircle, nearestAssembly, type PlanRequest, ProductId, StockImage
} from "@aptekit/core"
import Database from "better-sqlite3"
import { report } from "./support/report.ts"

const PRODUCTS = 5_000
/** Share of cells with stock, as the measured prototype had it. */
const FILLED: Readonly<Record<number, number>> = { 17: 0.79, 100: 0.5, 1000: 0.2 }

/** Numbers that are the same in every run. */
const random = (seed: number) => (): number => {
  seed = (seed * 1_664_525 + 1_013_904_223) >>> 0
  return seed / 2 ** 32
}

const world = (branches: number) => {
  const next = random(7)
  const image = new StockImage()
  const list = Array.from({ length: branches }, (_, i): Branch => ({
    id: BranchId.make(`b${i}`), name: `b${i}`, address: "", point: { lat: 43.18 + next() * 0.15, lon: 76.8 + next() * 0.2 },
    zone: "Asia/Almaty", hours: [], exceptions: [], active: true, warehouse: false, stockControl: true, saleSource: "register"
  }))
  list.forEach((branch, i) => image.addBranch(branch.id, i))
  for (let p = 0; p < PRODUCTS; p++) {
    image.addProduct(ProductId.make(`p${p}`), p)
    for (let b = 0; b < branches; b++) if (next() < FILLED[branches]!) image.setLevel(p, b, 1 + Math.floor(next() * 12), 0)
  }
  const candidates = list.map((branch, slot) => ({ branch, slot, open: true }))
  const request = (): PlanRequest => ({
    lines: Array.from({ length: 1 + Math.floor(next() * 6) }, (_, i) => {
      const slot = Math.floor(next() * PRODUCTS)
      return { lineId: i + 1, productId: ProductId.make(`p${slot}`), quantity: 1 + Math.floor(next() * 2), slot, tracked: true, stopped: false }
    }),
    candidates,
    client: { lat: 43.18 + next() * 0.15, lon: 76.8 + next() * 0.2 },
    split: true,
    depthMargin: 2,
    available: (p, b) => image.availableAt(p, b),
    distance: greatCircle,
    notes: []
  })
  return { image, requests: Array.from({ length: 2_000 }, request) }
}

/** Only reading the rows that such a plan needs, from the bare database: what planning by query would begin with. */
const bareQueries = (branches: number, { image, requests }: ReturnType<typeof world>): number => {
  const db = new Database(":memory:")
  db.exec("create table stock (cell integer primary key, on_hand integer)")
  const insert = db.prepare("insert into stock values (?, ?)")
  db.transaction(() => {
    for (let p = 0; p < PRODUCTS; p++) for (let b = 0; b < branches; b++) insert.run(p * 4096 + b, image.availableAt(p, b))
  })()
  const read = db.prepare("select cell, on_hand from stock where cell between ? and ?").raw()
  const started = performance.now()
  for (const { lines } of requests) for (const line of lines) read.all(line.slot! * 4096, line.slot! * 4096 + branches - 1)
  const perSecond = requests.length / ((performance.now() - started) / 1000)
  db.close()
  return perSecond
}

/** Orders planned per second with their whole explanation; 1-6 lines. */
export const run = async (): Promise<void> => {
  for (const branches of [17, 100, 1000]) {
    const built = world(branches)
    for (const request of built.requests.slice(0, 500)) nearestAssembly.plan(request)
    const started = performance.now()
    let rounds = 0
    do {
      for (const request of built.requests) nearestAssembly.plan(request)
      rounds++
    } while (performance.now() - started < 1_500)
    const value = (rounds * built.requests.length) / ((performance.now() - started) / 1000)
    const reference = bareQueries(branches, built)
    report({
      bench: "assembly", case: `${branches} branches`, value, unit: "orders/s",
      reference: "bare better-sqlite3 only reading the rows", ratio: value / reference, note: `reference ${reference.toFixed(0)}/s`
    })
  }
}
