import {
  AdapterFault, type AdapterInstance, createHub, defineAdapter, type Hub, type HttpEntrance, type InboundHub, Network, type OrderTaker, Schema, Storage
} from "@aptekit/core"
import { loadNetwork, memoryStorage, smallNetwork, TEST_NOW } from "@aptekit/core/testing"
import { Effect, Redacted } from "effect"
import { describe, expect, test } from "vitest"
import { KEY } from "./hostile-kit.ts"

const OPERATOR = { kind: "operator", id: "o-1" } as const

interface Parts {
  readonly http?: HttpEntrance
  readonly orders?: OrderTaker
  readonly runs?: { readonly release: (run: unknown) => Promise<void>; readonly discard: (run: unknown) => Promise<void> }
}

/** A hub with a connection `bad` that takes orders of `north`, and the face of the hub as it got it. */
const open = async (parts: (key: string) => Parts = () => ({}), beside: ReadonlyArray<AdapterInstance> = []) => {
  let face: InboundHub | undefined
  const bad = defineAdapter({
    name: "hostile",
    config: Schema.Struct({ key: Schema.RedactedFromValue(Schema.String) }),
    ports: {},
    setup: ({ key }, { hub }) => {
      face = hub
      return { orders: { takes: (branch: string) => branch === "north" }, ...parts(Redacted.value(key)) }
    }
  })({ key: KEY }, { id: "bad" })
  const hub: Hub = await createHub({ storage: memoryStorage(), jobs: false, adapters: [bad, ...beside] })
  await hub.run(Effect.andThen(loadNetwork(smallNetwork(), 0), Effect.flatMap(Network, (network) => network.reload)))
  const storage = await hub.run(Storage)
  const place = async (externalId = "E-1") => (await hub.orders.place({
    channel: "shop", externalId, customer: { name: "Айгерім", phone: "+77010000001" },
    delivery: { type: "pickup", branchId: "north" }, lines: [{ productId: "aspirin", quantity: 2 }], payment: { method: "cash" }
  })).order
  return {
    hub, storage, place, face: face!,
    units: () => storage.stock.image.available("aspirin" as never, "north" as never),
    [Symbol.asyncDispose]: () => hub.close()
  }
}

const never = (): Promise<never> => new Promise(() => undefined)

/** Also what throws at once, as for an author without types. */
const fails = (work: () => unknown): Promise<unknown> =>
  (async () => work())().then(() => {
    throw new Error("it did not fail")
  }, (error: unknown) => error)

