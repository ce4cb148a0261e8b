import { BranchId, ProductId, Storage } from "@aptekit/core"
import {
  type LevelRow, loadNetwork, makeChange, makeMovement, makeOrder, makeProduct, priceBatch, smallNetwork, stateStock, stockBatch, TEST_NOW
} from "@aptekit/core/testing"
import { Effect, Fiber } from "effect"
import { createConnection } from "mysql2/promise"
import { describe, expect, it } from "vitest"
import { onServer } from "../../../test/mariadb.ts"
import { mariadb } from "../src/index.ts"
import { DriverError } from "../src/driver.ts"
import { type Driver, openMariadb, storageLayer } from "../src/internal.ts"
import { useEmptyMariadb } from "./support/databases.ts"

const server = useEmptyMariadb()

describe.skipIf(server.skip !== null)("two replicas on one MariaDB", () => {
  const both = async <A>(body: (one: Storage["Service"], two: Storage["Service"]) => Effect.Effect<A, unknown, Storage>) => {
    const uri = await server.emptied()
    const nested = Effect.gen(function*() {
      const one = yield* Storage
      return yield* Effect.provide(Effect.flatMap(Storage, (two) => body(one, two)), mariadb({ uri }))
    })
    return Effect.runPromise(nested.pipe(Effect.provide(mariadb({ uri }))))
  }

  it("D5: what one adds to the catalogue the other can sell", () =>
    both((one, two) =>
      Effect.gen(function*() {
        yield* Effect.provideService(loadNetwork(), Storage, one)
        yield* two.network.load
        yield* one.catalogue.upsert([makeProduct("zinc")])
        expect(yield* two.catalogue.byIds([ProductId.make("zinc")])).toHaveLength(1)
        const order = makeOrder({ n: 1, lines: [] })
        const movements = [makeMovement("zinc", "north", -2, TEST_NOW + 1)]
        yield* two.commit(makeChange("change-1", null, order, { movements }))
        const cell = { productId: ProductId.make("zinc"), branchId: BranchId.make("north") }
        expect((yield* two.stock.levels([cell]))[0]).toMatchObject({ ...cell, onHand: -2 })
      })))

  /** Both know the network; the second one's image has what the first one stated. */
  const bothLoaded = <A>(body: (one: Storage["Service"], two: Storage["Service"]) => Effect.Effect<A, unknown, Storage>) =>
    both((one, two) =>
      Effect.gen(function*() {
        yield* Effect.provideService(loadNetwork(), Storage, one)
        yield* two.network.load
        yield* two.catalogue.byIds(smallNetwork().products.map(({ id }) => id))
        yield* agree(two, "aspirin", "north", 10)
        return yield* body(one, two)
      })
    )

  const units = ({ stock: { image } }: Storage["Service"], product: string, branch: string): number =>
    image.onHand[image.cell(image.productSlot(ProductId.make(product))!, image.branchSlot(BranchId.make(branch))!)]!

  /** Until its image says so; without asking the database, which would repair it. */
  const agree = (storage: Storage["Service"], product: string, branch: string, onHand: number) =>
    Effect.gen(function*() {
      for (let look = 0; look < 100 && units(storage, product, branch) !== onHand; look++) yield* Effect.sleep("50 millis")
      expect(units(storage, product, branch)).toBe(onHand)
    })

  const states = (storage: Storage["Service"], rows: ReadonlyArray<LevelRow>, asOf: number) =>
    Effect.provideService(stateStock(rows, asOf), Storage, storage)

  it("D5: two imports at once go one after the other, and both hubs show what the later statement says", () =>
    bothLoaded((one, two) =>
      Effect.gen(function*() {
        const rows = (n: number): ReadonlyArray<LevelRow> => [["aspirin", "north", n], ["aspirin", "south", n], ["rare", "east", n]]
        const runs = yield* Effect.all([
          states(one, rows(21), TEST_NOW + 10_000),
          states(two, rows(22), TEST_NOW + 20_000),
          states(one, rows(23), TEST_NOW + 30_000)
        ], { concurrency: "unbounded" })
        expect(runs.map(({ state }) => state)).toEqual(["done", "done", "done"])
        for (const storage of [one, two]) {
          for (const [product, branch] of [["aspirin", "north"], ["aspirin", "south"], ["rare", "east"]] as const) {
            yield* agree(storage, product, branch, 23)
          }
        }
        const [level] = yield* two.stock.levels([{ productId: ProductId.make("rare"), branchId: BranchId.make("east") }])
        expect(level).toMatchObject({ onHand: 23, asOf: TEST_NOW + 30_000 })
      })))

  it("D5: a statement is compared with what the other hub has just done, not with an older image", () =>
    bothLoaded((one, two) =>
      Effect.gen(function*() {
        yield* states(one, [["aspirin", "north", 3]], TEST_NOW + 10_000)
        // Says what the second hub's image had until a moment ago.
        const run = yield* states(two, [["aspirin", "north", 10], ["aspirin", "south", 15]], TEST_NOW + 20_000)
        expect(run.counts).toMatchObject({ changed: 1, unchanged: 1 })
        for (const storage of [one, two]) yield* agree(storage, "aspirin", "north", 10)
        const stale = yield* states(one, [["aspirin", "south", 1]], TEST_NOW + 15_000)
        expect(stale.counts.stale).toBe(1)
      })))

  /** Before each of these writes of a run by one hub the other records a sale of before its time. */
  for (const moment of ["journalRun", "slice", "finishRun"] as const) {
    it(`D1: D2: a late sale that another replica records during a run (before ${moment}) takes nothing from a row that it names`, async () => {
      const uri = await server.emptied()
      let before = (_name: string): Promise<unknown> => Promise.resolve()
      const hooked = async (): Promise<Driver> => {
        const driver = await openMariadb(uri)
        return { ...driver, write: async (name, args, priority) => (await before(name), driver.write(name, args, priority)) }
      }
      const sold = (storage: Storage["Service"], id: string, at: number) =>
        storage.commit(makeChange(id, null, makeOrder({ n: Number(id.slice(-1)), lines: [] }), {
          movements: [makeMovement("aspirin", "south", -1, at)]
        }))
      await Effect.runPromise(
        Effect.gen(function*() {
          const one = yield* Storage
          yield* loadNetwork()
          yield* Effect.gen(function*() {
            const two = yield* Storage
            before = async (name) => {
              if (name !== moment) return
              before = () => Promise.resolve()
              await Effect.runPromise(sold(two, "change-1", TEST_NOW + 9_000))
              await Effect.runPromise(sold(two, "change-2", TEST_NOW + 11_000))
            }
            yield* states(one, [["aspirin", "north", 7], ["aspirin", "south", 15]], TEST_NOW + 10_000)
            const cell = { productId: ProductId.make("aspirin"), branchId: BranchId.make("south") }
            expect((yield* one.stock.levels([cell]))[0]).toMatchObject({ onHand: 14 })
            yield* agree(two, "aspirin", "south", 14)
            yield* agree(two, "aspirin", "north", 7)
          }).pipe(Effect.provide(storageLayer(() => openMariadb(uri))))
        }).pipe(Effect.provide(storageLayer(hooked)))
      )
    })
  }

  it("D1: P7: a run is journalled although another replica sells all the time, and what that sold counts once", async () => {
    const uri = await server.emptied()
    let sell = (): Promise<unknown> => Promise.resolve()
    const hooked = async (): Promise<Driver> => {
      const driver = await openMariadb(uri)
      const write: Driver["write"] = async (name, args, priority) => {
        if (name === "journalRun") await sell()
        return driver.write(name, args, priority)
      }
      return { ...driver, write }
    }
    await Effect.runPromise(
      Effect.gen(function*() {
        const one = yield* Storage
        yield* loadNetwork()
        yield* Effect.gen(function*() {
          const two = yield* Storage
          yield* two.network.load
          yield* two.catalogue.byIds(smallNetwork().products.map(({ id }) => id))
          let sold = 0
          // Between its last look and the journal a unit is sold in each branch: one before the statement's time, one after.
          sell = async () => {
            if (++sold > 30) return
            const movements = [makeMovement("aspirin", "south", -1, TEST_NOW + 9_000), makeMovement("aspirin", "north", -1, TEST_NOW + 11_000)]
            await Effect.runPromise(two.commit(makeChange(`change-${sold}`, null, makeOrder({ n: sold, lines: [] }), { movements })))
          }
          const { state } = yield* states(one, [["aspirin", "north", 50], ["aspirin", "south", 15]], TEST_NOW + 10_000)
          expect([state, sold < 10]).toEqual(["done", true])
          const cell = (branch: string) => ({ productId: ProductId.make("aspirin"), branchId: BranchId.make(branch) })
          const stored = yield* two.stock.levels([cell("north"), cell("south")])
          expect(stored.map(({ onHand }) => onHand)).toEqual([50 - sold, 15])
          for (const storage of [one, two]) {
            yield* agree(storage, "aspirin", "north", 50 - sold)
            yield* agree(storage, "aspirin", "south", 15)
          }
        }).pipe(Effect.provide(storageLayer(() => openMariadb(uri))))
      }).pipe(Effect.provide(storageLayer(hooked)))
    )
  })

  /** As if the hub had been silent for longer than its lease. */
  const silent = (uri: string) => Effect.promise(() => onServer(uri, "update leases set expires_at = 1 where name like 'hub/%'"))

  it("D4: D7: P7: what a hub that died had journalled is finished by one that lives, which looks for those who lost goods", { timeout: 40_000 }, async () => {
    const uri = await server.emptied()
    const dying = async (): Promise<Driver> => {
      const driver = await openMariadb(uri)
      let journalled = false
      const write: Driver["write"] = async (name, args, priority) => {
        if (journalled) throw new DriverError("killed", "notApplied")
        journalled = name === "journalRun"
        return driver.write(name, args, priority)
      }
      return { ...driver, write }
    }
    await Effect.runPromise(
      Effect.gen(function*() {
        const two = yield* Storage
        yield* loadNetwork()
        const before = two.stock.image.statements
        yield* Effect.gen(function*() {
          const one = yield* Storage
          yield* one.network.load
          yield* one.catalogue.byIds(smallNetwork().products.map(({ id }) => id))
          yield* Effect.flip(states(one, [["aspirin", "north", 7]], TEST_NOW + 10_000))
          yield* silent(uri)
          for (let look = 0; look < 300 && units(two, "aspirin", "north") !== 7; look++) yield* Effect.sleep("100 millis")
        }).pipe(Effect.provide(storageLayer(dying)))
        expect(units(two, "aspirin", "north")).toBe(7)
        expect((yield* two.stock.runs(1, undefined)).items[0]).toMatchObject({ state: "done" })
        expect(two.stock.image.statements).toBeGreaterThan(before)
      }).pipe(Effect.provide(mariadb({ uri })))
    )
  })

  it("D4: P7: a replica shows nothing of a run that another one is writing, though it has just heard of an earlier one", async () => {
    const uri = await server.emptied()
    const half = Promise.withResolvers<void>()
    const seen = Promise.withResolvers<void>()
    let slices = 0
    const writing = async (): Promise<Driver> => {
      const driver = await openMariadb(uri)
      const write: Driver["write"] = async (name, args, priority) => {
        // The first run has one slice; of the second one the stock is written, its prices are about to be.
        if (name === "slice" && ++slices === 3) {
          half.resolve()
          await seen.promise
        }
        return driver.write(name, args, priority)
      }
      return { ...driver, write }
    }
    const hearing = async (): Promise<Driver> => {
      const driver = await openMariadb(uri)
      let looks = 0
      const list: Driver["list"] = async (name, args) => {
        if (name === "foreignEvents" && slices > 0) {
          await half.promise
          // By its third look it has done what the first two gave it to do.
          if (++looks === 3) seen.resolve()
        }
        return driver.list(name, args)
      }
      return { ...driver, list }
    }
    await Effect.runPromise(
      Effect.gen(function*() {
        const two = yield* Storage
        yield* loadNetwork()
        const shown: Array<number> = []
        void seen.promise.then(() => shown.push(units(two, "aspirin", "north")))
        yield* Effect.gen(function*() {
          const one = yield* Storage
          yield* one.network.load
          yield* one.catalogue.byIds(smallNetwork().products.map(({ id }) => id))
          slices = 0
          yield* states(one, [["aspirin", "north", 3]], TEST_NOW + 10_000)
          const run = yield* one.stock.openRun({ connection: "1c", file: "offers.xml" }, {})
          yield* run.write(priceBatch(one, [["aspirin", null, 1]], TEST_NOW + 20_000))
          yield* run.write(stockBatch(one, [["aspirin", "north", 5]], TEST_NOW + 20_000))
          yield* run.finish()
        }).pipe(Effect.provide(storageLayer(writing)))
        expect(shown).toEqual([10])
        yield* agree(two, "aspirin", "north", 5)
        expect(two.stock.image.price("retail", ProductId.make("aspirin"), null)).toBe(1)
      }).pipe(Effect.provide(storageLayer(hearing)))
    )
  })

  it("STK-4: an order does not wait while a run's rows are written to the journal", async () => {
    const uri = await server.emptied()
    await Effect.runPromise(
      Effect.gen(function*() {
        const storage = yield* Storage
        yield* loadNetwork()
        const run = yield* storage.stock.openRun({ connection: "1c", file: "rests.xml" }, {})
        yield* run.write(stockBatch(storage, [["aspirin", "north", 4]], TEST_NOW + 10_000))
        const blocker = yield* Effect.promise(() => createConnection({ uri }))
        yield* Effect.promise(async () => {
          await blocker.query("start transaction")
          await blocker.query("insert into sync_journal (run_id, part, kind, as_of, data) values (?, 0, 'stock', 0, '')", [run.id])
        })
        const finishing = yield* Effect.forkChild(run.finish())
        const waits = Effect.promise(() => onServer(uri, "select 1 from information_schema.innodb_trx where trx_state = 'LOCK WAIT'"))
        // The server's list of them is made anew only where nobody has read it for 100 ms.
        while ((yield* waits).length === 0) yield* Effect.sleep("200 millis")
        yield* storage.commit(makeChange("change-1", null, makeOrder({ n: 1, lines: [] }))).pipe(Effect.timeout("2 seconds"))
        yield* Effect.promise(async () => {
          await blocker.query("rollback")
          await blocker.end()
        })
        expect(yield* Fiber.join(finishing)).toMatchObject({ state: "done" })
      }).pipe(Effect.provide(mariadb({ uri })))
    )
  })

  type OpenedRun = Effect.Success<ReturnType<Storage["Service"]["stock"]["openRun"]>>

  /** A run that one hub receives, among what another one does on the same database. */
  const receiving = async (
    body: (uri: string, run: OpenedRun, one: Storage["Service"]) => Effect.Effect<unknown, unknown, never>
  ): Promise<void> => {
    const uri = await server.emptied()
    await Effect.runPromise(
      Effect.gen(function*() {
        yield* loadNetwork()
        const one = yield* Storage
        const run = yield* one.stock.openRun({ connection: "1c", file: "rests.xml" }, {})
        yield* body(uri, run, one)
      }).pipe(Effect.provide(mariadb({ uri })))
    )
  }
  const another = <A>(uri: string, body: (two: Storage["Service"]) => Effect.Effect<A, unknown>) =>
    Effect.provide(Effect.flatMap(Storage, body), mariadb({ uri }))
  const stateIn = (storage: Storage["Service"], id: string) => Effect.map(storage.stock.run(id), (run) => run?.state)
  const given = { four: [["aspirin", "north", 4]], seven: [["aspirin", "north", 7]] } as const

  it("D4: a hub that starts, or imports, leaves the runs alone that another one receives", () =>
    receiving((uri, run, one) =>
      another(uri, (two) =>
        Effect.gen(function*() {
          expect(yield* stateIn(two, run.id)).toBe("receiving")
          yield* two.network.load
          yield* two.catalogue.byIds(smallNetwork().products.map(({ id }) => id))
          yield* states(two, given.seven, TEST_NOW + 10_000)
          expect(yield* stateIn(two, run.id)).toBe("receiving")
          yield* run.write(stockBatch(one, given.four, TEST_NOW + 20_000))
          expect((yield* run.finish()).state).toBe("done")
          yield* agree(two, "aspirin", "north", 4)
          expect(yield* Effect.promise(() => onServer(uri, "select name from leases where name like 'hub/%'"))).toEqual([])
        }))))

  it("D4: P10: what a dead hub was receiving is failed by the next one that starts", () =>
    receiving((uri, run) =>
      Effect.andThen(silent(uri), another(uri, (two) => Effect.map(stateIn(two, run.id), (state) => expect(state).toBe("failed"))))))

  it("D4: a hub that was taken for dead applies nothing of what it received", () =>
    receiving((uri, run, one) =>
      another(uri, (two) =>
        Effect.gen(function*() {
          yield* two.network.load
          yield* two.catalogue.byIds(smallNetwork().products.map(({ id }) => id))
          yield* silent(uri)
          yield* states(two, given.seven, TEST_NOW + 10_000)
          expect(yield* stateIn(two, run.id)).toBe("failed")
          yield* run.write(stockBatch(one, given.four, TEST_NOW + 20_000))
          expect((yield* Effect.result(run.finish()))._tag).toBe("Failure")
          expect(yield* stateIn(two, run.id)).toBe("failed")
          yield* agree(one, "aspirin", "north", 7)
        }))))

  it("STK-1: a product of many substances is kept whole", () =>
    both((one) =>
      Effect.gen(function*() {
        const inn = Array.from({ length: 30 }, (_, i) => `Витамин B${i}`).join(" + ")
        yield* one.catalogue.upsert([makeProduct("multi", { inn, form: inn, strength: inn, family: inn, atc: inn })])
        expect((yield* one.catalogue.byIds([ProductId.make("multi")]))[0]).toMatchObject({ inn, form: inn, strength: inn })
      })))
})
