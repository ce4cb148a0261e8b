import { Clock, Effect, Schema } from "effect"
import { putGroups, putProducts } from "../catalogue/edit.ts"
import { ProductGroup } from "../catalogue/groups.ts"
import { type Product, ProductPut } from "../catalogue/model.ts"
import { followFeed } from "../exchange/feed.ts"
import type { Actor } from "../kernel/actor.ts"
import { decodeInput } from "../kernel/decode.ts"
import { InvalidInput } from "../kernel/errors.ts"
import { BranchId, ChannelId, FulfilmentId, OrderId, ProductId } from "../kernel/ids.ts"
import { MAX_PRICE } from "../kernel/money.ts"
import { Branch, Channel, PolicyEntry } from "../network/model.ts"
import { Network } from "../network/service.ts"
import { listTemplates, previewTemplate, saveTemplates, type TemplateView, type TextPreview } from "../notify/edit.ts"
import type { MessageTemplate } from "../notify/templates.ts"
import type { CaseQuery, OpenCase } from "../operator/model.ts"
import { Addresses, ConfirmedAddress } from "../order/address.ts"
import { Cases } from "../order/cases.ts"
import { type Command, COMMAND_INPUTS, type RequestableCommand } from "../order/commands.ts"
import { OrderRequest } from "../order/request.ts"
import { Sale } from "../order/sale.ts"
import { Sales } from "../order/sales.ts"
import { type CommandOptions, Orders } from "../order/service.ts"
import { type Availability, Stock } from "../stock/service.ts"
import { NO_PRICE } from "../stock/image.ts"
import type { StatedSeries } from "../stock/series.ts"
import type { RecordedEvent } from "../store/change.ts"
import { type OrderQuery, type Page, Storage } from "../store/ports.ts"
import type { ImportBatch, RunOptions, SyncRun } from "../exchange/sync.ts"
import type { OutboxList, OutboxMessage } from "../exchange/outbox.ts"
import { decideLetter, letter, mendLetter } from "./letters.ts"
import type { HubServices } from "./hub.ts"
import { decideRun } from "./runs.ts"
import { type OrderView, viewOrder } from "./view.ts"

type Run = <B, E>(effect: Effect.Effect<B, E, HubServices>) => Promise<B>

/** More units of one product at one branch are a slip of the finger. */
export const MAX_UNITS = 1_000_000_000

/** A stated stock level or price, by ids; for hosts that have no 1C. */
export interface StockRow {
  readonly productId: string
  readonly branchId: string
  readonly quantity: number
}

/** A stated price for one sold unit, in minor units. */
export interface PriceRow {
  readonly productId: string
  /** Left out: the price of the whole network. */
  readonly branchId?: string
  readonly amount: number
}

/** `asOf`: the time up to which it speaks, in ms; now if left out. `source`: who says it. */
export interface StateOptions extends RunOptions {
  readonly asOf?: number
  readonly source?: string
}