describe("R-SDK-2: what a connection says of orders cannot harm", () => {
  test.each<readonly [string, () => unknown]>([
    ["throws", () => {
      throw new Error(KEY)
    }],
    ["rejects", () => Promise.reject(new Error(KEY))],
    ["promises", () => Promise.resolve(true)],
    ["never answers", never],
    ["says nonsense", () => "north"]
  ])("the intake, where `takes` %s: it takes nothing", async (_, takes) => {
    await using world = await open(() => ({ orders: { takes: takes as never } }))
    const order = await world.place()
    expect(order.status).toBe("assigned")
    expect(await world.face.orders.pull(10)).toEqual([])
  })

  test("the commits, where a listener throws or rejects: the others hear", async () => {
    await using world = await open()
    let heard = 0
    world.face.orders.onNews(() => {
      throw new Error(KEY)
    })
    world.face.orders.onNews(() => Promise.reject(new Error(KEY)) as never)
    world.face.orders.onNews(() => void heard++)
    expect((await world.place()).status).toBe("assigned")
    expect(heard).toBeGreaterThan(0)
  })

  test("the lane: limits that are none give a bounded answer, nonsense is refused, and the order is offered again", async () => {
    await using world = await open()
    const order = await world.place()
    const { orders } = world.face
    for (const limit of [Number.NaN, Number.POSITIVE_INFINITY, -1, 0.5, "ten", undefined, null]) {
      expect(await orders.pull(limit as number)).toHaveLength(1)
      expect(await orders.waiting(limit as number)).toBe(1)
    }
    const nonsense: ReadonlyArray<() => unknown> = [
      () => orders.confirm(null as never), () => orders.confirm([{}] as never), () => orders.confirm([{ orderId: order.id, version: Number.NaN }]),
      () => orders.byNumbers([null] as never), () => orders.needsAction("no such part", "needsErpAction", "x"),
      () => orders.resolved(undefined as never, "erpDiffers"), () => orders.needsAction(order.fulfilments[0]!.id, "made up" as never, "x")
    ]
    for (const work of nonsense) await (async () => work())().catch(() => undefined)
    expect(await orders.pull(10)).toHaveLength(1)
    const seen = (await world.hub.orders.get(order.id))!
    expect([seen.status, seen.cases]).toEqual(["assigned", []])
  })

  test("people: a secret in a reason is not shown, and a long one is cut", async () => {
    await using world = await open()
    const order = await world.place()
    const { orders } = world.face
    await orders.needsAction(order.fulfilments[0]!.id, "needsErpAction", `GET https://x.test/?key=${encodeURIComponent(KEY)}`)
    await orders.quarantine(order.id, `${KEY} ${"<p>".repeat(1_000_000)}`)
    const dead = await world.hub.outbox.list("dead")
    const seen = (await world.hub.orders.get(order.id))!
    expect([dead.length, seen.cases.length]).toEqual([1, 1])
    const shown = JSON.stringify([dead, seen])
    expect(shown).not.toContain(KEY)
    expect(shown).not.toContain(encodeURIComponent(KEY))
    expect(shown.length).toBeLessThan(10_000)
  })

  const fact = (over: object) => ({ number: "1-1", documentId: "d", at: null, state: "accepted", lines: null, reason: null, ...over })

  test.each<readonly [string, unknown]>([
    ["nothing", null], ["a text", "accepted"], ["nothing in a list", [null]], ["a state of its own", [fact({ state: "exploded" })]],
    ["a number that is none", [fact({ number: 11 })]], ["no lines", [fact({ lines: "all" })]],
    ["endless units", [fact({ lines: [{ productId: "aspirin", quantity: Number.POSITIVE_INFINITY, priceMinor: null }] })]],
    ["a time that is none", [fact({ at: Number.NaN })]], ["too many", Array.from({ length: 10_001 }, () => fact({}))]
  ])("orders, where facts are %s: refused, and nothing is changed", async (_, facts) => {
    await using world = await open()
    const order = await world.place()
    expect(await fails(() => world.face.orders.facts(facts as never))).toMatchObject({ _tag: "InvalidInput" })
    expect((await world.hub.orders.get(order.id))!.version).toBe(order.version)
  })

  test.each([0.5, -2, 1e12])("stock, where %d units are sold as a fact: a person sees it, and nothing is moved", async (quantity) => {
    await using world = await open()
    await world.hub.network.save({ branches: world.hub.network.branches().map((branch) => ({ ...branch, saleSource: "erp" as const })) })
    const order = await world.place()
    const before = world.units()
    const sold = { ...fact({ state: "sold", lines: [{ productId: "aspirin", quantity, priceMinor: null }] }), number: `${order.number}-1` }
    const [result] = await world.face.orders.facts([sold as never])
    expect(result).toMatchObject({ outcome: "recorded" })
    expect(world.units()).toBe(before)
    expect((await world.hub.orders.get(order.id))!.cases.map(({ reason }) => reason)).toEqual(["erpDiffers"])
  })
})

