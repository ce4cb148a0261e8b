import { AdapterFault, defineAdapter, definePort, type InboundHub, newProduct, ProductId, Schema } from "@aptekit/core"
import {
  conformance, conformanceReport, faultSwitch, type FlowHarness, type OrdersHarness, ordersSuite, type PortHarness, type PortSuite,
  type Receipt, type SalesHarness, salesSuite, type Statement, type StatementsHarness, statementsSuite, type StatusesHarness,
  statusesSuite
} from "@aptekit/core/testing"
import { describe, expect, test } from "vitest"

const NOTHING = Schema.Struct({})
const port = definePort("partner", {
  state: { input: NOTHING, output: NOTHING, repeat: "safe" },
  exchange: { input: NOTHING, output: NOTHING, repeat: "safe" },
  read: { input: NOTHING, output: NOTHING, repeat: "safe" }
})

const SECRET = "secret-of-the-partner"
const BRANCHES = ["north", "south"]
const idOf = (n: number): string => `G${n}`

/** What an author may get wrong. */
type Flaw =
  | "none" | "confirms first" | "sells twice" | "keeps what is gone" | "logs the buyer" | "logs the secret"
  | "new key each time" | "takes all branches" | "gives up at a refusal" | "says nothing of itself"

/** A partner in memory, without a wire, and an adapter of it with a flaw. */
const partner = (flaw: Flaw) => {
  const faults = faultSwitch()
  const documents = new Map<string, { cancelled: boolean; lines: ReadonlyArray<readonly [string, number]>; state: "none" | "accepted" | "cancelled" }>()
  const heard: Array<{ orderId: string; status: string; key: string; text: string }> = []
  const receipts: Array<Receipt> = []
  const refused = new Set<string>()
  const arrivals: Array<() => void> = []
  let [statement, keys, calls]: [Statement | null, number, number] = [null, 0, 0]

  /** The partner does its work, or what its fault says. */
  const call = async (work: () => void, number = ""): Promise<void> => {
    const fault = faults.take()
    if (fault === "down") throw new AdapterFault("down", { outcome: "unavailable" })
    calls++
    for (const resolve of arrivals.splice(0)) resolve()
    if (fault === "slow") await faults.held(new AbortController().signal)
    if (fault === "refuses" || refused.has(number)) throw new AdapterFault("refused", { outcome: "rejected" })
    work()
    if (fault === "duplicate") work()
    if (fault === "dropAfter" || fault === "garbled") throw new AdapterFault("no answer", { outcome: "unknown" })
  }

  const state = async (hub: InboundHub): Promise<void> => {
    await call(() => undefined)
    const { products, stock, prices, at } = statement!
    const links = new Map(await hub.catalogue.links())
    const fresh = products.filter((n) => !links.has(idOf(n)))
    await hub.catalogue.upsert(fresh.map((n) => ({ externalId: idOf(n), product: newProduct(ProductId.make(idOf(n)), `Товар ${n}`) })))
    const slot = (n: number): number => hub.catalogue.slot(idOf(n))!
    const named = stock.filter(([, branch]) => branch !== "nowhere")
    const missing = flaw === "keeps what is gone"
      ? []
      : products.flatMap((n) => BRANCHES.filter((b) => !stock.some(([m, c]) => m === n && c === b)).map((b) => [n, b, 0] as const))
    const rows = [...named, ...missing]
    const run = await hub.stock.openRun("statement")
    await run.write({
      kind: "stock", asOf: at, products: Int32Array.from(rows, ([n]) => slot(n)),
      branches: Int32Array.from(rows, ([, branch]) => hub.network.slot(branch)!),
      quantities: Int32Array.from(rows, ([, , units]) => Math.max(0, Math.floor(units)))
    })
    await run.write({
      kind: "price", asOf: at, priceType: "retail", products: Int32Array.from(prices, ([n]) => slot(n)),
      branches: Int32Array.from(prices, () => -1), amounts: Int32Array.from(prices, ([, minor]) => minor)
    })
    await run.finish()
  }

  const exchange = async (hub: InboundHub): Promise<void> => {
    for (const pulled of await hub.orders.pull(50)) {
      const { order, version, parts, externalIds } = pulled
      const done = [{ orderId: order.id, version }]
      let aside = false
      if (flaw === "confirms first") await hub.orders.confirm(done)
      if (flaw === "logs the buyer") hub.log("told", { name: order.customer.name })
      for (const part of parts) {
        const number = `${order.number}-${part.part}`
        const lines = part.lines.map((line) => [externalIds.get(line.productId!)!, line.quantity] as const)
        const key = flaw === "new key each time" ? `k${++keys}` : `${order.id}:${version}`
        try {
          await call(() => {
            documents.set(number, { cancelled: part.status === "cancelled", lines, state: documents.get(number)?.state ?? "none" })
            heard.push({ orderId: order.id, status: part.status, key, text: JSON.stringify(lines) })
          }, number)
        } catch (error) {
          if ((error as AdapterFault).outcome !== "rejected" || flaw === "gives up at a refusal") throw error
          await hub.orders.quarantine(order.id, "refused")
          aside = true
        }
      }
      if (!aside) await hub.orders.confirm(done)
    }
    await hub.orders.facts([...documents].map(([number, { state }]) => ({ number, documentId: number, at: null, state, lines: null, reason: null })))
  }

  const read = async (hub: InboundHub): Promise<void> => {
    await call(() => undefined)
    const links = await hub.catalogue.links()
    for (const { id, branch, at, lines, part } of receipts) {
      const [first, ...rest] = lines.flatMap(([n, quantity]) => (links.has(idOf(n)) ? [{ productId: links.get(idOf(n))!, quantity }] : []))
      if (first === undefined) continue
      await hub.sales.record({
        source: "partner", id: flaw === "sells twice" ? `${id}-${++keys}` : id, branchId: branch, occurredAt: new Date(at).toISOString(),
        lines: [first, ...rest], ...(part === undefined ? {} : { fulfilmentNumber: part })
      })
    }
  }

  const adapter = defineAdapter({
    name: "partner",
    config: Schema.Struct({ key: Schema.String }),
    ports: { partner: port },
    capabilities: flaw === "says nothing of itself" ? {} : {
      calledByPartner: false, datedStatements: true, wholeStatements: true, tellsState: true, salesNameOrders: true, keyedStatuses: true
    },
    setup: ({ key }, { hub }) => ({
      partner: {
        state: async () => {
          // Not declared as a secret in the configuration: the hub cannot know it for one.
          if (flaw === "logs the secret") hub.log(`called with ${key}`)
          await state(hub)
          return {}
        },
        exchange: async () => exchange(hub).then(() => ({})),
        read: async () => read(hub).then(() => ({}))
      },
      orders: { takes: (branch: string) => flaw === "takes all branches" || BRANCHES.includes(branch) }
    })
  })({ key: SECRET })

  const simulator = {
    fault: faults.set, mend: faults.mend,
    arrived: (count: number) => (calls >= count ? Promise.resolve() : new Promise<void>((resolve) => arrivals.push(resolve)))
  }
  const common = { adapter, simulator, secrets: [SECRET], partnerId: idOf } satisfies FlowHarness & { partnerId: unknown }
  const statements: StatementsHarness = {
    ...common,
    state: async (said, { hub }) => {
      statement = said
      await hub.port(port).state({})
    }
  }
  const orders: OrdersHarness = {
    ...common,
    exchange: ({ hub }) => hub.port(port).exchange({}),
    documents: () => [...documents].map(([number, { cancelled, lines, state }]) => ({ number, cancelled: cancelled || state === "cancelled", lines })),
    act: (number, deed) => void documents.set(number, { ...documents.get(number)!, state: deed === "accept" ? "accepted" : "cancelled" }),
    refuse: (number) => void refused.add(number),
    lose: () => faults.set("dropAfter", 1)
  }
  const sales: SalesHarness = {
    ...common, sell: (receipt) => void receipts.push(receipt), read: ({ hub }) => hub.port(port).read({}), tell: orders.exchange
  }
  const statuses: StatusesHarness = { ...common, push: orders.exchange, heard: () => heard }
  return { statements, orders, sales, statuses }
}

