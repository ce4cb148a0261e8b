import {
  type Actor,
  type BranchId,
  caseCursor,
  casePlace,
  type Change,
  type EventType,
  fold,
  type NetworkSettings,
  type OpenCase,
  type Order,
  type ProductId,
  type RecordedEvent,
  StockImage,
  Storage,
  type StorageService,
  type StorageUnavailable,
  SYSTEM
} from "@aptekit/core"
import { Clock, Effect, Layer, Schedule } from "effect"
import { randomUUID } from "node:crypto"
import type { Driver } from "./driver.ts"
import { catalogueStore } from "./catalogue.ts"
import { databaseOffset } from "./clock.ts"
import { awaitedOf, encodeChange } from "./encode.ts"
import { Figures } from "./figures.ts"
import { logStore } from "./log.ts"
import { messageStore } from "./messages.ts"
import { loadAwaited, loadImage } from "./image.ts"
import { Refusal } from "./program.ts"
import { refusalOf, unavailable } from "./refusals.ts"
import { Replicas } from "./replicas.ts"
import { differenceRows } from "./runs/difference.ts"
import { Imports } from "./runs/imports.ts"
import { eventChange, runOf } from "./runs/run.ts"
import { Showing } from "./runs/showing.ts"
import type { CommitResult } from "./ops/commit.ts"
import { oneAtATime, type OpenWake, type WakeLine } from "./wake.ts"
import { outboxStore, pullStore } from "./outbox.ts"
import { orderOf, type OrderRows } from "./rows.ts"
import { seriesStore } from "./series.ts"
import { tidyStore } from "./tidy.ts"
import { branchOf, cellOf, productOf } from "./schema.ts"

/** Work of the driver as an Effect; what it may do at once is not made to wait for a Promise. */
const ask = <A>(work: () => A | Promise<A>): Effect.Effect<A, StorageUnavailable> =>
  Effect.suspend(() => {
    try {
      const result = work()
      return result instanceof Promise ? Effect.tryPromise({ try: () => result, catch: unavailable }) : Effect.succeed(result)
    } catch (error) {
      return Effect.fail(unavailable(error))
    }
  })

const orderOrNull = (rows: OrderRows | null): Order | null => (rows === null ? null : orderOf(rows))

const eventOf = (row: Readonly<Record<string, unknown>>): RecordedEvent =>
  ({
    seq: row["seq"],
    type: row["type"],
    orderId: row["order_id"],
    fulfilmentId: row["fulfilment_id"],
    branchId: row["branch_id"],
    actor: { kind: row["actor_kind"], id: row["actor_id"] },
    at: row["at"],
    data: JSON.parse(row["data"] as string)
  }) as RecordedEvent

/** Mostly there is nothing to resume, and looking costs nothing. */
const RESUME_EVERY = "1 second"
/** A few times within the lease of who receives a run. */
const BEAT_EVERY = "10 seconds"

