/**
 * Conformance of adapters to the hub's inward face: what they state, fetch and tell, tried on a real hub in memory.
 * @module
 */
import { Clock, Effect, Layer } from "effect"
import type { AdapterInstance, HttpEntrance } from "../adapter/adapter.ts"
import type { Capabilities } from "../adapter/port.ts"
import { AdapterRegistry } from "../adapter/registry.ts"
import { dispatchOnce } from "../exchange/lane-work.ts"
import { Lanes } from "../exchange/lanes.ts"
import type { WebhookSender } from "../exchange/webhook.ts"
import { createHub, type Hub } from "../hub/hub.ts"
import type { OrderView } from "../hub/view.ts"
import { clockAhead } from "../kernel/clock.ts"
import { BranchId, ProductId } from "../kernel/ids.ts"
import type { Channel } from "../network/model.ts"
import { Network } from "../network/service.ts"
import type { RequestableCommand } from "../order/commands.ts"
import { Storage, type StorageService } from "../store/ports.ts"
import { makeBranch, makeChannel, makeProduct } from "./builders.ts"
import { memoryStorage } from "./memory.ts"
import { loadNetwork } from "./network.ts"
import { ensure, type PortCase, type PortHarness } from "./port-suite.ts"

/** The branches that the connection serves; `east` is another one's. Sales of these come from the partner (`erp`). */
export type FlowBranch = "north" | "south"

/** What a test gives of an adapter that reaches the hub by itself, and of its partner. Made anew for each case. */
export interface FlowHarness extends PortHarness {
  /** Other connections of the same hub. */
  readonly beside?: ReadonlyArray<AdapterInstance>
  /** How the hub sends webhooks, where these are tried. */
  readonly webhooks?: WebhookSender
  /** What the channel `shop` is beside its name, such as its webhook. */
  readonly channel?: Partial<Channel>
  /** A folder of the connection's own, for adapters that keep files. */
  readonly directory?: string
  /** For a connection that its partner calls: a request by somebody who does not know the secret. */
  readonly forge?: (http: HttpEntrance) => Promise<Response>
  /** Is this how the partner's protocol refuses somebody? Left out: a status of 400 or more. */
  readonly isRefusal?: (status: number, text: string) => boolean
}

/** Who orders in the cases: nothing of it may be in a log or in an error. */
export const BUYER = { name: "Айгерім Сәрсенова", phone: "+77010000042" }
const PERSONAL = ["Сәрсенова", "7010000042"]
const OPERATOR = { actor: { kind: "operator", id: "suite" } } as const
/** Longer than any back-off of a lane. */
const LONG = 20 * 60_000
/** Rounds after which what should have happened has not. */
const MOST_ROUNDS = 20

/** Products 1 to 3 of the cases, as the hub calls them. */
export const flowProduct = (n: number): string => `flow-${n}`

/** Units of each of these products at each branch before an order. */
export const FLOW_UNITS = 100

export interface FlowPart {
  readonly id: string
  /** `<order>-<part>`: what the partner's document is called by. */
  readonly number: string
  readonly status: string
  /** Reasons of its open cases. */
  readonly cases: ReadonlyArray<string>
}

/** A hub in memory with the connection, and what is told of it. */
export class FlowWorld {
  readonly #harness: FlowHarness
  readonly #storage: Layer.Layer<Storage>
  readonly #log: Array<string> = []
  #hub: Hub | undefined
  #ahead = 0

  constructor(harness: FlowHarness, storage: Layer.Layer<Storage>) {
    this.#harness = harness
    this.#storage = storage
  }

