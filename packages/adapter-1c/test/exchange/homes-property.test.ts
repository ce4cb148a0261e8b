import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, afterEach, expect, test, vi } from "vitest"
import { FileThread } from "../../src/worker/file-thread.ts"
import { type Homes, settingsOf } from "../../src/worker/homes.ts"
import { Ledger } from "../../src/worker/ledger.ts"
import { IGNORED_TARGET, type Route, UNKNOWN_TARGET } from "../../src/worker/protocol.ts"
import { below, pick, randomFrom } from "../support/random.ts"
import { offer, offersOf, stockAt } from "./hub.ts"

const WAREHOUSES = ["w1", "w2", "w3", "w4"]
const BRANCHES = [0, 1, 2]
const PRODUCTS = ["p0", "p1", "p2"]
const HOUR = 3_600_000

const temporary = mkdtempSync(join(tmpdir(), "aptekit-homes-"))
afterAll(() => rmSync(temporary, { recursive: true, force: true }))
afterEach(() => void vi.restoreAllMocks())

/** By warehouse and product. */
type Words = Map<string, Map<string, number>>
type Said = ReadonlyArray<readonly [product: string, warehouse: string, units: number]>

const wordsOf = (words: Words, warehouse: string): Map<string, number> => {
  if (!words.has(warehouse)) words.set(warehouse, new Map())
  return words.get(warehouse)!
}

/** A branch has the sum of what its warehouses last said: all there is to it. */
class Model {
  homes: Homes = new Map()
  readonly #counted: Words = new Map()
  readonly #waiting: Words = new Map()

  meet(routes: ReadonlyArray<Route>, isApplied: boolean): void {
    const { former, homes, branches, ignored } = settingsOf(this.homes, routes)
    if (branches.length === 0 && !isApplied) return
    this.homes = homes
    for (const warehouse of WAREHOUSES) {
      const home = homes.get(warehouse)
      if (home === undefined && former.has(warehouse)) this.#leave(warehouse, ignored.has(warehouse))
      if (home !== undefined && branches.includes(home)) this.#take(warehouse)
    }
  }