/** The storage service over a driver: encodes, keeps the image in step, rebuilds refusals. */
export const makeStorage = (driver: Driver, ownTime: () => number, wake?: OpenWake) =>
  Effect.gen(function*() {
    const image = new StockImage()
    const origin = randomUUID()
    const listeners = new Set<() => void>()
    let line: WakeLine | undefined
    const ids = { products: new Map<number, ProductId>(), branches: new Map<number, BranchId>() }
    const remember = (kind: "products" | "branches", slot: number, id: string): void => {
      if (kind === "products") image.addProduct(id as ProductId, slot)
      else image.addBranch(id as BranchId, slot)
      ids[kind].set(slot, id as never)
    }
    const announceHeard = (): void => listeners.forEach((listener) => listener())
    /** Of what is committed here, the other replicas hear too. */
    const announce = (): void => {
      announceHeard()
      line?.tell()
    }

    /** An event of no order: boards and other replicas hear of it. */
    const tell = async (id: string, type: EventType, actor: Actor, data: unknown): Promise<void> => {
      await driver.commit(eventChange(id, origin, now(), type, actor, data))
      announce()
    }
    const clockOffset = yield* databaseOffset(driver, ask)
    const now = (): number => ownTime() + clockOffset()
    const figures = new Figures(driver, image)
    const showing = new Showing(driver, image, figures)
    const imports = new Imports(driver, image, figures, showing, now, origin, announce, {
      hear: () => replicas.hearAll(),
      heard: () => replicas.heard
    })

    const loadIds = async (): Promise<void> => {
      for (const { id, slot } of await driver.read("productSlots", undefined)) remember("products", slot, id)
      for (const { id, slot } of (await driver.read("settings", undefined)).branches) remember("branches", slot, id)
    }
    const replicas = new Replicas(driver, origin, imports, showing, figures, loadIds, announceHeard)
    yield* ask(async () => {
      await imports.recover()
      // What is committed while the image is read is heard afterwards.
      await replicas.start()
      await loadIds()
      const { statements } = await driver.read("statementOrder", undefined)
      imports.times.know(statements)
      await loadImage(driver, image)
      await loadAwaited(driver, image)
      if (driver.alone !== null && !(await imports.isWhole(statements))) replicas.doubt()
    })

    yield* ask(() => replicas.hear())
    if (wake !== undefined) {
      const heard = oneAtATime(() => replicas.hear())
      const opened = yield* Effect.acquireRelease(Effect.promise(() => wake(heard)), (own) => Effect.sync(() => own.close()))
      line = opened
    }
    yield* Effect.forkScoped(Effect.repeat(Effect.ignore(ask(() => imports.resume())), Schedule.spaced(RESUME_EVERY)))
    if (driver.alone !== null) {
      yield* Effect.forkScoped(Effect.repeat(Effect.ignore(ask(() => imports.beat())), Schedule.spaced(BEAT_EVERY)))
      yield* Effect.forkScoped(Effect.repeat(Effect.ignore(ask(() => imports.takeOver())), Schedule.spaced(BEAT_EVERY)))
      yield* Effect.forkScoped(Effect.repeat(Effect.ignore(ask(() => replicas.hear())), Schedule.spaced("500 millis")))
    }

    const cellName = (cell: number) => ({
      productId: ids.products.get(productOf(cell))!,
      branchId: ids.branches.get(branchOf(cell))!
    })

    const refusal = refusalOf(cellName)

    const applied = (result: CommitResult): void => {
      for (const [cell, onHand, reserved] of result.levels) showing.moved(cell, onHand, reserved)
      announce()
    }

    const once = (change: Change): Promise<CommitResult> => {
      const awaited = awaitedOf(change, image)
      const encoded = encodeChange(change, image, origin, imports.times.known)
      return figures.during(encoded.cells, awaited, async () => {
        const committed = await driver.commit(encoded)
        applied(committed)
        return committed
      })
    }
    /** Whether a movement counts depends on the statements until then; a new one lets it be judged anew (D1). */
    const judged = async (change: Change): Promise<CommitResult> => {
      for (;;) {
        if (change.movements.length > 0) await imports.times.settled()
        try {
          return await once(change)
        } catch (error) {
          if (!(error instanceof Refusal && error.tag === "StatedSince")) throw error
          await imports.times.learn()
        }
      }
    }

    const commit: StorageService["commit"] = (change) =>
      Effect.tryPromise({
        try: async () => {
          const result = await judged(change)
          return { seq: result.seq, short: result.short.map(cellName) }
        },
        catch: refusal
      }).pipe(Effect.uninterruptible)

    const settings: Effect.Effect<NetworkSettings, StorageUnavailable> = ask(async () => {
      const rows = await driver.read("settings", undefined)
      for (const branch of rows.branches) remember("branches", branch.slot, branch.id)
      return {
        branches: rows.branches.map((row) => JSON.parse(row.data)),
        channels: rows.channels.map((row) => JSON.parse(row.data)),
        policies: rows.policies.map((row) => ({ scope: row.scope, scopeId: row.scope_id, policy: JSON.parse(row.data) })),
        keys: rows.keys.map((row) => ({ hash: row.hash, channelId: row.channel_id, role: row.role, label: row.label })),
        templates: rows.templates.map(({ language, notice, text, subject }) => ({ language, notice, text, ...(subject === null ? {} : { subject }) })),
        version: rows.version
      } as unknown as NetworkSettings
    })

    const service: StorageService = {
      name: driver.dialect.name,
      commit,
      orders: {
        byId: (id) => Effect.map(ask(() => driver.read("orderById", id)), orderOrNull),
        byIds: (ids) => Effect.map(ask(() => driver.read("ordersByIds", ids)), (rows) => rows.map(orderOf)),
        byFulfilment: (id) => Effect.map(ask(() => driver.read("orderByFulfilment", id)), orderOrNull),
        byNumber: (number) => Effect.map(ask(() => driver.read("orderByNumber", number)), orderOrNull),
        byNumbers: (numbers) => Effect.map(ask(() => driver.read("ordersByNumbers", numbers)), (rows) => rows.map(orderOf)),
        byKey: (channel, external) => Effect.map(ask(() => driver.read("orderByKey", [channel, external])), orderOrNull),
        usedKey: (scope, key) => ask(() => driver.read("usedKey", [scope, key])) as never,
        list: (query) =>
          Effect.map(
            ask(() =>
              driver.list("listOrders", {
                channelId: query.channelId ?? null,
                branchId: query.branchId ?? null,
                status: query.status ?? null,
                text: query.text === undefined ? null : searchKey(query.text),
                dueBefore: query.dueBefore ?? null,
                limit: query.limit,
                after: query.after ?? null
              })
            ),
            ({ rows, next, position }) => ({ items: rows.map(orderOf), next, position })
          ),
        due: (at, limit) => ask(() => driver.read("dueOrders", [at, limit])) as never,
        nextSweep: ask(() => driver.read("nextSweep", undefined)),
        dueUnits: (at) => ask(() => driver.read("dueUnits", at)) as never,
        holders: (product, branch) => ask(() => driver.read("holders", [product, branch])) as never,
        placedBefore: (at, limit) => ask(() => driver.read("placedBefore", [at, limit])) as never,
        awaiting: (limit, after = "" as never) => ask(() => driver.read("awaitingOrders", [after, limit])) as never,
        openCases: ({ reasons, branchId, limit, after }) =>
          Effect.map(
            ask(() =>
              driver.list("openCases", {
                reasons: reasons ?? null,
                branchId: branchId ?? null,
                limit,
                after: after === undefined ? null : casePlace(after)
              })
            ),
            (rows) => {
              const items = rows.slice(0, limit) as unknown as ReadonlyArray<OpenCase>
              return { items, next: rows.length > limit ? caseCursor(items.at(-1)!) : null, position: 0 }
            }
          ),
        events: (id) => Effect.map(ask(() => driver.list("orderEvents", id)), (rows) => rows.map(eventOf))
      },
      network: {
        load: settings,
        save: (wanted) =>
          Effect.andThen(
            ask(() =>
              driver.write("saveSettings", {
                branches: (wanted.branches ?? []).map((branch) => ({ id: branch.id, data: JSON.stringify(branch) })),
                channels: (wanted.channels ?? []).map((channel) => ({ id: channel.id, data: JSON.stringify(channel) })),
                policies: (wanted.policies ?? []).map((entry) => ({
                  scope: entry.scope,
                  scopeId: entry.scopeId,
                  data: JSON.stringify(entry.policy)
                })),
                keys: (wanted.keys ?? []).map(({ hash, channelId, role, label }) => ({ hash, channelId, role, label })),
                templates: (wanted.templates ?? []).map(({ language, notice, text, subject = null }) => ({ language, notice, text, subject }))
              })
            ),
            Effect.andThen(
              ask(() => tell(`network/${randomUUID()}`, "network.changed", SYSTEM, {})),
              Effect.asVoid(settings)
            )
          )
      },
      catalogue: catalogueStore(driver, ask, ids.products, (slot, id) => remember("products", slot, id)),
      stock: {
        image,
        levels: (cells) =>
          ask(async () => {
            const keys = cells.flatMap(({ productId, branchId }) => {
              const p = image.productSlot(productId)
              const b = image.branchSlot(branchId)
              return p === undefined || b === undefined ? [] : [cellOf(p, b)]
            })
            const rows = keys.length === 0 ? [] : await figures.ask(keys)
            return rows.map((row) => ({ ...cellName(row.cell), onHand: row.on_hand, reserved: row.reserved, asOf: row.as_of }))
          }),
        ...seriesStore(driver, ask, image, cellName),
        openRun: (source, options = {}) =>
          Effect.map(ask(() => imports.open(source, options)), (opened) => ({
            id: opened.id,
            write: (batch) => ask(() => opened.write(batch)),
            reject: (rows) => ask(() => opened.reject(rows)),
            progress: (phase, percent) => opened.progress(phase, percent),
            hold: (reason, extra) => ask(() => opened.finish(extra, reason)),
            finish: (extra) => ask(() => opened.finish(extra)),
            abort: (reason) => ask(() => opened.abort(reason))
          })),
        runs: (limit, after) =>
          Effect.map(ask(() => driver.list("listRuns", [after ?? "~", limit + 1])), (rows) => ({
            items: rows.slice(0, limit).map((row) => runOf(row, imports.live)),
            next: rows.length > limit ? rows[limit - 1]!.id : null,
            position: 0
          })),
        run: (id) => Effect.map(ask(() => driver.list("runById", id)), (row) => (row === null ? null : runOf(row, imports.live))),
        difference: (id, limit, after = "0") =>
          Effect.map(ask(() => driver.list("difference", id)), (parts) => {
            const rows = differenceRows(parts, { product: (slot) => ids.products.get(slot)!, branch: (slot) => ids.branches.get(slot)! })
            const end = Number(after) + limit
            return { items: rows.slice(Number(after), end), next: end < rows.length ? String(end) : null, position: 0 }
          }),
        decide: (id, decision, actor) =>
          ask(async () => {
            const at = now()
            const event = eventChange(`run.${decision}/${id}`, origin, at, `run.${decision}`, actor, { run: id })
            const state = decision === "released" ? "done" : "discarded"
            if (!(await driver.write("decideRun", { id, state, by: actor.id, at, event }))) return null
            announce()
            return runOf((await driver.read("runById", id))!, imports.live)
          })
      },
      outbox: outboxStore(driver, ask),
      pull: pullStore(driver, ask, { origin, now, announce }),
      log: logStore(driver, ask),
      tidy: tidyStore(driver, ask),
      messages: messageStore(driver, ask),
      feed: {
        position: ask(() => driver.read("feedPosition", undefined)),
        read: (after, limit, branchId) =>
          Effect.map(ask(() => driver.read("feedRead", { after, limit, branchId: branchId ?? null })), (rows) => rows.map(eventOf)),
        floor: ask(() => driver.read("feedFloor", undefined)),
        subscribe: (listener) => {
          listeners.add(listener)
          return () => void listeners.delete(listener)
        }
      },
      leases: {
        acquire: (name, owner, at, until) => ask(() => driver.write("acquireLease", { name, owner, now: at, until })),
        release: (name, owner) => Effect.asVoid(ask(() => driver.write("releaseLease", [name, owner])))
      },
      takeNumbers: (count) => ask(() => driver.write("takeNumbers", count)),
      ping: Effect.asVoid(ask(() => driver.write("acquireLease", { name: "ping", owner: origin, now: now(), until: now() + 1 }))),
      clockOffset: driver.serverTime === null ? null : clockOffset
    }
    return service
  })

/** Digits of a phone or number as they are, a phone without its national or country prefix; words folded. */
const searchKey = (text: string): string => {
  const part = /^\s*(\d+)-\d\s*$/u.exec(text)
  // The number of a part finds its order.
  if (part !== null) return part[1]!
  const digits = text.replace(/[\s()+-]/gu, "")
  if (!/^\d{4,}$/u.test(digits)) return fold(text)
  return digits.length > 10 ? digits.slice(-10) : digits
}

/** A storage layer from a way to open a driver; closing the layer closes the database. */
export const storageLayer = (open: () => Promise<Driver>, wake?: OpenWake): Layer.Layer<Storage, StorageUnavailable> =>
  Layer.effect(
    Storage,
    Effect.gen(function*() {
      const clock = yield* Clock.Clock
      const driver = yield* Effect.acquireRelease(
        Effect.tryPromise({ try: open, catch: unavailable }),
        (opened) => Effect.promise(() => opened.close())
      )
      return Storage.of(yield* makeStorage(driver, () => clock.currentTimeMillisUnsafe(), wake))
    })
  )
