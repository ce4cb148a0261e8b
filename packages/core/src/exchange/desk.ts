import { Clock, Context, Effect, Layer } from "effect"
import type { Actor } from "../kernel/actor.ts"
import { decodeInput } from "../kernel/decode.ts"
import type { InvalidInput } from "../kernel/errors.ts"
import type { FulfilmentId } from "../kernel/ids.ts"
import { toIso } from "../kernel/time.ts"
import { Network } from "../network/service.ts"
import { Cases } from "../order/cases.ts"
import type { Command } from "../order/commands.ts"
import { isEnded } from "../order/life.ts"
import type { Fulfilment, Order } from "../order/model.ts"
import { Sale } from "../order/sale.ts"
import { Sales } from "../order/sales.ts"
import { Orders } from "../order/service.ts"
import type { UpdateError } from "../order/unit.ts"
import type { StorageUnavailable } from "../store/errors.ts"
import { Storage } from "../store/ports.ts"
import { type ErpReason, type FactResult, judgeState, linesDiffer, type PartFact, sellsMore } from "./facts.ts"
import { isAt, type Taker } from "./news.ts"
import { splitNumber } from "./pull.ts"

/** How a part was found by its number. */
interface Found {
  readonly order: Order
  readonly f: Fulfilment
  /** As the connection was last told of it; undefined where it never was. */
  readonly told: Fulfilment | undefined
}

interface Done {
  readonly outcome: Exclude<FactResult["outcome"], "unknownOrder">
  readonly detail: string
}

const decodeSale = decodeInput(Sale)

type DeskError = UpdateError | InvalidInput | StorageUnavailable

/** A part that changed while it was judged is judged again so often. */
const SECOND_LOOKS = 3

const openReasons = (found: Found): ReadonlyArray<ErpReason> =>
  found.order.cases.filter((c) => c.part === found.f.part && c.closedAt === null).map((c) => c.reason)
    .filter((reason) => reason === "erpDiffers" || reason === "needsErpAction")