/** The names of the cases that fail. */
const broken = async <H extends PortHarness>(suite: PortSuite<H>, harness: () => H): Promise<ReadonlyArray<string>> =>
  (await conformanceReport(suite, harness)).cases.filter(({ result }) => result === "failed").map(({ name, reason }) => `${name}: ${reason}`)

describe("SDK-2: the suites of the inward face, on a partner in memory", () => {
  test("let an adapter without a flaw pass", async () => {
    expect(await broken(statementsSuite, () => partner("none").statements)).toEqual([])
    expect(await broken(ordersSuite, () => partner("none").orders)).toEqual([])
    expect(await broken(salesSuite, () => partner("none").sales)).toEqual([])
    expect(await broken(statusesSuite, () => partner("none").statuses)).toEqual([])
  })

  test.each([
    ["keeps what is gone", "what a whole statement does not name is gone"],
    ["logs the secret", "holds a secret"]
  ] as const)("find out an adapter that %s of a statement", async (flaw, said) => {
    expect(await broken(statementsSuite, () => partner(flaw).statements)).toEqual(expect.arrayContaining([expect.stringContaining(said)]))
  })

  test.each([
    ["confirms first", "under the fault \"down\" no order is lost"],
    ["takes all branches", "orders at branches that are not its own"],
    ["gives up at a refusal", "nobody is shown the order that the partner refuses"],
    ["logs the buyer", "holds a secret or a person's data"]
  ] as const)("find out an adapter that %s with orders", async (flaw, said) => {
    expect(await broken(ordersSuite, () => partner(flaw).orders)).toEqual(expect.arrayContaining([expect.stringContaining(said)]))
  })

  test("find out an adapter that records a receipt under a new id each time", async () => {
    expect(await broken(salesSuite, () => partner("sells twice").sales))
      .toEqual(expect.arrayContaining([expect.stringContaining("once, however often it is read")]))
  })

  test("find out an adapter that tells a status again under another key", async () => {
    expect(await broken(statusesSuite, () => partner("new key each time").statuses))
      .toEqual([expect.stringContaining("the second try has another key")])
  })

  test("want each capability to be declared, true or false", async () => {
    await expect(conformanceReport(statementsSuite, () => partner("says nothing of itself").statements))
      .rejects.toThrow("the capabilities of partner do not say calledByPartner, datedStatements, wholeStatements")
  })

  test("a declared suite refuses a skip of no case when it is declared", () => {
    expect(() => conformance(salesSuite, () => partner("none").sales, { skip: { "all of it": "later" } })).toThrow("no case \"all of it\"")
  })
})
