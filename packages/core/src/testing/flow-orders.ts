import { attempt, BUYER, flowCase, type FlowHarness, flowProduct, FLOW_UNITS, type FlowWorld, mustRefuse, roundsUntil } from "./flow.ts"
import { ensure, faultsOf, type PortSuite } from "./port-suite.ts"

/** A document as the partner has it. */
export interface PartnerDocument {
  /** The part's number: `<order>-<part>`. */
  readonly number: string
  /** Cancelled, closed or marked for deletion: whatever the partner has for it. */
  readonly cancelled: boolean
  /** The partner's id of the goods, and units. */
  readonly lines: ReadonlyArray<readonly [id: string, units: number]>
}

/** Plays a partner that takes orders in. */
export interface OrdersHarness extends FlowHarness {
  /** The partner's id of a product. */
  readonly partnerId: (n: number) => string
  /** One exchange of orders: the partner fetches them, or the adapter writes them. Rejects where it failed. */
  readonly exchange: (world: FlowWorld) => Promise<unknown>
  /** All that the partner has, as it has it now. */
  readonly documents: () => ReadonlyArray<PartnerDocument>
  /** People at the partner accept or cancel a document. */
  readonly act?: (number: string, deed: "accept" | "cancel") => void
  /** The partner will not take the document of this number; called before any other is written. */
  readonly refuse?: (number: string) => void
  /** The answer to the next thing that the partner does is lost on the way. */
  readonly lose?: () => void
}

const orderCase = flowCase<OrdersHarness>(({ partnerId }) => partnerId)

/** @throws Error where the harness cannot do what the case needs */
const needed = <K extends "act" | "refuse" | "lose">(harness: OrdersHarness, key: K): NonNullable<OrdersHarness[K]> => {
  const found = harness[key]
  ensure(found !== undefined, `this case needs the harness's \`${key}\`, or a skip by its name with a reason`)
  return found
}

const documentsOf = (harness: OrdersHarness, number: string): ReadonlyArray<PartnerDocument> =>
  harness.documents().filter((one) => one.number === number)

const told = (world: FlowWorld, harness: OrdersHarness): Promise<void> =>
  roundsUntil(() => harness.exchange(world), () => world.isTold(), "orders with news are left")

const placed = async (world: FlowWorld, ...more: Parameters<FlowWorld["place"]>) => {
  const order = await world.place(...more)
  return { order, number: (await world.part(order)).number }
}

const mustBeOne = (harness: OrdersHarness, number: string): PartnerDocument => {
  const found = documentsOf(harness, number)
  ensure(found.length === 1, `the partner has ${found.length} documents ${number}, not 1`)
  return found[0]!
}

/** Partners merge and split lines as they like: what counts is units of goods. */
const mustHold = (harness: OrdersHarness, number: string, ...lines: ReadonlyArray<readonly [n: number, units: number]>): void => {
  const sums = new Map<string, number>()
  for (const [id, units] of mustBeOne(harness, number).lines) sums.set(id, (sums.get(id) ?? 0) + units)
  for (const [n, units] of lines) {
    const got = sums.get(harness.partnerId(n)) ?? 0
    ensure(got === units, `document ${number}: ${got} units of product ${n}, not ${units}`)
  }
  ensure(sums.size === lines.length, `document ${number} has goods that nobody ordered, or other ids of them`)
}

const reaches = (world: FlowWorld, harness: OrdersHarness, order: { readonly id: string }, status: string): Promise<void> =>
  roundsUntil(
    () => harness.exchange(world),
    async () => (await world.part(order)).status === status,
    `the order did not become ${status} here`
  )