  get hub(): Hub {
    ensure(this.#hub !== undefined, "the hub of this case is closed")
    return this.#hub
  }

  /** The connection's id. */
  get connection(): string {
    return this.#harness.adapter.id
  }

  get http(): HttpEntrance {
    const entrance = this.hub.entrances.get(this.connection)
    ensure(entrance !== undefined, "the adapter has no entrance: setup did not return `http`")
    return entrance
  }

  get storage(): Promise<StorageService> {
    return this.hub.run(Storage)
  }

  async open(): Promise<void> {
    const { adapter, beside = [], webhooks, directory } = this.#harness
    this.#hub = await createHub({
      storage: this.#storage,
      jobs: false,
      adapters: [adapter, ...beside],
      ...(webhooks === undefined ? {} : { webhooks }),
      host: {
        directory: (connection) => (directory === undefined ? `.aptekit/${connection}` : `${directory}/${connection}`),
        log: (_, message, detail) => void this.#log.push(`${message} ${JSON.stringify(detail)}`)
      }
    })
  }

  async close(): Promise<void> {
    const hub = this.#hub
    this.#hub = undefined
    await hub?.close()
  }

  /** Another hub over the same storage and files, as after a restart. */
  async restart(): Promise<void> {
    await this.close()
    await this.open()
  }

  now(): Promise<number> {
    return this.hub.run(Clock.currentTimeMillis)
  }

  /** A round of a lane of the outbox, at a time when all that was put off is due. */
  async lane(lane: string): Promise<void> {
    this.#ahead += LONG
    const ahead = this.#ahead
    await this.hub.run(Effect.gen(function*() {
      const network = yield* Network
      const clock = clockAhead(yield* Clock.Clock, () => ahead)
      const work = { lane, storage: yield* Storage, registry: yield* AdapterRegistry, lanes: yield* Lanes, view: () => network.view() }
      yield* Effect.provideService(dispatchOnce(work), Clock.Clock, clock)
    }))
  }

  /** An order of `quantity` × product 1 and one of product 2, to be collected. */
  async place(externalId: string, { quantity = 2, branch = "north" }: { quantity?: number; branch?: string } = {}): Promise<OrderView> {
    const { order } = await this.hub.orders.place({
      channel: "shop",
      externalId,
      customer: BUYER,
      delivery: { type: "pickup", branchId: branch },
      lines: [{ productId: flowProduct(1), quantity }, { productId: flowProduct(2), quantity: 1 }],
      payment: { method: "cash" }
    })
    return order
  }

  /** The order's only part as it is now. */
  async part({ id }: { readonly id: string }): Promise<FlowPart> {
    const order = await this.hub.orders.get(id)
    const part = order?.fulfilments[0]
    ensure(order !== null && order !== undefined && part !== undefined, `the hub has no order ${id}, or it has no part`)
    const cases = order.cases.filter((one) => one.closedAt === null).map(({ reason }) => reason)
    return { id: part.id, number: part.number, status: part.status, cases }
  }

  /** A command of the operator to the order's only part. */
  async command(order: { readonly id: string }, command: RequestableCommand, input: object = {}): Promise<void> {
    await this.hub.orders.command((await this.part(order)).id, command, input, OPERATOR)
  }

  /** What can be ordered of a product, by its id here. */
  async units(product: string, branch: string): Promise<number> {
    return (await this.storage).stock.image.available(ProductId.make(product), BranchId.make(branch))
  }

  /** The retail price of the network, or at a branch, in minor units. */
  async price(product: string, branch: string | null = null): Promise<number | null> {
    const { image } = (await this.storage).stock
    return image.price("retail", ProductId.make(product), branch === null ? null : BranchId.make(branch))
  }

  /** Has the connection been told everything? */
  async isTold(): Promise<boolean> {
    return (await this.hub.run((await this.storage).pull.pending(this.connection, 1))).length === 0
  }

  /** Messages to partners that a person must look at. */
  async dead() {
    return this.hub.run((await this.storage).outbox.list("dead", 100))
  }

  /** Everything that people read of this connection: log, runs, dead letters. */
  async #said(): Promise<string> {
    const runs = (await this.hub.run((await this.storage).stock.runs(100, undefined))).items
    const told = runs.flatMap(({ error, rejects }) => [error ?? "", ...rejects.map(({ reason }) => reason)])
    const letters = (await this.dead()).map(({ lastError }) => lastError ?? "")
    return [...this.#log, ...told, ...letters].join("\n")
  }

  /** @throws Error where a log, a run or a dead letter holds a secret or a person's data */
  async mustBeDiscreet(): Promise<void> {
    const said = await this.#said()
    const betrayed = [...PERSONAL, ...(this.#harness.secrets ?? [])].some((text) => said.includes(text))
    ensure(!betrayed, "a log line, a run or a dead letter holds a secret or a person's data")
  }
}

/** The network of the cases: what the partner states is laid over it. */
const furnish = async (world: FlowWorld, { adapter, channel }: FlowHarness, linked: ((n: number) => string) | null): Promise<void> => {
  const products = linked === null ? [] : [1, 2, 3].map((n) => makeProduct(flowProduct(n)))
  const branches = [makeBranch("north", { saleSource: "erp" }), makeBranch("south", { saleSource: "erp" }), makeBranch("east")]
  const levels = products.flatMap(({ id }) => branches.map((branch) => [id, branch.id, FLOW_UNITS] as const))
  const prices = products.map(({ id }) => [id, null, 49_000] as const)
  await world.hub.run(Effect.gen(function*() {
    const channels = [makeChannel("shop", channel), makeChannel("app")]
    yield* loadNetwork({ branches, channels, products, policies: [], levels, prices }, 0)
    yield* Effect.flatMap(Network, (network) => network.reload)
    if (linked === null) return
    const { catalogue } = yield* Storage
    yield* catalogue.putLinks([1, 2, 3].map((n) => ({ connection: adapter.id, kind: "product", externalId: linked(n), id: flowProduct(n) })))
  }))
}

/** A storage that outlives its hubs. */
const keptStorage = (): Promise<Layer.Layer<Storage>> =>
  Effect.runPromise(Effect.scoped(Effect.map(Layer.build(memoryStorage()), (context) => Layer.succeedContext(context))))

/** A promise of the inward face, put to the test. `linked`: the partner's ids of products 1 to 3; null: it brings its own. */
export const flowCase = <H extends FlowHarness>(
  linked: (harness: H) => ((n: number) => string) | null
) =>
(name: string, check: (world: FlowWorld, harness: H) => Promise<void>, needs?: Capabilities): PortCase<H> => ({
  name,
  ...(needs === undefined ? {} : { needs }),
  run: async (harness) => {
    const world = new FlowWorld(harness, await keptStorage())
    try {
      await world.open()
      await furnish(world, harness, linked(harness))
      await check(world, harness)
      await world.mustBeDiscreet()
    } finally {
      await world.close()
      await harness.close?.()
    }
  }
})

/** A stranger's request is refused. Gives what was answered. */
export const mustRefuse = async (world: FlowWorld, { forge, isRefusal = (status) => status >= 400 }: FlowHarness): Promise<string> => {
  ensure(forge !== undefined, "this case needs the harness's `forge`, or a skip by its name with a reason")
  const answer = await forge(world.http)
  const text = await answer.text()
  ensure(isRefusal(answer.status, text), `the entrance answered ${answer.status} to a stranger`)
  return text
}

/** Work that may fail, as it does where the partner is down: it is called again later. */
export const attempt = (work: () => Promise<unknown>): Promise<boolean> => work().then(() => true, () => false)

/** Rounds of an exchange until something is so. @throws Error with `what`, where it never is */
export const roundsUntil = async (round: () => Promise<unknown>, truth: () => boolean | Promise<boolean>, what: string): Promise<void> => {
  for (let count = 0; count < MOST_ROUNDS; count++) {
    await attempt(round)
    if (await truth()) return
  }
  ensure(false, `${what}, after ${MOST_ROUNDS} exchanges`)
}