describe("R-SDK-2: a sale source cannot harm", () => {
  const sale = (over: object) => ({
    source: "bad", id: "r-1", branchId: "north", occurredAt: "2026-11-23T06:00:00Z", lines: [{ productId: "aspirin", quantity: 1 }], ...over
  })
  test.each<readonly [string, unknown]>([
    ["nothing", undefined], ["no lines", sale({ lines: [] })], ["half a unit", sale({ lines: [{ productId: "aspirin", quantity: 0.5 }] })],
    ["less than nothing", sale({ lines: [{ productId: "aspirin", quantity: -5 }] })], ["a day that is none", sale({ occurredAt: "yesterday" })],
    ["a branch that nobody has", sale({ branchId: "moon" })], ["goods that nobody has", sale({ lines: [{ productId: "moon", quantity: 1 }] })],
    ["an id without end", sale({ id: "r".repeat(100_000) })]
  ])("stock by a receipt of %s: refused, and nothing is moved", async (_, receipt) => {
    await using world = await open()
    expect(await fails(() => world.face.sales.record(receipt as never))).toMatchObject({ _tag: "InvalidInput" })
    expect(world.units()).toBe(10)
    expect(await world.face.sales.record(sale({}) as never)).toEqual({ created: true })
    expect(world.units()).toBe(9)
  })

  test("the inbox: an effect that hangs or throws keeps no other message back", async () => {
    await using world = await open()
    const order = await world.place()
    const hanging = world.face.inbox.once("m-1", never)
    expect(await fails(() => world.face.inbox.once("m-2", () => Promise.reject(new Error("not now"))))).toBeDefined()
    const accepted = { number: `${order.number}-1`, documentId: null, at: null, state: "accepted", lines: null, reason: null } as const
    expect(await world.face.inbox.once("m-2", async ({ orders }) => void await orders.facts([accepted]))).toBe(true)
    expect((await world.hub.orders.get(order.id))!.status).toBe("accepted")
    for (const id of ["", "я".repeat(10), "x".repeat(100_000)]) {
      expect(await fails(() => world.face.inbox.once(id, async () => undefined))).toBeDefined()
    }
    await Promise.race([hanging, Promise.resolve()])
  })
})

describe("R-SDK-2: a statement cannot harm", () => {
  const rows = (...of: ReadonlyArray<number>) => Int32Array.from(of)
  const stock = (over: object) => ({ kind: "stock", asOf: 1, products: rows(0), branches: rows(0), quantities: rows(3), ...over })
  test.each<readonly [string, unknown]>([
    ["nothing", null], ["of a kind of its own", stock({ kind: "wishes" })], ["arrays of different lengths", stock({ quantities: rows(1, 2) })],
    ["a slot that nobody has", stock({ products: rows(99_999) })], ["a branch below the first", stock({ branches: rows(-7) })],
    ["plain arrays", stock({ quantities: [1.5] })], ["texts", stock({ products: "aspirin" })], ["less than nothing", stock({ quantities: rows(-1) })],
    ["a time that is none", stock({ asOf: Number.NaN })], ["prices of no type", { ...stock({ kind: "price", amounts: rows(1) }), priceType: "" }]
  ])("figures by a batch of %s: it is refused, the run can be given up, others go on", async (_, batch) => {
    await using world = await open()
    const run = await world.face.stock.openRun("bad.xml")
    expect(await fails(() => run.write(batch as never))).toBeInstanceOf(Error)
    await run.abort("the file is damaged")
    expect(world.units()).toBe(10)
    await world.hub.stock.state([{ productId: "aspirin", branchId: "north", quantity: 8 }], { asOf: 2 })
    expect(world.units()).toBe(8)
  })

  test("figures of tomorrow: they count as of now, so that the next statement is not too old", async () => {
    await using world = await open()
    const [product, branch] = [world.face.catalogue.slot("aspirin")!, world.face.network.slot("north")!]
    const state = async (asOf: number, quantity: number) => {
      const run = await world.face.stock.openRun("rests.xml")
      await run.write({ kind: "stock", asOf, products: rows(product), branches: rows(branch), quantities: rows(quantity) })
      await run.finish()
    }
    await state(Date.now() + 86_400_000, 5)
    expect(world.units()).toBe(5)
    await new Promise((resolve) => setTimeout(resolve, 1_100))
    await state(Date.now(), 6)
    expect(world.units()).toBe(6)
  })

  test("others, where a run is opened and never ended; and it applies nothing", async () => {
    await using world = await open()
    const run = await world.face.stock.openRun("endless.xml")
    const [product, branch] = [world.face.catalogue.slot("aspirin")!, world.face.network.slot("north")!]
    await run.write({ kind: "stock", asOf: 5, products: rows(product), branches: rows(branch), quantities: rows(99) })
    await world.hub.stock.state([{ productId: "aspirin", branchId: "north", quantity: 7 }], { asOf: 2 })
    expect(world.units()).toBe(7)
  })

  test("who asks for a level: it is what is shown, without a run that has not ended, and nothing where there is none", async () => {
    await using world = await open()
    const [product, north] = [world.face.catalogue.slot("aspirin")!, world.face.network.slot("north")!]
    await world.hub.stock.state([{ productId: "aspirin", branchId: "north", quantity: 8 }], { asOf: TEST_NOW })
    await world.place()
    const run = await world.face.stock.openRun("rests.xml")
    await run.write({ kind: "stock", asOf: TEST_NOW + 1_000, products: rows(product), branches: rows(north), quantities: rows(3) })
    expect(world.face.stock.levelAt(product, north)).toEqual({ onHand: 8, statedAt: TEST_NOW })
    await run.finish()
    expect(world.face.stock.levelAt(product, north)).toEqual({ onHand: 3, statedAt: TEST_NOW + 1_000 })
    for (const nobody of [world.face.stock.levelAt(99_999, north), world.face.stock.levelAt(-1, -1)]) {
      expect(nobody).toEqual({ onHand: 0, statedAt: 0 })
    }
  })

  test("people: a secret in a rejected row or in the end of a run is not shown", async () => {
    await using world = await open()
    const run = await world.face.stock.openRun("rests.xml")
    await run.reject([{ line: 1, reason: `row of ${KEY}` }])
    const ended = await run.abort(`GET ?key=${encodeURIComponent(KEY)}`)
    expect(ended).toMatchObject({ state: "failed", error: "GET ?key=***", rejects: [{ line: 1, reason: "row of ***" }] })
  })
})

