import { attempt, flowCase, type FlowHarness, flowProduct, FLOW_UNITS, type FlowBranch, type FlowWorld, mustRefuse, roundsUntil } from "./flow.ts"
import { ensure, faultsOf, type PortSuite } from "./port-suite.ts"

/** A receipt as the partner's register made it. */
export interface Receipt {
  readonly id: string
  readonly branch: FlowBranch
  /** When it was sold, ms; whole seconds. */
  readonly at: number
  /** Products by the number of the case; 9 is one that the hub has never heard of. */
  readonly lines: ReadonlyArray<readonly [product: number, units: number]>
  /** Sells this part of an order: `<order>-<part>`. */
  readonly part?: string
}

/** Plays a partner whose registers sell. */
export interface SalesHarness extends FlowHarness {
  /** The partner's id of a product. */
  readonly partnerId: (n: number) => string
  /** The partner has sold this. */
  readonly sell: (receipt: Receipt) => void
  /** The adapter reads what was sold, or the partner sends it. Rejects where it failed. */
  readonly read: (world: FlowWorld) => Promise<unknown>
  /** Tells the partner the orders that wait: for those whose receipts name its documents. */
  readonly tell?: (world: FlowWorld) => Promise<unknown>
}

const saleCase = flowCase<SalesHarness>(({ partnerId }) => partnerId)

const mustBeLeft = async (world: FlowWorld, n: number, branch: FlowBranch, units: number): Promise<void> => {
  const got = await world.units(flowProduct(n), branch)
  ensure(got === units, `product ${n} at ${branch}: ${got} units, not ${units}`)
}

/** Ten minutes ago, at a whole second. */
const lately = async (world: FlowWorld): Promise<number> => Math.floor(await world.now() / 1000) * 1000 - 600_000

const sellOne = async (world: FlowWorld, harness: SalesHarness, over: Partial<Receipt> = {}): Promise<void> =>
  harness.sell({ id: "r-1", branch: "north", at: await lately(world), lines: [[1, 2]], ...over })

const read = (world: FlowWorld, harness: SalesHarness, left: number): Promise<void> =>
  roundsUntil(
    () => harness.read(world),
    async () => await world.units(flowProduct(1), "north") === left,
    `product 1 at north did not come down to ${left}`
  )

/** What the hub relies on where sales come from a partner's registers (R-STK-3, D1, D7, D9). */
export const salesSuite: PortSuite<SalesHarness> = {
  port: "sales",
  capabilities: ["calledByPartner", "salesNameOrders"],
  cases: [
    saleCase("a receipt is a sale at its branch, once, however often it is read", async (world, harness) => {
      await sellOne(world, harness)
      harness.sell({ id: "r-2", branch: "south", at: await lately(world), lines: [[2, 1]] })
      for (let i = 0; i < 3; i++) await harness.read(world)
      await mustBeLeft(world, 1, "north", FLOW_UNITS - 2)
      await mustBeLeft(world, 2, "south", FLOW_UNITS - 1)
      await mustBeLeft(world, 1, "south", FLOW_UNITS)
    }),
    saleCase("read twice at once it is one sale", async (world, harness) => {
      await sellOne(world, harness)
      await Promise.all([attempt(() => harness.read(world)), attempt(() => harness.read(world))])
      await read(world, harness, FLOW_UNITS - 2)
      await harness.read(world)
      await mustBeLeft(world, 1, "north", FLOW_UNITS - 2)
    }),
    saleCase("a hub that is restarted records nothing twice", async (world, harness) => {
      await sellOne(world, harness)
      await read(world, harness, FLOW_UNITS - 2)
      await world.restart()
      await sellOne(world, harness, { id: "r-2", lines: [[1, 1]] })
      await read(world, harness, FLOW_UNITS - 3)
      await harness.read(world)
      await mustBeLeft(world, 1, "north", FLOW_UNITS - 3)
    }),
    saleCase("many receipts of one second are all sales", async (world, harness) => {
      for (let i = 1; i <= 30; i++) await sellOne(world, harness, { id: `r-${i}`, lines: [[1, 1]] })
      await read(world, harness, FLOW_UNITS - 30)
    }),
    saleCase("a receipt that comes late, with an earlier time, is a sale all the same", async (world, harness) => {
      const at = await lately(world)
      await sellOne(world, harness, { at })
      await read(world, harness, FLOW_UNITS - 2)
      await sellOne(world, harness, { id: "r-2", at: at - 60_000, lines: [[1, 1]] })
      await read(world, harness, FLOW_UNITS - 3)
    }),
    saleCase("goods that the hub does not know keep nothing else from being sold", async (world, harness) => {
      await sellOne(world, harness, { lines: [[9, 1], [1, 2]] })
      await sellOne(world, harness, { id: "r-2", lines: [[9, 1]] })
      await sellOne(world, harness, { id: "r-3", lines: [[1, 1]] })
      await read(world, harness, FLOW_UNITS - 3)
    }),
    saleCase("a receipt that sells an order closes its part", async (world, harness) => {
      ensure(harness.tell !== undefined, "this case needs the harness's `tell`, or a skip by its name with a reason")
      const order = await world.place("E-1")
      const { number } = await world.part(order)
      await roundsUntil(() => harness.tell!(world), () => world.isTold(), "orders with news are left")
      await sellOne(world, harness, { part: number, lines: [[1, 2], [2, 1]] })
      const isClosed = async (): Promise<boolean> => (await world.part(order)).status === "closed"
      await roundsUntil(() => harness.read(world), isClosed, "the part that was sold is not closed")
      await mustBeLeft(world, 1, "north", FLOW_UNITS - 2)
      ensure((await world.part(order)).cases.length === 0, "a sale of just what was ordered has opened a case")
    }, { salesNameOrders: true }),
    saleCase("whoever does not know the secret sells nothing", async (world, harness) => {
      await sellOne(world, harness)
      await mustRefuse(world, harness)
      await mustBeLeft(world, 1, "north", FLOW_UNITS)
      await read(world, harness, FLOW_UNITS - 2)
    }, { calledByPartner: true }),
    ...(["down", "refuses", "garbled", "dropAfter", "duplicate"] as const).map((fault) =>
      saleCase(`after the fault "${fault}" each receipt is one sale`, async (world, harness) => {
        await sellOne(world, harness)
        await sellOne(world, harness, { id: "r-2", lines: [[1, 1]] })
        const simulator = faultsOf(harness)
        simulator.fault(fault)
        for (let i = 0; i < 3; i++) await attempt(() => harness.read(world))
        simulator.mend()
        await read(world, harness, FLOW_UNITS - 3)
        await harness.read(world)
        await mustBeLeft(world, 1, "north", FLOW_UNITS - 3)
      }, { calledByPartner: false })
    ),
    saleCase("while the partner hangs, the hub goes on", async (world, harness) => {
      const simulator = faultsOf(harness)
      await sellOne(world, harness)
      simulator.fault("slow")
      const reading = attempt(() => harness.read(world))
      await simulator.arrived(1)
      await world.place("E-1", { quantity: 1, branch: "south" })
      await mustBeLeft(world, 1, "south", FLOW_UNITS - 1)
      simulator.mend()
      await reading
      await read(world, harness, FLOW_UNITS - 2)
    }, { calledByPartner: false })
  ]
}
