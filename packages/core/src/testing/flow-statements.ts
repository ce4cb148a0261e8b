import { toIso } from "../kernel/time.ts"
import { makeProduct } from "./builders.ts"
import { attempt, type FlowBranch, flowCase, type FlowHarness, type FlowWorld, mustRefuse } from "./flow.ts"
import { ensure, faultsOf, type PortSuite } from "./port-suite.ts"
import { GARBAGE } from "./simulator.ts"

/** What the partner says it has. Products by the number of the case, branches by the hub's names. */
export interface Statement {
  /** Its catalogue: products of these numbers. */
  readonly products: ReadonlyArray<number>
  /** Units; `nowhere`: a place of the partner's that nobody has mapped. */
  readonly stock: ReadonlyArray<readonly [product: number, branch: FlowBranch | "nowhere", units: number]>
  /** Prices of the whole network, in minor units of KZT. */
  readonly prices: ReadonlyArray<readonly [product: number, minor: number]>
  /** When it was so, ms; whole seconds. A partner that can only say what is now leaves it aside. */
  readonly at: number
}

/** Plays a partner that states goods, stock and prices. */
export interface StatementsHarness extends FlowHarness {
  /** The partner's id of a product. */
  readonly partnerId: (n: number) => string
  /** The partner says this to the hub, or has it when the adapter asks. Resolves when the hub is done; rejects where it failed. */
  readonly state: (statement: Statement, world: FlowWorld) => Promise<void>
  /** For a partner that calls: it sends this text where a statement is due. */
  readonly garble?: (text: string, world: FlowWorld) => Promise<void>
}

const statementCase = flowCase<StatementsHarness>(() => null)

/** Products of the partner by its ids. */
const linksOf = async (world: FlowWorld): Promise<ReadonlyMap<string, string>> => {
  const { catalogue } = await world.storage
  const links = await world.hub.run(catalogue.links(world.connection, "product"))
  return new Map(links.map(({ externalId, id }) => [externalId, id]))
}

const productOf = async (world: FlowWorld, { partnerId }: StatementsHarness, n: number): Promise<string> => {
  const links = await linksOf(world)
  const id = links.get(partnerId(n))
  ensure(id !== undefined, `product ${n} has no link from ${partnerId(n)}; there are ${links.size} links`)
  return id
}

type Level = readonly [product: number, branch: FlowBranch, units: number]

const mustHave = async (world: FlowWorld, harness: StatementsHarness, ...levels: ReadonlyArray<Level>): Promise<void> => {
  for (const [n, branch, units] of levels) {
    const got = await world.units(await productOf(world, harness, n), branch)
    ensure(got === units, `product ${n} at ${branch}: ${got} units, not ${units}`)
  }
}

const mustCost = async (world: FlowWorld, harness: StatementsHarness, n: number, minor: number): Promise<void> => {
  const id = await productOf(world, harness, n)
  const got = await world.price(id) ?? await world.price(id, "north")
  ensure(got === minor, `product ${n} costs ${got}, not ${minor}`)
}

/** An hour ago, at a whole second: a statement is never of the future. */
const anHourAgo = async (world: FlowWorld): Promise<number> => Math.floor(await world.now() / 1000) * 1000 - 3_600_000

const MINUTE = 60_000
const FIRST: Omit<Statement, "at"> = {
  products: [1, 2, 3],
  stock: [[1, "north", 12], [1, "south", 3], [2, "north", 5]],
  prices: [[1, 49_000], [2, 171_950]]
}
const LEVELS: ReadonlyArray<Level> = [[1, "north", 12], [1, "south", 3], [2, "north", 5], [3, "north", 0]]

const stated = async (world: FlowWorld, harness: StatementsHarness, over: Partial<Statement> = {}): Promise<number> => {
  const at = await anHourAgo(world)
  await harness.state({ ...FIRST, at, ...over }, world)
  return at
}

const appliedRuns = async (world: FlowWorld) =>
  (await world.hub.run((await world.storage).stock.runs(100, undefined))).items.filter(({ connection }) => connection === world.connection)