  hear(said: Said, routes: ReadonlyArray<Route>): void {
    for (const [warehouse, branch] of routes) {
      if (branch >= 0) this.#take(warehouse)
      if (branch === IGNORED_TARGET) this.#waiting.delete(warehouse)
    }
    const lead = new Map(routes)
    for (const [product, warehouse, units] of said) {
      const branch = lead.get(warehouse) ?? UNKNOWN_TARGET
      if (branch !== IGNORED_TARGET) wordsOf(branch >= 0 ? this.#counted : this.#waiting, warehouse).set(product, units)
    }
  }

  level(product: string, branch: number): number {
    return WAREHOUSES.filter((warehouse) => this.homes.get(warehouse) === branch)
      .reduce((sum, warehouse) => sum + (this.#counted.get(warehouse)?.get(product) ?? 0), 0)
  }

  /** What waits was said later. */
  #take(warehouse: string): void {
    for (const [product, units] of this.#waiting.get(warehouse) ?? []) wordsOf(this.#counted, warehouse).set(product, units)
    this.#waiting.delete(warehouse)
  }

  #leave(warehouse: string, isIgnored: boolean): void {
    if (!isIgnored) {
      for (const [product, units] of this.#counted.get(warehouse) ?? []) {
        if (!wordsOf(this.#waiting, warehouse).has(product)) wordsOf(this.#waiting, warehouse).set(product, units)
      }
    }
    this.#counted.delete(warehouse)
  }
}

/** Levels as a database keeps them: an earlier statement changes nothing (D2). */
class Levels {
  readonly #rows = new Map<string, { readonly units: number; readonly asOf: number }>()

  state(product: number, branch: number, units: number, asOf: number): void {
    const key = `${product}/${branch}`
    if ((this.#rows.get(key)?.asOf ?? 0) <= asOf) this.#rows.set(key, { units, asOf })
  }

  units(product: number, branch: number): number {
    return this.#rows.get(`${product}/${branch}`)?.units ?? 0
  }

  in(branch: number) {
    const rows = PRODUCTS.map((_, product) => this.#rows.get(`${product}/${branch}`))
    return {
      branch,
      onHand: Int32Array.from(rows, (row) => row?.units ?? 0),
      statedAt: Float64Array.from(rows, (row) => row?.asOf ?? 0)
    }
  }
}

/** A hub that has just been started imports a file: `held`, nothing of it is applied. */
const importFile = (folder: string, levels: Levels, routes: ReadonlyArray<Route>, said: Said, asOf: number, isHeld: boolean): void => {
  const data = { folder, maxPrice: 1, maxSku: 1, noPrice: -1, maxDescription: 1, maxPackUnits: 1, maxGroups: 1 }
  const thread = new FileThread(data, () => undefined)
  thread.learn({ ids: PRODUCTS, slots: Int32Array.from(PRODUCTS.keys()) })
  const path = join(folder, "rests.xml")
  const offers = said.map(([product, warehouse, units]) => offer(product, stockAt(warehouse, String(units))))
  writeFileSync(path, offersOf(offers))
  const read = thread.read({ path, scratch: folder, currency: "KZT", currencies: {}, priceTypes: [], deleted: [] })
  const branches = thread.route(routes)
  if (branches.length > 0) thread.move({ asOf, levels: branches.map((branch) => levels.in(branch)) })
  const lead = new Map(routes)
  thread.sort({
    asOf,
    warehouses: read.warehouses.map((id) => ({ branch: lead.get(id) ?? UNKNOWN_TARGET, reason: "" })),
    total: { branch: IGNORED_TARGET, reason: "" },
    priceTypes: []
  })
  for (let batch = thread.next(); batch !== undefined; batch = thread.next()) {
    if (batch.kind !== "stock" || isHeld) continue
    for (const [i, product] of batch.products.entries()) levels.state(product, batch.branches[i]!, batch.quantities[i]!, batch.asOf)
  }
  if (!isHeld) thread.commit()
  thread.forget()
}

/** The process is killed when something is to be written for so many times. */
const cutAt = (writes: number, work: () => void): void => {
  const write: (this: Ledger) => void = Reflect.get(Ledger.prototype, "save")
  let left = writes
  const save = vi.spyOn(Ledger.prototype, "save").mockImplementation(function(this: Ledger) {
    if (left-- === 0) throw new Error("killed")
    write.call(this)
  })
  try {
    work()
  } catch (error) {
    expect(error).toMatchObject({ message: "killed" })
  }
  save.mockRestore()
}

test("R-STK-1: whatever settings, files, restarts and cuts follow each other, a branch has what its warehouses last said", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = randomFrom(seed)
    const folder = mkdtempSync(join(temporary, "seed-"))
    const [model, levels] = [new Model(), new Levels()]
    let routes: ReadonlyArray<Route> = []
    for (let step = 1; step <= 12; step++) {
      if (below(random, 2) === 0) {
        const targets = [...BRANCHES, ...BRANCHES, IGNORED_TARGET, undefined]
        routes = WAREHOUSES.flatMap((warehouse) => {
          const branch = pick(random, targets)
          return branch === undefined ? [] : [[warehouse, branch] as const]
        })
      }
      const said = Array.from({ length: below(random, 4) }, () => [pick(random, PRODUCTS), pick(random, WAREHOUSES), below(random, 20)] as const)
      const isHeld = below(random, 5) === 0
      model.meet(routes, !isHeld)
      const work = (): void => importFile(folder, levels, routes, said, step * HOUR, isHeld)
      if (below(random, 2) === 0) cutAt(below(random, 12), work)
      work()
      if (isHeld) continue
      model.hear(said, routes)
      const found = PRODUCTS.map((_, product) => BRANCHES.map((branch) => levels.units(product, branch)))
      const right = PRODUCTS.map((product) => BRANCHES.map((branch) => model.level(product, branch)))
      expect(found, `seed ${seed}, step ${step}: ${JSON.stringify({ routes, said })}`).toEqual(right)
    }
  }
})