/** Where partners' facts about documents come in (D7): what may be applied is, the rest becomes a case. */
export class PartnerDesk extends Context.Service<PartnerDesk, {
  readonly facts: (taker: Taker, facts: ReadonlyArray<PartFact>) => Effect.Effect<ReadonlyArray<FactResult>, DeskError>
  readonly needsAction: (
    connection: string,
    fulfilment: FulfilmentId,
    reason: ErpReason,
    comment: string
  ) => Effect.Effect<void, UpdateError>
  readonly resolved: (connection: string, fulfilment: FulfilmentId, reason: ErpReason) => Effect.Effect<void, UpdateError>
  readonly recordSale: (connection: string, sale: Sale) => Effect.Effect<{ readonly created: boolean }, DeskError>
}>()("@aptekit/core/exchange/PartnerDesk") {
  static readonly layer = Layer.effect(
    PartnerDesk,
    Effect.gen(function*() {
      const storage = yield* Storage
      const network = yield* Network
      const orders = yield* Orders
      const sales = yield* Sales
      const cases = yield* Cases

      const recorded = (found: Found, reason: ErpReason, comment: string, actor: Actor) =>
        Effect.gen(function*() {
          const before = openReasons(found).length
          const after = yield* cases.note(found.f.id, reason, comment, actor)
          const f = partOf(after, found.f)
          // A person has closed this very case: it is told, and not opened again.
          const open = openReasons({ ...found, order: after, f }).length > 0 || before > 0
          return { outcome: open ? "recorded" : "known", detail: comment } satisfies Done
        })

      /** Commands one after the other; what the life cycle or the stock forbids is a case. Null: the part changed meanwhile. */
      const obey = (found: Found, fact: PartFact, commands: ReadonlyArray<Command>, actor: Actor) =>
        Effect.gen(function*() {
          for (const command of commands) {
            const refusal = yield* orders.command(found.f.id, command, { actor }).pipe(
              Effect.as(null),
              Effect.catchTag("Refused", (refused) => Effect.succeed(refused))
            )
            if (refusal === null) continue
            if (refusal.code === "state") return null
            const comment = `${fact.state} in the partner's system; ${refusal.command} refused here: ${refusal.code}`
            return yield* recorded(found, "erpDiffers", comment, actor)
          }
          return { outcome: "applied", detail: commands.map((command) => command.name).join(", ") } satisfies Done
        })

      const saleOf = (found: Found, fact: PartFact, connection: string, branchId: string, now: number) => {
        const currency = found.order.currency
        const lines = fact.lines === null
          ? found.f.lines.flatMap((l) => (l.productId === null ? [] : [{ productId: l.productId, quantity: l.quantity }]))
          : fact.lines.filter((line) => line.quantity > 0).map(({ productId, quantity, priceMinor }) => ({
            productId,
            quantity,
            ...(priceMinor === null ? {} : { price: { amount: priceMinor, currency } })
          }))
        return {
          source: connection,
          id: fact.documentId ?? fact.number,
          branchId,
          occurredAt: toIso(fact.at ?? now),
          fulfilmentNumber: `${found.order.number}-${found.f.part}`,
          lines
        }
      }

      const sell = (found: Found, fact: PartFact, connection: string, branchId: string, actor: Actor) =>
        Effect.gen(function*() {
          const sale = saleOf(found, fact, connection, branchId, yield* Clock.currentTimeMillis)
          if (sale.lines.length === 0) return yield* recorded(found, "erpDiffers", "sold, without any line", actor)
          const result = yield* Effect.flatMap(decodeSale(sale), (read) => sales.record(read, actor)).pipe(
            Effect.catchTag("InvalidInput", () => Effect.succeed(null))
          )
          if (result === null) {
            return yield* recorded(found, "erpDiffers", "sold: a line is not in the catalogue or no whole units, or the branch is unknown", actor)
          }
          const after = result.order ?? found.order
          if (!result.created) {
            const more = fact.lines !== null && sellsMore(partOf(after, found.f), fact.lines)
            if (!more) return { outcome: "known", detail: "this sale came before" } satisfies Done
            return yield* recorded(found, "erpDiffers", "the document sells more than when it came first", actor)
          }
          const odd = after.cases.filter((c) => !found.order.cases.some((old) => old.caseId === c.caseId)).map((c) => c.reason)
          return odd.length > 0
            ? { outcome: "recorded", detail: `sold: ${odd.join(", ")}` } satisfies Done
            : { outcome: "applied", detail: "sold" } satisfies Done
        })

      /** A part that has left the connection's branches: its document there is on its way out. */
      const departed = (found: Found, fact: PartFact, connection: string, actor: Actor) =>
        Effect.gen(function*() {
          const branch = found.told === undefined ? undefined : network.view().branch(found.told.branchId!)
          if (fact.state === "sold" && branch?.saleSource === "erp") {
            return yield* sell(found, fact, connection, branch.id, actor)
          }
          if (fact.state === "cancelled" && openReasons(found).includes("needsErpAction")) {
            yield* cases.settle(found.f.id, ["needsErpAction"], actor)
            return { outcome: "applied", detail: "cancelled there, as it should be" } satisfies Done
          }
          return { outcome: "known", detail: "the part is no longer at a branch of this connection" } satisfies Done
        })

      /** Lines are compared, never taken over: an order changes by what its people decide. */
      const compare = (found: Found, fact: PartFact, done: Done, actor: Actor) =>
        Effect.gen(function*() {
          const { f, told } = found
          const lines = fact.state === "sold" || isEnded(f.status) ? null : fact.lines
          const difference = lines === null ? null : linesDiffer(f, lines)
          if (lines === null || difference === null) return yield* caughtUp(found, fact, done, actor)
          // What it was told before the newest change, which is on its way to it.
          if (told !== undefined && linesDiffer(told, lines) === null) {
            return done.outcome === "known" ? { ...done, detail: "its lines are those of an older state" } : done
          }
          return yield* recorded(found, "erpDiffers", difference, actor)
        })

      /** Both say the same (again): the case has settled itself. */
      const caughtUp = (found: Found, fact: PartFact, done: Done, actor: Actor) =>
        Effect.gen(function*() {
          const open = openReasons(found)
          const over = fact.state === "cancelled" && ["cancelled", "expired"].includes(found.f.status)
          const settled = open.filter((reason) => over || (reason === "erpDiffers" && fact.lines !== null))
          if (settled.length === 0) return done
          yield* cases.settle(found.f.id, settled, actor)
          return { outcome: "applied", detail: `${done.detail}; settled: ${settled.join(", ")}` } satisfies Done
        })

      const once = (found: Found, fact: PartFact, taker: Taker, actor: Actor): Effect.Effect<Done | null, DeskError> =>
        Effect.gen(function*() {
          const { f } = found
          if (!isAt(f, taker)) return yield* departed(found, fact, taker.connection, actor)
          if (fact.state === "cancelled" && found.told === undefined) {
            return { outcome: "known", detail: "an echo: this connection has not been told of the part yet" }
          }
          const verdict = judgeState(f, fact.state, network.view().branch(f.branchId!)!.saleSource)
          switch (verdict.kind) {
            case "case":
              return yield* recorded(found, verdict.reason, verdict.comment, actor)
            case "sale":
              return yield* sell(found, fact, taker.connection, f.branchId!, actor)
            case "known":
              return yield* compare(found, fact, { outcome: "known", detail: verdict.detail }, actor)
            case "commands": {
              const done = yield* obey(found, fact, verdict.commands, actor)
              if (done === null || done.outcome !== "applied") return done
              const after = yield* again(found)
              return yield* compare(after, fact, done, actor)
            }
          }
        })

      const again = (found: Found): Effect.Effect<Found, StorageUnavailable> =>
        Effect.map(storage.orders.byId(found.order.id), (order) =>
          order === null ? found : { ...found, order, f: partOf(order, found.f) })

      const handle = (first: Found, fact: PartFact, taker: Taker): Effect.Effect<Done, DeskError> =>
        Effect.gen(function*() {
          const actor: Actor = { kind: "partner", id: taker.connection }
          let found = first
          for (let look = 0; look < SECOND_LOOKS; look++) {
            const done = yield* once(found, fact, taker, actor)
            if (done !== null) return done
            found = yield* again(found)
          }
          return yield* recorded(found, "erpDiffers", `${fact.state} in the partner's system; here it keeps changing`, actor)
        })

      const find = (order: Order | undefined, number: string, told: ReadonlyArray<Fulfilment>, taker: Taker): Found | null => {
        if (order === undefined) return null
        const own = order.fulfilments.filter((f) => isAt(f, taker) || told.some((part) => part.id === f.id))
        const { part } = splitNumber(number)
        const here = part === null ? own.filter((f) => isAt(f, taker)) : own.filter((f) => f.part === part)
        const parts = here.length === 0 ? own.filter((f) => part === null || f.part === part) : here
        const [f] = parts
        return f === undefined || parts.length > 1 ? null : { order, f, told: told.find((one) => one.id === f.id) }
      }

      const facts = (taker: Taker, all: ReadonlyArray<PartFact>) =>
        Effect.gen(function*() {
          const numbers = [...new Set(all.map((fact) => splitNumber(fact.number).order))]
          const byNumber = new Map((yield* storage.orders.byNumbers(numbers)).map((order) => [order.number, order]))
          const ids = [...byNumber.values()].map((order) => order.id)
          const told = yield* storage.pull.told(taker.connection, ids)
          const seen = new Set<string>()
          const results: Array<FactResult> = []
          for (const fact of all) {
            const { order: number } = splitNumber(fact.number)
            const order = byNumber.get(number)
            const parts = told.filter((one) => one.orderId === order?.id).map((one) => one.part)
            const found = find(order, fact.number, parts, taker)
            if (found === null) {
              const detail = "no part of this number is at a branch of this connection"
              results.push({ number: fact.number, outcome: "unknownOrder", detail })
              continue
            }
            // A fact before this one may have changed the order.
            const current = seen.has(number) ? yield* again(found) : found
            seen.add(number)
            results.push({ number: fact.number, ...(yield* handle(current, fact, taker)) })
          }
          return results
        })

      return PartnerDesk.of({
        facts,
        needsAction: (connection, id, reason, comment) =>
          Effect.asVoid(cases.note(id, reason, comment, { kind: "partner", id: connection })),
        resolved: (connection, id, reason) =>
          Effect.asVoid(cases.settle(id, [reason], { kind: "partner", id: connection })),
        recordSale: (connection, sale) =>
          Effect.map(sales.record(sale, { kind: "partner", id: connection }), ({ created }) => ({ created }))
      })
    })
  )
}

const partOf = (order: Order, f: Fulfilment): Fulfilment => order.fulfilments.find((one) => one.id === f.id) ?? f
