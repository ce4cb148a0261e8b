import {
  BranchId,
  hubLayer,
  type HubServices,
  Network,
  type Order,
  Orders,
  type OrderRequest,
  ProductId,
  Storage
} from "@aptekit/core"
import { loadNetwork, makeRequest, smallNetwork, TEST_NOW, type TestNetwork } from "@aptekit/core/testing"
import { type Duration, Effect } from "effect"
import { TestClock } from "effect/testing"
import { type Driver, type EncodedChange, openMariadb, openSqlite, storageLayer } from "../../src/internal.ts"
import { useEmptyMariadb, useSqlite } from "./databases.ts"

export interface Database {
  readonly name: string
  readonly skip: boolean
  /** A way to open one empty database, as often as one likes; it is the last test's no more. */
  readonly fresh: () => Promise<() => Promise<Driver>>
}

/** Both databases, for tests that use an empty one each. */
export const useDatabases = (): ReadonlyArray<Database> => {
  const newFile = useSqlite()
  const server = useEmptyMariadb()
  return [
    {
      name: "SQLite",
      skip: false,
      fresh: async () => {
        const file = await newFile()
        return () => openSqlite(file)
      }
    },
    {
      name: "MariaDB",
      skip: server.skip !== null,
      fresh: async () => {
        const uri = await server.emptied()
        return () => openMariadb(uri)
      }
    }
  ]
}

interface Held {
  readonly change: EncodedChange
  readonly go: () => Promise<unknown>
}

/**
 * Where decided changes wait for each other: nobody commits before all have decided on the same figures. So a race
 * happens for certain, and in the order that the test wants.
 */
export class Gate {
  #count = 0
  #held: Array<Held> = []
  #order: ReadonlyArray<string> | null = null
  /** Runs before the next change is committed, once. */
  before: (() => Promise<unknown>) | null = null
  /** Runs when the next change has been committed and nobody has heard of it yet, once. */
  after: (() => Promise<unknown>) | null = null
  /** The next change is committed, and again: as when its first answer was lost and could not be looked up in time. */
  twice = false

  /** The next `count` changes wait for each other, then go all at once, or one after the other by their first event. */
  hold(count: number, order: ReadonlyArray<string> | null = null): void {
    this.#count = count
    this.#order = order
  }

  async pass<A>(change: EncodedChange, commit: () => Promise<A>): Promise<A> {
    const { before } = this
    this.before = null
    await before?.()
    if (this.#count === 0) return commit()
    this.#count--
    return new Promise((resolve, reject) => {
      // How it ends is told to whoever committed; the gate only waits for it.
      const go = (): Promise<unknown> => commit().then(resolve, reject)
      this.#held.push({ change, go })
      if (this.#count === 0) void this.#open()
    })
  }

  async #open(): Promise<void> {
    const held = this.#held.splice(0)
    if (this.#order === null) return void held.map(({ go }) => go())
    for (const type of this.#order) await held.find(({ change }) => change.events[0]?.[1] === type)!.go()
  }
}

/** Runs before a write of this name is done, once. */
export class Interruption {
  #name: string | null = null
  #act: () => Promise<unknown> = () => Promise.resolve()

  before(name: string, act: () => Promise<unknown>): void {
    this.#name = name
    this.#act = act
  }

  async at(name: string): Promise<void> {
    if (name !== this.#name) return
    this.#name = null
    await this.#act()
  }
}

export interface Hooks {
  readonly gate: Gate
  readonly writes: Interruption
  /** Lets time pass. The hub has a clock of its own before the test's, set by the database (D24). */
  pass: (time: Duration.Input) => Effect.Effect<void>
}

const hooked = (driver: Driver, { gate, writes }: Hooks): Driver => ({
  ...driver,
  commit: (change) =>
    gate.pass(change, async () => {
      const result = await driver.commit(change)
      const { after, twice } = gate
      gate.after = null
      gate.twice = false
      await after?.()
      return twice ? driver.commit(change) : result
    }),
  write: async (name, args, priority) => {
    await writes.at(name)
    return driver.write(name, args, priority)
  }
})

export const newHooks = (): Hooks => ({ gate: new Gate(), writes: new Interruption(), pass: () => Effect.void })

/** A hub without jobs over a database whose commits and writes the hooks may hold; on that Monday morning. */
export const inHub = <A, E>(
  open: () => Promise<Driver>,
  hooks: Hooks,
  body: Effect.Effect<A, E, HubServices>
) =>
  Effect.gen(function*() {
    yield* TestClock.setTime(TEST_NOW)
    const test = yield* Effect.context<never>()
    hooks.pass = (time) => TestClock.adjust(time).pipe(Effect.provide(test))
    return yield* body.pipe(
      Effect.provide(hubLayer({ storage: storageLayer(async () => hooked(await open(), hooks)), jobs: false }))
    )
  })

export const load = (over: Partial<TestNetwork> = {}) =>
  Effect.gen(function*() {
    yield* loadNetwork(smallNetwork(over))
    yield* (yield* Network).reload
  })

export const order = (externalId: string, over: Partial<OrderRequest> = {}) =>
  Effect.flatMap(Orders, (orders) => orders.place(makeRequest({ externalId, ...over }), { kind: "channel", id: "shop" }))

export const wants = (quantity: number, product = "aspirin") =>
  ({ lines: [{ productId: ProductId.make(product), quantity }] }) as const

export interface Figures {
  readonly onHand: number
  readonly reserved: number
  /** What the image says of it. */
  readonly image: { readonly onHand: number; readonly reserved: number }
}

/** What the image says of a row. */
export const shown = (product: string, branch: string) =>
  Effect.map(Storage, ({ stock: { image } }) => {
    const cell = image.cell(image.productSlot(ProductId.make(product))!, image.branchSlot(BranchId.make(branch))!)
    return { onHand: image.onHand[cell]!, reserved: image.reserved[cell]! }
  })

/** A row as the database and the image have it. The image is read first: asking the database would repair it. */
export const figures = (product: string, branch: string) =>
  Effect.gen(function*() {
    const { stock } = yield* Storage
    const image = yield* shown(product, branch)
    const [level] = yield* stock.levels([{ productId: ProductId.make(product), branchId: BranchId.make(branch) }])
    return { onHand: level?.onHand ?? 0, reserved: level?.reserved ?? 0, image } satisfies Figures
  })

/** The same figures in both places. */
export const both = (onHand: number, reserved: number): Figures => ({ onHand, reserved, image: { onHand, reserved } })

export const heldBy = (orders: ReadonlyArray<Order>): number =>
  orders.flatMap((one) => one.fulfilments).flatMap((f) => f.lines).reduce((sum, line) => sum + line.held, 0)
