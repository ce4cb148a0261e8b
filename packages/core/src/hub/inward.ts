import { Clock, Effect, Metric } from "effect"
import type { OrderTaker } from "../adapter/adapter.ts"
import type { InboundHub } from "../adapter/inward.ts"
import { recordOf } from "../adapter/recorded.ts"
import { putGroups } from "../catalogue/edit.ts"
import type { PartnerDesk } from "../exchange/desk.ts"
import { ExchangeLog } from "../exchange/log.ts"
import { InboxMessage, onceFor } from "../exchange/inbox.ts"
import { batchFault, type ImportBatch } from "../exchange/sync.ts"
import { decodeInput } from "../kernel/decode.ts"
import { BranchId, ProductId } from "../kernel/ids.ts"
import { keepReport, MessageReportInput } from "../notify/keep.ts"
import { Network } from "../network/service.ts"
import { Storage } from "../store/ports.ts"
import { inboundOrders } from "./inward-orders.ts"

const reports = Metric.counter("aptekit_message_reports_total", {
  incremental: true,
  description: "Delivery reports of message gateways, by connection and state."
})

/** Links that are sorted in without a turn for others: a millisecond's work. */
const LINKS_AT_ONCE = 4_000

const decodeReport = decodeInput(MessageReportInput)

type Run = <A, E>(effect: Effect.Effect<A, E>) => Promise<A>

/** What a host knows and core does not: where a connection may keep files, and where log lines go. */
export interface InboundHost {
  readonly directory: (connection: string) => string
  readonly log: (connection: string, message: string, detail: Readonly<Record<string, unknown>>) => void
}

/**
 * A batch as it may be applied. Nobody states what will be: a time ahead of the clock would make all later statements
 * stale (D2).
 */
const taken = (batch: ImportBatch): Effect.Effect<ImportBatch> =>
  Effect.gen(function*() {
    const wrong = batchFault(batch)
    if (wrong !== null) return yield* Effect.die(new Error(`write: ${wrong}; nothing of this batch was taken.`))
    const now = yield* Clock.currentTimeMillis
    return batch.asOf <= now ? batch : { ...batch, asOf: now }
  })

/**
 * The inward face for one connection (D29). `orders`: what a connection takes, once its `setup` has returned. `desk`: waits for
 * what is built after the adapters.
 */
export const inboundHub = (
  host: InboundHost,
  run: Run,
  orders: (connection: string) => OrderTaker | undefined,
  desk: Effect.Effect<PartnerDesk["Service"]>
) =>
  Effect.gen(function*() {
    const storage = yield* Storage
    const network = yield* Network
    const calls = yield* ExchangeLog
    const clock = yield* Clock.Clock
    const linksOf = (connection: string, kind: string) =>
      run(Effect.gen(function*() {
        const ids = new Map<string, string>()
        for (const { externalId, id } of yield* storage.catalogue.links(connection, kind)) {
          ids.set(externalId, id)
          if (ids.size % LINKS_AT_ONCE === 0) yield* Effect.yieldNow
        }
        return ids
      }))
    const linked = (connection: string): Pick<InboundHub, "catalogue" | "network"> => ({
      catalogue: {
        links: () => linksOf(connection, "product"),
        // Links first: killed in between, the next attempt finds its own id again instead of taking a second one.
        upsert: (items) =>
          run(
            Effect.andThen(
              storage.catalogue.putLinks(
                items.map((item) => ({ connection, kind: "product", externalId: item.externalId, id: item.product.id }))
              ),
              storage.catalogue.upsert(
                items.map((item) => item.product),
                new Map(items.flatMap(({ product, description }) => description === undefined ? [] : [[product.id, description]]))
              )
            )
          ),
        byIds: (ids) => run(storage.catalogue.byIds(ids.map((id) => ProductId.make(id)))),
        descriptions: (ids) => run(storage.catalogue.descriptions(ids.map((id) => ProductId.make(id)))),
        groups: {
          all: () => run(storage.catalogue.groups),
          links: () => linksOf(connection, "group"),
          put: (items) =>
            run(
              Effect.andThen(
                storage.catalogue.putLinks(
                  items.map(({ externalId, group }) => ({ connection, kind: "group", externalId, id: group.id }))
                ),
                putGroups(items.map(({ group }) => group)).pipe(Effect.provideService(Storage, storage))
              )
            )
        },
        // Asked for by the ten thousand: what is no id has no row either.
        slot: (id) => storage.stock.image.productSlot(id as ProductId)
      },
      network: {
        branches: () => network.view().branches,
        saveBranch: (branch) => run(network.save({ branches: [branch] })),
        slot: (id) => storage.stock.image.branchSlot(BranchId.make(id)),
        links: () => linksOf(connection, "branch"),
        link: (externalId, id) => run(storage.catalogue.putLinks([{ connection, kind: "branch", externalId, id }]))
      }
    })
    return (connection: string): InboundHub => ({
      ...linked(connection),
      sharing: linked,
      stock: {
        openRun: (file, options) =>
          run(
            Effect.map(storage.stock.openRun({ connection, file }, options), (opened) => ({
              id: opened.id,
              write: (batch) => run(Effect.flatMap(taken(batch), (read) => opened.write(read))),
              reject: (rows) => run(opened.reject(rows)),
              progress: opened.progress,
              hold: (reason, extra) => run(opened.hold(reason, extra)),
              finish: (extra) => run(opened.finish(extra)),
              abort: (reason) => run(opened.abort(reason))
            }))
          ),
        levelAt: (product, branch) => {
          const { image } = storage.stock
          return { onHand: image.onHand[image.cell(product, branch)] ?? 0, statedAt: image.statedAt(product, branch) }
        },
        putSeries: (statement) => run(storage.stock.putSeries(statement))
      },
      ...inboundOrders(connection, storage, run, () => orders(connection), desk),
      lease: (work, owner, milliseconds) =>
        run(Effect.gen(function*() {
          const now = yield* Clock.currentTimeMillis
          return (yield* storage.leases.acquire(`${connection}/${work}`, owner, now, now + milliseconds)) !== null
        })),
      messages: {
        report: (report) =>
          run(Effect.gen(function*() {
            const told = yield* decodeReport(report)
            host.log(connection, `message ${told.state}`, { ...told })
            yield* keepReport(storage.messages, connection, told)
            yield* Metric.update(Metric.withAttributes(reports, { connection, state: told.state }), 1)
          }))
      },
      inbox: {
        once: (id, effect) => {
          const message = { connection, id }
          const named: Run = (work) => run(Effect.provideService(work, InboxMessage, message))
          const bound = inboundOrders(connection, storage, named, () => orders(connection), desk)
          return run(onceFor(storage, message, Effect.tryPromise({ try: () => effect(bound), catch: (error) => error })))
        }
      },
      files: { directory: host.directory(connection) },
      record: (call) => calls.record(recordOf(connection, call, clock.currentTimeMillisUnsafe())),
      log: (message, detail = {}) => host.log(connection, message, detail)
    })
  })