/** What the hub relies on when a partner takes orders in, fetched by it or written into it (R-ORD-6, D7, D27, D28). */
export const ordersSuite: PortSuite<OrdersHarness> = {
  port: "orders",
  capabilities: ["calledByPartner", "tellsState"],
  cases: [
    orderCase("an order becomes one document under its part's number, with the partner's ids and all units", async (world, harness) => {
      const { number } = await placed(world, "E-1")
      await told(world, harness)
      mustHold(harness, number, [1, 2], [2, 1])
      ensure(!mustBeOne(harness, number).cancelled, "the document is cancelled from the start")
    }),
    orderCase("what was told and has not changed is left alone", async (world, harness) => {
      await placed(world, "E-1")
      await told(world, harness)
      const before = JSON.stringify(harness.documents())
      for (let i = 0; i < 3; i++) await harness.exchange(world)
      ensure(JSON.stringify(harness.documents()) === before, "an exchange without news changed a document")
    }),
    orderCase("all orders that wait are told, each once", async (world, harness) => {
      const numbers = []
      for (let i = 1; i <= 12; i++) numbers.push((await placed(world, `E-${i}`)).number)
      await told(world, harness)
      for (const number of numbers) mustBeOne(harness, number)
      ensure(harness.documents().length === numbers.length, `the partner has ${harness.documents().length} documents, not ${numbers.length}`)
    }),
    orderCase("orders at branches that are not its own are not told", async (world, harness) => {
      const { number } = await placed(world, "E-1", { branch: "east" })
      const own = await placed(world, "E-2", { branch: "south" })
      await told(world, harness)
      await attempt(() => harness.exchange(world))
      mustBeOne(harness, own.number)
      ensure(documentsOf(harness, number).length === 0, "the partner was told of an order at another branch")
    }),
    orderCase("a change of lines here reaches the document", async (world, harness) => {
      const { order, number } = await placed(world, "E-1")
      await told(world, harness)
      await world.command(order, "accept")
      const lineId = (await world.hub.orders.get(order.id))!.fulfilments[0]!.lines[0]!.lineId
      await world.command(order, "changeLines", { lines: [{ lineId, quantity: 5 }] })
      await told(world, harness)
      mustHold(harness, number, [1, 5], [2, 1])
    }),
    orderCase("an order that is cancelled here is cancelled there, and its document stays", async (world, harness) => {
      const { order, number } = await placed(world, "E-1")
      await told(world, harness)
      await world.command(order, "cancel", { reason: "customer" })
      await told(world, harness)
      await roundsUntil(() => harness.exchange(world), () => mustBeOne(harness, number).cancelled, "the document is not cancelled")
      ensure((await world.part(order)).cases.length === 0, "a cancellation that arrived has left a case")
    }),
    orderCase("an order that is cancelled before it was told leaves no document that is open", async (world, harness) => {
      const { order, number } = await placed(world, "E-1")
      await world.command(order, "cancel", { reason: "customer" })
      await told(world, harness)
      ensure(documentsOf(harness, number).every(({ cancelled }) => cancelled), "the partner works on an order that was cancelled")
    }),
    orderCase("what is accepted there is accepted here", async (world, harness) => {
      const { order, number } = await placed(world, "E-1")
      await told(world, harness)
      needed(harness, "act")(number, "accept")
      await reaches(world, harness, order, "accepted")
      ensure((await world.part(order)).cases.length === 0, "an acceptance has opened a case")
    }, { tellsState: true }),
    orderCase("what is cancelled there is cancelled here, and its goods are free again", async (world, harness) => {
      const { order, number } = await placed(world, "E-1", { quantity: FLOW_UNITS })
      await told(world, harness)
      needed(harness, "act")(number, "cancel")
      await reaches(world, harness, order, "cancelled")
      ensure(await world.units(flowProduct(1), "north") === FLOW_UNITS, "the goods of the cancelled order are still held")
    }, { tellsState: true }),
    orderCase("what the partner says again changes nothing", async (world, harness) => {
      const { order, number } = await placed(world, "E-1")
      await told(world, harness)
      needed(harness, "act")(number, "accept")
      await reaches(world, harness, order, "accepted")
      const { version } = (await world.hub.orders.get(order.id))!
      for (let i = 0; i < 3; i++) await harness.exchange(world)
      ensure((await world.hub.orders.get(order.id))!.version === version, "an exchange without news changed the order")
    }, { tellsState: true }),
    orderCase("an order that the partner refuses waits for a person; the others go on", async (world, harness) => {
      const bad = await placed(world, "E-1")
      needed(harness, "refuse")(bad.number)
      const good = await placed(world, "E-2")
      const isAside = async (): Promise<boolean> =>
        (await world.part(bad.order)).cases.includes("needsErpAction") || (await world.dead()).some(({ orderId }) => orderId === bad.order.id)
      await roundsUntil(() => harness.exchange(world), isAside, "nobody is shown the order that the partner refuses")
      await roundsUntil(() => harness.exchange(world), () => documentsOf(harness, good.number).length > 0, "the other order waits behind it")
      ensure(documentsOf(harness, bad.number).length === 0, "the partner has the order that it refused")
    }),
    orderCase("an answer that is lost leaves one document, and the order is told", async (world, harness) => {
      const { number } = await placed(world, "E-1")
      needed(harness, "lose")()
      await told(world, harness)
      mustHold(harness, number, [1, 2], [2, 1])
      ensure((await world.dead()).length === 0, "a lost answer has become a dead letter")
    }),
    orderCase("two exchanges at once make one document", async (world, harness) => {
      const { number } = await placed(world, "E-1")
      await Promise.all([attempt(() => harness.exchange(world)), attempt(() => harness.exchange(world))])
      await told(world, harness)
      mustHold(harness, number, [1, 2], [2, 1])
    }),
    orderCase("a hub that is restarted tells what it had not told, and nothing twice", async (world, harness) => {
      const first = await placed(world, "E-1")
      await told(world, harness)
      const second = await placed(world, "E-2")
      await world.restart()
      await told(world, harness)
      mustHold(harness, first.number, [1, 2], [2, 1])
      mustHold(harness, second.number, [1, 2], [2, 1])
    }),
    orderCase("whoever does not know the secret gets no order", async (world, harness) => {
      const { number } = await placed(world, "E-1")
      const text = await mustRefuse(world, harness)
      ensure(!text.includes(number) && !text.includes(BUYER.name), "the answer to a stranger holds an order")
      await told(world, harness)
      mustBeOne(harness, number)
    }, { calledByPartner: true }),
    ...(["down", "garbled", "dropAfter", "duplicate"] as const).map((fault) =>
      orderCase(`under the fault "${fault}" no order is lost, put aside or told twice`, async (world, harness) => {
        const [first, second] = [await placed(world, "E-1"), await placed(world, "E-2")]
        const simulator = faultsOf(harness)
        simulator.fault(fault)
        for (let i = 0; i < 3; i++) await attempt(() => harness.exchange(world))
        ensure((await world.dead()).length === 0, "an order was put aside for what was the partner's own trouble")
        simulator.mend()
        await told(world, harness)
        mustHold(harness, first.number, [1, 2], [2, 1])
        mustHold(harness, second.number, [1, 2], [2, 1])
      }, { calledByPartner: false })
    ),
    orderCase("while the partner hangs, the hub goes on", async (world, harness) => {
      const simulator = faultsOf(harness)
      const { order, number } = await placed(world, "E-1")
      simulator.fault("slow")
      const exchanging = attempt(() => harness.exchange(world))
      await simulator.arrived(1)
      await world.command(order, "accept")
      const next = await placed(world, "E-2")
      ensure((await world.part(order)).status === "accepted", "a command waits for the partner")
      simulator.mend()
      await exchanging
      await told(world, harness)
      mustBeOne(harness, number)
      mustBeOne(harness, next.number)
    }, { calledByPartner: false })
  ]
}
