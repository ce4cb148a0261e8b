import { BranchId, type Order, Orders, Storage } from "@aptekit/core"
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { line, place } from "./intake-kit.ts"
import { confirm, drain, pull, testTaker } from "./pull-kit.ts"
import { command, inWorld, OPERATOR, SHOP } from "./world.ts"

const accept = (order: Order) => command(order, { name: "accept", input: {} })
const escalate = (order: Order) => command(order, { name: "escalate", input: {} })
const assign = (order: Order, branch: string) =>
  command(order, { name: "assign", input: { branchId: BranchId.make(branch) } }, { actor: OPERATOR })
const cancel = (order: Order) => command(order, { name: "cancel", input: { reason: "customerAsks" } }, { actor: OPERATOR })

const waiting = Effect.flatMap(Storage, ({ outbox }) => outbox.list("waiting", 100))

describe("orders for a connection that fetches them", () => {
  it.effect("SDK-2, D28: an order is offered with its products and the partner's ids until it is confirmed", () => {
    const taker = testTaker()
    return inWorld(
      Effect.gen(function*() {
        const storage = yield* Storage
        yield* storage.catalogue.putLinks([
          { connection: "erp", kind: "product", externalId: "guid-2", id: "aspirin" },
          { connection: "erp", kind: "product", externalId: "guid-1", id: "aspirin" }
        ])
        const { order } = yield* place({ lines: [line("aspirin", 2)] })
        const [first] = yield* pull(taker)
        expect(first).toMatchObject({ version: 1, offers: 1, left: [], parts: [{ id: order.fulfilments[0]!.id, status: "assigned" }] })
        expect(first!.order).toEqual(order)
        expect([...first!.products.keys()]).toEqual(["aspirin"])
        expect([...first!.externalIds]).toEqual([["aspirin", "guid-1"]])
        const again = yield* pull(taker)
        expect(again).toEqual([{ ...first, offers: 2 }])
        yield* confirm(taker, again)
        expect(yield* pull(taker)).toEqual([])
      }),
      { hub: { adapters: [taker.adapter] } }
    )
  })

  it.effect("SDK-2: a second way to the same base shares its links: ids of products are not doubled", () => {
    const taker = testTaker(["north"], "erp-odata", { links: "erp" })
    return inWorld(
      Effect.gen(function*() {
        const storage = yield* Storage
        yield* storage.catalogue.putLinks([
          { connection: "erp", kind: "product", externalId: "guid-1", id: "aspirin" },
          { connection: "erp", kind: "branch", externalId: "guid-2", id: "north" }
        ])
        const shared = taker.hub().sharing("erp")
        expect([...yield* Effect.promise(shared.catalogue.links)]).toEqual([["guid-1", "aspirin"]])
        expect([...yield* Effect.promise(shared.network.links)]).toEqual([["guid-2", "north"]])
        expect((yield* Effect.promise(taker.hub().catalogue.links)).size).toBe(0)
        yield* place({ lines: [line("aspirin", 2)] })
        expect([...(yield* pull(taker))[0]!.externalIds]).toEqual([["aspirin", "guid-1"]])
      }),
      { hub: { adapters: [taker.adapter] } }
    )
  })

  it.effect("ORD-13: a change meanwhile stays news when the older version is confirmed", () => {
    const taker = testTaker()
    return inWorld(
      Effect.gen(function*() {
        const { order } = yield* place({ lines: [line("aspirin", 2)] })
        const offered = yield* pull(taker)
        const accepted = yield* accept(order)
        yield* cancel(accepted)
        yield* confirm(taker, offered)
        expect(yield* pull(taker)).toMatchObject([{ version: 3, offers: 1, parts: [{ status: "cancelled", endReason: "customerAsks" }] }])
      }),
      { hub: { adapters: [taker.adapter] } }
    )
  })

  it.effect("D28: a part that leaves is told as it was told, until the connection knows; one that it never saw is not", () => {
    const taker = testTaker()
    return inWorld(
      Effect.gen(function*() {
        const { order } = yield* place({ lines: [line("aspirin", 2)] })
        yield* drain(taker)
        const back = yield* escalate(order)
        yield* drain(taker)
        const moved = yield* assign(back, "south")
        const [news] = yield* drain(taker)
        expect(news).toMatchObject({ parts: [], left: [{ id: order.fulfilments[0]!.id, branchId: "north", status: "operator" }] })
        // It is not the connection's any more: nothing of it is news.
        yield* accept(moved)
        expect(yield* pull(taker)).toEqual([])

        const { order: other } = yield* place({ externalId: "E-2", lines: [line("aspirin", 1)] })
        yield* Effect.flatMap(escalate(other), (o) => assign(o, "south"))
        expect(yield* pull(taker)).toEqual([])
        expect(yield* waiting).toEqual([])
      }),
      { hub: { adapters: [taker.adapter] } }
    )
  })

  it.effect("D28: what is cancelled before it was told is not told; with the operator it is news only where it was told", () => {
    const taker = testTaker()
    return inWorld(
      Effect.gen(function*() {
        const { order } = yield* place({ lines: [line("aspirin", 2)] })
        yield* cancel(order)
        expect(yield* pull(taker)).toEqual([])

        const { order: told } = yield* place({ externalId: "E-2", lines: [line("aspirin", 1)] })
        yield* drain(taker)
        const back = yield* escalate(told)
        expect(yield* drain(taker)).toMatchObject([{ left: [], parts: [{ status: "operator" }] }])
        yield* cancel(back)
        expect(yield* drain(taker)).toMatchObject([{ left: [], parts: [{ status: "cancelled" }] }])

        // Too much is asked for: it goes to the operator before any branch hears of it.
        const { order: unseen } = yield* place({ externalId: "E-3", lines: [line("rare", 99)] })
        expect(unseen.fulfilments[0]!.status).toBe("operator")
        yield* cancel(unseen)
        expect(yield* pull(taker)).toEqual([])
        expect(yield* waiting).toEqual([])
      }),
      { hub: { adapters: [taker.adapter] } }
    )
  })

  it.effect("R6: a quarantined order blocks no other; a person finds its dead letters and brings it back", () => {
    const taker = testTaker()
    return inWorld(
      Effect.gen(function*() {
        const storage = yield* Storage
        const { order: poison } = yield* place({ lines: [line("aspirin", 1)] })
        const { order: good } = yield* place({ externalId: "E-2", lines: [line("aspirin", 1)] })
        yield* Effect.promise(() => taker.hub().orders.quarantine(poison.id, "no GUID"))
        yield* accept(poison)
        expect((yield* pull(taker)).map((one) => one.order.id)).toEqual([good.id])
        const [dead] = yield* storage.outbox.list("dead", 10)
        expect(dead).toMatchObject({ lane: "erp", method: "order", orderId: poison.id, orderVersion: 1, lastError: "no GUID" })
        yield* storage.pull.decide(dead!.id, "replayed", OPERATOR, "mapped")
        const back = (yield* pull(taker)).find((one) => one.order.id === poison.id)
        expect(back).toMatchObject({ version: 2, offers: 1, parts: [{ status: "accepted" }] })
      }),
      { hub: { adapters: [taker.adapter] } }
    )
  })

  it.effect("D28: each connection has its lane; a mapping that grows takes effect at the next change", () => {
    const [one, two] = [testTaker(["north"], "one"), testTaker([], "two")]
    return inWorld(
      Effect.gen(function*() {
        const { order } = yield* place({ lines: [line("aspirin", 1)] })
        expect([(yield* drain(one)).length, (yield* drain(two)).length]).toEqual([1, 0])
        two.branches.add("north")
        yield* accept(order)
        expect([(yield* drain(one)).length, (yield* drain(two)).length]).toEqual([1, 1])
        const byNumber = (number: string) => Effect.promise(() => two.hub().orders.byNumbers([number, "no", "7-1"]))
        expect(yield* byNumber(`${order.number}-1`)).toMatchObject([{ offers: 0, version: 2, parts: [{ status: "accepted" }] }])
        two.branches.clear()
        expect(yield* byNumber(order.number)).toMatchObject([{ parts: [], left: [{ branchId: "north" }] }])
      }),
      { hub: { adapters: [one.adapter, two.adapter] } }
    )
  })

  it.effect("D28: a connection at whose branches nothing happens costs no message", () => {
    const taker = testTaker([])
    return inWorld(
      Effect.gen(function*() {
        const { order } = yield* place({ lines: [line("aspirin", 1)] })
        yield* (yield* Orders).cancel(order.id, "customerAsks", { actor: SHOP })
        expect(yield* (yield* Storage).outbox.list("waiting", 10)).toEqual([])
        expect(yield* pull(taker)).toEqual([])
      }),
      { hub: { adapters: [taker.adapter] } }
    )
  })
})