/** The hub for people who never saw Effect: Promises of plain JSON. Rejects with the errors of the services. */
export interface PromiseFace {
  readonly orders: {
    /** Takes an order in; the same request again gives the same order. @throws InvalidInput, KeyConflict */
    readonly place: (request: typeof OrderRequest.Encoded, actor?: Actor) => Promise<{ order: OrderView; created: boolean }>
    readonly get: (id: string) => Promise<OrderView | null>
    readonly list: (query?: Partial<Record<keyof OrderQuery, unknown>>) => Promise<Page<OrderView>>
    /** One transition of a fulfilment. @throws Refused, NotFound, VersionConflict */
    readonly command: <C extends RequestableCommand>(
      fulfilmentId: string,
      command: C,
      input: (typeof COMMAND_INPUTS)[C]["Encoded"],
      options: CommandOptions
    ) => Promise<OrderView>
    readonly cancel: (id: string, reason: string, options: CommandOptions) => Promise<OrderView>
    readonly events: (id: string) => Promise<ReadonlyArray<RecordedEvent>>
  }
  readonly sales: {
    readonly record: (sale: typeof Sale.Encoded, actor?: Actor) => Promise<{ order: OrderView | null; created: boolean }>
  }
  /** What waits for a person (ORD-3). */
  readonly cases: {
    /** Oldest first, on ended orders too. */
    readonly open: (query?: Partial<CaseQuery>) => Promise<Page<OpenCase>>
    /** @throws NotFound, Refused where it is closed already */
    readonly close: (orderId: string, caseId: number, comment: string, options: CommandOptions) => Promise<OrderView>
    /** Says which place an unclear address means; the order is planned again. @throws InvalidInput, NotFound, Refused */
    readonly confirmAddress: (
      orderId: string,
      caseId: number,
      address: typeof ConfirmedAddress.Encoded,
      options: CommandOptions
    ) => Promise<OrderView>
  }
  /** Messages to partners that wait or are dead (OPS-2). */
  readonly outbox: {
    /** Oldest first; `after`: the `seq` of the last one of the page before. */
    readonly list: (
      state: OutboxList,
      limit?: number,
      of?: { readonly lane?: string; readonly after?: number }
    ) => Promise<ReadonlyArray<OutboxMessage>>
    /** Whatever became of it, with its history. @throws NotFound */
    readonly get: (id: string) => Promise<OutboxMessage>
    /** Other values for fields of a dead one's payload; it stays dead until it is replayed. @throws NotFound, Refused, InvalidInput */
    readonly mend: (id: string, fields: Readonly<Record<string, unknown>>, actor: Actor, reason: string) => Promise<OutboxMessage>
    /** A dead one goes again. @throws NotFound, Refused where it is not dead */
    readonly replay: (id: string, actor: Actor, reason: string) => Promise<OutboxMessage>
    /** It will never go. @throws NotFound, Refused where it has ended or is being sent */
    readonly discard: (id: string, actor: Actor, reason: string) => Promise<OutboxMessage>
  }
  readonly stock: {
    readonly availability: (
      channel: string,
      products: ReadonlyArray<string>,
      branches: ReadonlyArray<string>
    ) => Promise<ReadonlyArray<Availability>>
    /** Series and expiry dates with units left, soonest end first; what is unknown is not listed. No branches: all. */
    readonly series: (
      products: ReadonlyArray<string>,
      branches?: ReadonlyArray<string>
    ) => Promise<ReadonlyArray<StatedSeries>>
    /** States what branches have, as of a time (D1). @throws InvalidInput for unknown products or branches */
    readonly state: (rows: ReadonlyArray<StockRow>, options?: StateOptions) => Promise<SyncRun>
    readonly price: (
      priceType: string,
      rows: ReadonlyArray<PriceRow>,
      options?: StateOptions
    ) => Promise<SyncRun>
  }
  readonly runs: {
    /** Lets a held run through: its adapter applies the kept file as a new run. @throws NotFound, Refused */
    readonly release: (id: string, actor: Actor) => Promise<SyncRun>
    /** A held run will never be applied. @throws NotFound, Refused */
    readonly discard: (id: string, actor: Actor) => Promise<SyncRun>
  }
  readonly catalogue: {
    /** @throws InvalidInput, also for a group that is not there */
    readonly upsert: (products: ReadonlyArray<typeof ProductPut.Encoded>) => Promise<void>
    /** The whole tree, by id. */
    readonly groups: () => Promise<ReadonlyArray<ProductGroup>>
    /** New and changed groups, whole, all or none. @throws InvalidInput for an unknown parent or a group in itself */
    readonly putGroups: (groups: ReadonlyArray<typeof ProductGroup.Encoded>) => Promise<void>
    readonly search: (text: string, limit?: number, after?: string) => Promise<Page<Product>>
  }
  readonly network: {
    readonly branches: () => ReadonlyArray<Branch>
    readonly save: (settings: {
      readonly branches?: ReadonlyArray<typeof Branch.Encoded>
      readonly channels?: ReadonlyArray<typeof Channel.Encoded>
      readonly policies?: ReadonlyArray<typeof PolicyEntry.Encoded>
    }) => Promise<void>
  }
  /** Texts to buyers (SMS-1). */
  readonly templates: {
    readonly list: () => ReadonlyArray<TemplateView>
    /** All or none; they hold for the next message. @throws InvalidInput */
    readonly save: (templates: ReadonlyArray<MessageTemplate>) => Promise<ReadonlyArray<TemplateView>>
    /** How a text would come out for a sample order. @throws InvalidInput */
    readonly preview: (template: Omit<MessageTemplate, "subject"> & { readonly text: string }) => Promise<TextPreview>
  }
  /** What happens, in order, from now on or after a number. End it by the signal, or leave the loop. */
  readonly events: (options?: {
    readonly after?: number
    readonly branchId?: string
    readonly signal?: AbortSignal
  }) => AsyncIterable<RecordedEvent>
}

