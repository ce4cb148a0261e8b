import { attempt, flowCase, type FlowHarness, type FlowWorld, roundsUntil } from "./flow.ts"
import { ensure, faultsOf, type PortSuite } from "./port-suite.ts"

/** A status as the partner heard it. */
export interface HeardStatus {
  /** The hub's id of the order. */
  readonly orderId: string
  /** The order's status, in the hub's words. */
  readonly status: string
  /** By which the partner knows a delivery that it has had; null where it has nothing of the kind. */
  readonly key: string | null
  /** All that it was told, as it came over the wire. */
  readonly text: string
}

/** Plays a partner that is told how its orders stand. */
export interface StatusesHarness extends FlowHarness {
  /** Tells the partner what is new: one round of the lane, or of the adapter. Rejects where it failed. */
  readonly push: (world: FlowWorld) => Promise<unknown>
  /** What reached the partner, oldest first. */
  readonly heard: () => ReadonlyArray<HeardStatus>
}

const statusCase = flowCase<StatusesHarness>(() => (n) => `partner-${n}`)

const of = (harness: StatusesHarness, order: { readonly id: string }): ReadonlyArray<HeardStatus> =>
  harness.heard().filter(({ orderId }) => orderId === order.id)

const hears = (world: FlowWorld, harness: StatusesHarness, order: { readonly id: string }, status: string): Promise<void> =>
  roundsUntil(
    () => harness.push(world),
    () => of(harness, order).at(-1)?.status === status,
    `the last that the partner heard of the order is not ${status}`
  )

const WORDS = ["placed", "operator", "assigned", "awaiting", "accepted", "assembled"]

/** Never back: who hears `assigned` after `accepted` shows the buyer what is not so. */
const mustGoForward = (heard: ReadonlyArray<HeardStatus>): void => {
  const places = heard.map(({ status }) => WORDS.indexOf(status))
  const back = places.findIndex((place, i) => i > 0 && place < places[i - 1]!)
  ensure(back < 0, `the partner heard ${heard[back]?.status} after ${heard[back - 1]?.status}`)
}

/** What the hub relies on when a partner is told how its orders stand (ORD-13, D27, D28). */
export const statusesSuite: PortSuite<StatusesHarness> = {
  port: "statuses",
  capabilities: ["keyedStatuses"],
  cases: [
    statusCase("each change that the partner can see is told, in order", async (world, harness) => {
      const order = await world.place("E-1")
      await hears(world, harness, order, "assigned")
      await world.command(order, "accept")
      await hears(world, harness, order, "accepted")
      await world.command(order, "assemble")
      await hears(world, harness, order, "assembled")
      mustGoForward(of(harness, order))
    }),
    statusCase("what has not changed is not told again", async (world, harness) => {
      const order = await world.place("E-1")
      await hears(world, harness, order, "assigned")
      const before = harness.heard().length
      for (let i = 0; i < 3; i++) await harness.push(world)
      ensure(harness.heard().length === before, "a round without news told the partner something")
    }),
    statusCase("changes that come while the partner was not told end with the last one", async (world, harness) => {
      const order = await world.place("E-1")
      await world.command(order, "accept")
      await world.command(order, "assemble")
      await hears(world, harness, order, "assembled")
      mustGoForward(of(harness, order))
    }),
    statusCase("who the buyer is is not told", async (world, harness) => {
      const order = await world.place("E-1")
      await hears(world, harness, order, "assigned")
      const told = of(harness, order).map(({ text }) => text).join("\n")
      ensure(!/Сәрсенова|Айгерім|7010000042/u.test(told), "the partner was told the buyer's name or phone again")
      const leaked = (harness.secrets ?? []).some((secret) => told.includes(secret))
      ensure(!leaked, "the message holds a secret in the clear")
    }),
    statusCase("an answer that is lost: it is told again, under the same key", async (world, harness) => {
      const order = await world.place("E-1")
      faultsOf(harness).fault("dropAfter", 1)
      await attempt(() => harness.push(world))
      await roundsUntil(() => harness.push(world), () => of(harness, order).length > 1, "what was lost is not told again")
      const keys = of(harness, order).map(({ key }) => key)
      ensure(keys[0] !== null && keys[0] === keys[1], "the second try has another key: the partner takes it for something new")
    }, { keyedStatuses: true }),
    ...(["down", "dropAfter", "duplicate"] as const).map((fault) =>
      statusCase(`after the fault "${fault}" the next change is told, and the hub's own work did not wait`, async (world, harness) => {
        const order = await world.place("E-1")
        faultsOf(harness).fault(fault)
        for (let i = 0; i < 3; i++) await attempt(() => harness.push(world))
        await world.command(order, "accept")
        ensure((await world.part(order)).status === "accepted", "a command waits for the partner")
        faultsOf(harness).mend()
        await hears(world, harness, order, "accepted")
        mustGoForward(of(harness, order))
      })
    ),
    statusCase("a partner that refuses one order hears of the others", async (world, harness) => {
      await world.place("E-1")
      faultsOf(harness).fault("refuses", 1)
      await attempt(() => harness.push(world))
      const next = await world.place("E-2")
      await hears(world, harness, next, "assigned")
    }),
    statusCase("a partner that was down for long hears of all orders when it is back", async (world, harness) => {
      const orders = []
      faultsOf(harness).fault("down")
      for (let i = 1; i <= 5; i++) orders.push(await world.place(`E-${i}`))
      for (let i = 0; i < 5; i++) await attempt(() => harness.push(world))
      ensure((await world.dead()).length === 0, "what waits for a partner that is down has become a dead letter")
      faultsOf(harness).mend()
      for (const order of orders) await hears(world, harness, order, "assigned")
    }),
    statusCase("while the partner hangs, the hub goes on", async (world, harness) => {
      const order = await world.place("E-1")
      const simulator = faultsOf(harness)
      simulator.fault("slow")
      const pushing = attempt(() => harness.push(world))
      await simulator.arrived(1)
      await world.command(order, "accept")
      ensure((await world.part(order)).status === "accepted", "a command waits for the partner")
      simulator.mend()
      await pushing
      await hears(world, harness, order, "accepted")
    })
  ]
}