/** What the hub relies on when a partner states its goods, stock and prices (STK-1, STK-2, D1 to D6). */
export const statementsSuite: PortSuite<StatementsHarness> = {
  port: "statements",
  capabilities: ["calledByPartner", "datedStatements", "wholeStatements"],
  cases: [
    statementCase("what the partner states is on hand, at its prices, under its ids", async (world, harness) => {
      await stated(world, harness)
      await mustHave(world, harness, ...LEVELS)
      await mustCost(world, harness, 1, 49_000)
      await mustCost(world, harness, 2, 171_950)
      const [product] = await world.hub.run((await world.storage).catalogue.byIds([await productOf(world, harness, 1) as never]))
      ensure(product !== undefined && product.name.ru !== "", "product 1 has no name")
    }),
    statementCase("each exchange is a run that people can look at", async (world, harness) => {
      await stated(world, harness)
      const runs = await appliedRuns(world)
      ensure(runs.length > 0, "no run is listed for this connection")
      const wrong = runs.find(({ state }) => state !== "done")
      ensure(wrong === undefined, `a run of a good statement is ${wrong?.state}: ${wrong?.error}`)
      ensure(runs.some(({ counts }) => counts.new > 0), "no run counts a row that is new")
    }),
    statementCase("the same statement again changes nothing, and makes no product twice", async (world, harness) => {
      const at = await stated(world, harness)
      const [before, known] = [(await linksOf(world)).size, (await appliedRuns(world)).length]
      await harness.state({ ...FIRST, at }, world)
      ensure((await linksOf(world)).size === before, "products were linked again under other ids")
      const again = (await appliedRuns(world)).slice(0, -known)
      const changed = again.reduce((sum, { counts }) => sum + counts.new + counts.changed + counts.gone, 0)
      ensure(changed === 0, `${changed} rows were taken for news`)
      await mustHave(world, harness, ...LEVELS)
    }),
    statementCase("a later statement takes the place of the earlier one", async (world, harness) => {
      const at = await stated(world, harness)
      const stock = [[1, "north", 7], [1, "south", 0], [2, "north", 5]] as const
      await harness.state({ ...FIRST, stock, prices: [[1, 50_000], [2, 171_950]], at: at + MINUTE }, world)
      await mustHave(world, harness, [1, "north", 7], [1, "south", 0], [2, "north", 5])
      await mustCost(world, harness, 1, 50_000)
    }),
    statementCase("what a whole statement does not name is gone (D3)", async (world, harness) => {
      const at = await stated(world, harness)
      await harness.state({ ...FIRST, stock: [[1, "north", 7]], at: at + MINUTE }, world)
      await mustHave(world, harness, [1, "north", 7], [1, "south", 0], [2, "north", 0])
    }, { wholeStatements: true }),
    statementCase("what a statement does not name stays as it is (D3)", async (world, harness) => {
      const at = await stated(world, harness)
      await harness.state({ ...FIRST, stock: [[1, "north", 7]], at: at + MINUTE }, world)
      await mustHave(world, harness, [1, "north", 7], [1, "south", 3], [2, "north", 5])
    }, { wholeStatements: false }),
    statementCase("a statement that is older than the last one changes no figure (D2)", async (world, harness) => {
      const at = await stated(world, harness)
      await harness.state({ ...FIRST, stock: [[1, "north", 99]], at: at - MINUTE }, world)
      await mustHave(world, harness, [1, "north", 12])
    }, { datedStatements: true }),
    statementCase("a sale after the statement's time stays taken off (D1)", async (world, harness) => {
      const at = await stated(world, harness)
      const lines = [{ productId: await productOf(world, harness, 1), quantity: 2 }] as const
      const sale = { source: "till", id: "r-1", branchId: "north", occurredAt: toIso(at + 2 * MINUTE), lines }
      await world.hub.sales.record(sale)
      await mustHave(world, harness, [1, "north", 10])
      await harness.state({ ...FIRST, at: at + MINUTE }, world)
      await mustHave(world, harness, [1, "north", 10])
      await harness.state({ ...FIRST, at: at + 3 * MINUTE }, world)
      await mustHave(world, harness, [1, "north", 12])
    }, { datedStatements: true }),
    statementCase("less than nothing is nothing, and a part of a unit is none (D6)", async (world, harness) => {
      await stated(world, harness, { stock: [[1, "north", -3], [1, "south", 2.7], [2, "north", 5]] })
      await mustHave(world, harness, [1, "north", 0], [1, "south", 2], [2, "north", 5])
    }),
    statementCase("a place that nobody has mapped spoils nothing else", async (world, harness) => {
      await stated(world, harness, { stock: [[1, "nowhere", 50], ...FIRST.stock] })
      await mustHave(world, harness, ...LEVELS)
    }),
    statementCase("a hub that is restarted goes on with the same products", async (world, harness) => {
      const at = await stated(world, harness)
      const before = (await linksOf(world)).size
      await world.restart()
      await harness.state({ ...FIRST, stock: [[1, "north", 7], [1, "south", 3], [2, "north", 5]], at: at + MINUTE }, world)
      await mustHave(world, harness, [1, "north", 7], [1, "south", 3], [2, "north", 5])
      ensure((await linksOf(world)).size === before, "products were linked again under other ids")
    }),
    statementCase("whoever does not know the secret states nothing", async (world, harness) => {
      await stated(world, harness)
      const before = (await appliedRuns(world)).length
      await mustRefuse(world, harness)
      ensure((await appliedRuns(world)).length === before, "a stranger began a run")
    }, { calledByPartner: true }),
    statementCase("nonsense where a statement is due changes nothing", async (world, harness) => {
      const at = await stated(world, harness)
      ensure(harness.garble !== undefined, "this case needs the harness's `garble`, or a skip by its name with a reason")
      for (const text of GARBAGE) await attempt(() => harness.garble!(text, world))
      await mustHave(world, harness, ...LEVELS)
      await harness.state({ ...FIRST, stock: [[1, "north", 7]], at: at + MINUTE }, world)
      await mustHave(world, harness, [1, "north", 7])
    }, { calledByPartner: true }),
    ...(["down", "refuses", "garbled", "dropAfter"] as const).map((fault) =>
      statementCase(`a partner under the fault "${fault}" changes no figure, and is read when it is mended`, async (world, harness) => {
        const at = await stated(world, harness)
        const simulator = faultsOf(harness)
        const next: Statement = { ...FIRST, stock: [[1, "north", 7], [1, "south", 3], [2, "north", 5]], at: at + MINUTE }
        simulator.fault(fault)
        await attempt(() => harness.state(next, world))
        await mustHave(world, harness, ...LEVELS)
        simulator.mend()
        await harness.state({ ...next, at: at + 2 * MINUTE }, world)
        await mustHave(world, harness, [1, "north", 7])
      }, { calledByPartner: false })
    ),
    statementCase("while the partner hangs, the hub goes on", async (world, harness) => {
      const simulator = faultsOf(harness)
      await world.hub.catalogue.upsert([makeProduct("own")])
      simulator.fault("slow")
      const reading = stated(world, harness)
      await simulator.arrived(1)
      await world.hub.stock.state([{ productId: "own", branchId: "south", quantity: 4 }])
      ensure(await world.units("own", "south") === 4, "stock that was stated meanwhile is not there")
      simulator.mend()
      await reading
      await mustHave(world, harness, ...LEVELS)
    }, { calledByPartner: false })
  ]
}