const decodeRequest = decodeInput(OrderRequest)
const decodeSale = decodeInput(Sale)
const decodeAddress = decodeInput(ConfirmedAddress)
const decodeSettings = decodeInput(
  Schema.Struct({
    branches: Schema.optionalKey(Schema.Array(Branch)),
    channels: Schema.optionalKey(Schema.Array(Channel)),
    policies: Schema.optionalKey(Schema.Array(PolicyEntry))
  })
)
const decodeProducts = decodeInput(Schema.Array(ProductPut))
const decodeGroups = decodeInput(Schema.Array(ProductGroup))

/** The Promise face over a running hub's services. */
export const promiseFace = async (run: Run): Promise<PromiseFace> => {
  const network = await run(Network)
  const storage = await run(Storage)
  const { image } = storage.stock

  const slotOf = (path: string, kind: string, slot: number | undefined): number => {
    if (slot !== undefined) return slot
    const message = `unknown ${kind}; add it to the ${kind === "branch" ? "network" : "catalogue"} first`
    throw new InvalidInput({ message: `${path}: ${message}`, issues: [{ path, message }] })
  }
  const productSlots = (rows: ReadonlyArray<{ readonly productId: string }>): Int32Array =>
    Int32Array.from(rows, (row, i) =>
      slotOf(`rows[${i}].productId`, "product", image.productSlot(ProductId.make(row.productId))))
  const branchSlot = (id: string, row: number): number =>
    slotOf(`rows[${row}].branchId`, "branch", image.branchSlot(BranchId.make(id)))

  /** A figure of a row as the image keeps it: anything else would be cut to 32 bits without a word. */
  const whole = (path: string, figure: number, most: number): number => {
    if (Number.isInteger(figure) && figure >= 0 && figure <= most) return figure
    const message = `an integer from 0 to ${most}`
    throw new InvalidInput({ message: `${path}: ${message}`, issues: [{ path, message }] })
  }
  /** A statement of a time to come would be later than every statement and sale until then (D2). */
  const statedAt = async (asOf: number | undefined): Promise<number> => {
    const now = await run(Clock.currentTimeMillis)
    return Math.min(asOf ?? now, now)
  }

  const oneRun = async ({ source, ...options }: StateOptions, file: string, batch: ImportBatch) => {
    const opened = await run(storage.stock.openRun({ connection: source ?? "api", file }, options))
    await run(opened.write(batch))
    return run(opened.finish())
  }

  return {
    orders: {
      place: (request, actor) =>
        run(
          Effect.gen(function*() {
            const decoded = yield* decodeRequest(request)
            const orders = yield* Orders
            const placed = yield* orders.place(decoded, actor ?? { kind: "channel", id: decoded.channel })
            return { order: viewOrder(placed.order), created: placed.created }
          })
        ),
      get: (id) => run(Effect.map(storage.orders.byId(OrderId.make(id)), (order) => (order === null ? null : viewOrder(order)))),
      list: (query = {}) =>
        run(
          Effect.map(storage.orders.list({ limit: 50, ...(query as Partial<OrderQuery>) }), (page) => ({
            ...page,
            items: page.items.map(viewOrder)
          }))
        ),
      command: (id, name, input, options) =>
        run(
          Effect.gen(function*() {
            const decoded = yield* decodeInput(COMMAND_INPUTS[name])(input)
            const orders = yield* Orders
            const command = { name, input: decoded } as Command
            return viewOrder(yield* orders.command(FulfilmentId.make(id), command, options))
          })
        ),
      cancel: (id, reason, options) =>
        run(Effect.flatMap(Orders, (orders) => Effect.map(orders.cancel(OrderId.make(id), reason, options), viewOrder))),
      events: (id) => run(storage.orders.events(OrderId.make(id)))
    },
    sales: {
      record: (sale, actor) =>
        run(
          Effect.gen(function*() {
            const decoded = yield* decodeSale(sale)
            const sales = yield* Sales
            const { order, created } = yield* sales.record(decoded, actor ?? { kind: "register", id: decoded.source })
            return { order: order === null ? null : viewOrder(order), created }
          })
        )
    },
    cases: {
      open: (query = {}) => run(storage.orders.openCases({ limit: 50, ...query })),
      close: (orderId, caseId, comment, options) =>
        run(
          Effect.flatMap(Cases, (cases) =>
            Effect.map(cases.close(OrderId.make(orderId), caseId, comment, options), viewOrder))
        ),
      confirmAddress: (orderId, caseId, address, options) =>
        run(
          Effect.gen(function*() {
            const decoded = yield* decodeAddress(address)
            const addresses = yield* Addresses
            return viewOrder(yield* addresses.confirm(OrderId.make(orderId), caseId, decoded, options))
          })
        )
    },
    outbox: {
      list: (state, limit = 50, of) => run(storage.outbox.list(state, limit, of)),
      get: (id) => run(letter(id)),
      mend: (id, fields, actor, reason) => run(mendLetter(id, fields, actor, reason)),
      replay: (id, actor, reason) => run(decideLetter(id, "replayed", actor, reason)),
      discard: (id, actor, reason) => run(decideLetter(id, "discarded", actor, reason))
    },
    stock: {
      availability: (channel, products, branches) =>
        run(
          Effect.flatMap(Stock, (stock) =>
            stock.availability(
              ChannelId.make(channel),
              products.map((id) => ProductId.make(id)),
              branches.map((id) => BranchId.make(id))
            ))
        ),
      series: (products, branches = []) =>
        run(storage.stock.series(products.map((id) => ProductId.make(id)), branches.map((id) => BranchId.make(id)))),
      state: async (rows, options = {}) =>
        oneRun(options, "stock", {
          kind: "stock",
          asOf: await statedAt(options.asOf),
          products: productSlots(rows),
          branches: Int32Array.from(rows, (row, i) => branchSlot(row.branchId, i)),
          quantities: Int32Array.from(rows, (row, i) => whole(`rows[${i}].quantity`, row.quantity, MAX_UNITS))
        }),
      price: async (priceType, rows, options = {}) =>
        oneRun(options, "prices", {
          kind: "price",
          asOf: await statedAt(options.asOf),
          priceType,
          products: productSlots(rows),
          branches: Int32Array.from(rows, (row, i) => (row.branchId === undefined ? NO_PRICE : branchSlot(row.branchId, i))),
          amounts: Int32Array.from(rows, (row, i) => whole(`rows[${i}].amount`, row.amount, MAX_PRICE))
        })
    },
    runs: {
      release: (id, actor) => run(decideRun(id, "released", actor)),
      discard: (id, actor) => run(decideRun(id, "discarded", actor))
    },
    catalogue: {
      upsert: (products) => run(Effect.flatMap(decodeProducts(products), putProducts)),
      groups: () => run(storage.catalogue.groups),
      putGroups: (groups) => run(Effect.flatMap(decodeGroups(groups), putGroups)),
      search: (text, limit = 20, after) => run(storage.catalogue.search(text, limit, after))
    },
    network: {
      branches: () => network.view().branches,
      save: (settings) => run(Effect.flatMap(decodeSettings(settings), (decoded) => network.save(decoded)))
    },
    templates: {
      list: () => listTemplates(network.view()),
      save: (templates) => run(saveTemplates(templates)),
      preview: (template) => run(previewTemplate(network.view(), template))
    },
    events: (options = {}) =>
      followFeed(storage, run, {
        after: options.after,
        branchId: options.branchId === undefined ? undefined : BranchId.make(options.branchId),
        signal: options.signal
      })
  }
}