describe("R-SDK-2: an entrance and held runs cannot harm", () => {
  test.each<readonly [string, (key: string) => unknown]>([
    ["throws", (key) => {
      throw new Error(key)
    }],
    ["rejects", (key) => Promise.reject(new AdapterFault(key, { outcome: "unknown" }))],
    ["answers nothing", () => undefined],
    ["answers its key", (key) => key]
  ])("the host, where the entrance %s: an error without the key, and the next call is served", async (_, answer) => {
    let broken = true
    await using world = await open((key) => ({ http: (() => (broken ? answer(key) : new Response("ok"))) as never }))
    const entrance = world.hub.entrances.get("bad")!
    const error = await fails(() => entrance(new Request("http://hub/exchange/bad")))
    expect(String(error)).toMatch(/^Error: \[hostile\] \[bad\] entrance (?:threw: |answered with no Response)/u)
    expect(`${String(error)} ${(error as Error).stack}`).not.toContain(KEY)
    broken = false
    expect(await (await entrance(new Request("http://hub/exchange/bad"))).text()).toBe("ok")
  })

  test("the host, where one call of the entrance hangs: the others are answered", async () => {
    await using world = await open(() => ({ http: (request) => (request.url.endsWith("hang") ? never() : Promise.resolve(new Response("ok"))) }))
    const entrance = world.hub.entrances.get("bad")!
    void entrance(new Request("http://hub/exchange/bad?hang"))
    expect(await (await entrance(new Request("http://hub/exchange/bad"))).text()).toBe("ok")
  })

  test.each<readonly [string, (key: string) => unknown]>([
    ["throws", (key) => {
      throw new Error(key)
    }],
    ["rejects with a fault that holds its key", (key) => Promise.reject(new AdapterFault(`no file at ?key=${key}`, { outcome: "rejected" }))]
  ])("a person's decision, where the keeper of held runs %s: an error without the key, the run stays held", async (_, answer) => {
    await using world = await open((key) => ({ runs: { release: () => answer(key) as never, discard: () => Promise.resolve() } }))
    const run = await world.face.stock.openRun("rests.xml")
    const held = await run.hold("look at it")
    const error = await fails(() => world.hub.runs.release(held.id, OPERATOR))
    expect(`${String(error)} ${JSON.stringify(error)} ${(error as Error).stack}`).not.toContain(KEY)
    expect(await world.hub.run(Effect.map(world.storage.stock.run(held.id), (one) => one?.state))).toBe("held")
    expect((await world.hub.runs.discard(held.id, OPERATOR)).state).toBe("discarded")
  })

  test.each<readonly [string, unknown]>([
    ["nothing", null], ["an empty object", {}], ["a state of its own", { providerId: "x", state: "flown", at: null, detail: null }],
    ["no id", { providerId: "", state: "sent", at: null, detail: null }]
  ])("a delivery report of %s is refused, and the next one is kept", async (_, report) => {
    await using world = await open()
    expect(await fails(() => world.face.messages.report(report as never))).toBeInstanceOf(Error)
    await world.face.messages.report({ providerId: "x", state: "sent", at: null, detail: null })
  })
})
