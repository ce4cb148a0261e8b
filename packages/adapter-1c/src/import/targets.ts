import { type Branch, BranchId, type InboundHub } from "@aptekit/core"
import type { OneCConfig } from "../config.ts"
import {
  IGNORED_TARGET, type PriceTarget as PriceRoute, type ReadResult, type Route, type StockTarget, UNKNOWN_TARGET, type WarehouseName
} from "../worker/protocol.ts"
import type { Memory } from "./memory.ts"

const IGNORE = "ignore"
/** Slot of a price that holds for the whole network. */
const NETWORK = -1

export interface PriceTarget {
  readonly priceType: string
  readonly branch: number
}

/**
 * Where rows go: the connection's mapping, then links made elsewhere, then (`autoCreate`) what is made on the spot.
 * Undefined: unknown, the row waits.
 */
export class Targets {
  readonly #config: OneCConfig
  readonly #hub: InboundHub
  readonly #memory: Memory
  readonly #branches: Map<string, string>
  readonly #configured: ReadonlyMap<string, OneCConfig["prices"][string]>
  readonly #stock = new Map<string, number | "ignore" | undefined>()
  readonly #prices = new Map<string, PriceTarget | "ignore" | undefined>()

  private constructor(config: OneCConfig, hub: InboundHub, memory: Memory, links: ReadonlyMap<string, string>) {
    this.#config = config
    this.#hub = hub
    this.#memory = memory
    this.#configured = new Map(Object.entries(config.prices))
    this.#branches = new Map([...links, ...Object.entries(config.warehouses)])
  }

  static async open(config: OneCConfig, hub: InboundHub, memory: Memory): Promise<Targets> {
    return new Targets(config, hub, memory, await hub.network.links())
  }

  /** Names that the file declares. */
  learn(read: ReadResult): void {
    for (const { id, name } of read.declaredWarehouses) this.#memory.warehouses.set(id, name)
    for (const { id, name, currency } of read.declaredPriceTypes) this.#memory.priceTypes.set(id, { name, currency })
  }

  /** With `autoCreate`: branches for warehouses that are new, and the retail price type. */
  async create(read: ReadResult): Promise<void> {
    if (!this.#config.autoCreate) return
    const declared = new Map(read.declaredWarehouses.map((warehouse) => [warehouse.id, warehouse]))
    for (const id of new Set([...declared.keys(), ...read.usedWarehouses])) {
      if (declared.get(id)?.deleted !== true) await this.#createBranch(id, declared.get(id))
    }
    const { total } = this.#config
    if (total !== IGNORE && this.#hub.network.slot(total) === undefined && read.needsTotal) {
      await this.#hub.network.saveBranch(this.#branch(total, "Склад 1С", ""))
    }
    const types = [...read.declaredPriceTypes.map(({ id }) => id), ...read.usedPriceTypes]
    this.#memory.retail ??= types.find((id) => this.#mapped(id) === undefined) ?? null
  }

  /** Where the stock of a warehouse goes ("" for the total), and what to tell the administrator if nowhere. */
  stockRoute(warehouse: string): StockTarget {
    const branch = this.stock(warehouse)
    if (branch === "ignore") return { branch: IGNORED_TARGET, reason: "" }
    if (branch !== undefined) return { branch, reason: "" }
    if (warehouse === "") {
      return { branch: UNKNOWN_TARGET, reason: "Филиал из настройки total не существует: создайте его." }
    }
    const reason = `Склад ${this.nameOf(warehouse)} не сопоставлен с филиалом: укажите его в настройке warehouses.`
    return { branch: UNKNOWN_TARGET, reason }
  }

  priceRoute(priceType: string): PriceRoute {
    const target = this.price(priceType)
    if (target === "ignore") return { branch: IGNORED_TARGET, priceType: "", reason: "" }
    if (target !== undefined) return { ...target, reason: "" }
    const named = quoted(this.#memory.priceTypes.get(priceType)?.name, priceType)
    const reason = `Тип цены ${named} не сопоставлен: укажите его в настройке prices.`
    return { branch: UNKNOWN_TARGET, priceType: "", reason }
  }

  /** A branch's slot for a warehouse ("" for the total). */
  stock(warehouse: string): number | "ignore" | undefined {
    if (!this.#stock.has(warehouse)) this.#stock.set(warehouse, this.#findStock(warehouse))
    return this.#stock.get(warehouse)
  }

  price(priceType: string): PriceTarget | "ignore" | undefined {
    if (!this.#prices.has(priceType)) this.#prices.set(priceType, this.#findPrice(priceType))
    return this.#prices.get(priceType)
  }

  /** Where the warehouses lead that settings or links name. */
  routes(): ReadonlyArray<Route> {
    return [...this.#branches.keys()].map((warehouse) => [warehouse, this.stockRoute(warehouse).branch])
  }

  /** As the administrator of 1C knows it. */
  nameOf(warehouse: string): string {
    return quoted(this.#memory.warehouses.get(warehouse), warehouse)
  }

  #findStock(warehouse: string): number | "ignore" | undefined {
    const branch = warehouse === "" ? this.#config.total : this.#branches.get(warehouse)
    if (branch === undefined || branch === IGNORE) return branch
    return this.#hub.network.slot(branch)
  }

  #mapped(priceType: string): OneCConfig["prices"][string] | undefined {
    const name = this.#memory.priceTypes.get(priceType)?.name
    return this.#configured.get(priceType) ?? (name ? this.#configured.get(name) : undefined)
  }

  #findPrice(priceType: string): PriceTarget | "ignore" | undefined {
    const mapped = this.#mapped(priceType) ?? (this.#memory.retail === priceType ? "retail" : undefined)
    if (mapped === undefined || mapped === IGNORE) return mapped
    if (typeof mapped === "string") return { priceType: mapped, branch: NETWORK }
    const branch = this.#hub.network.slot(mapped.branchId)
    return branch === undefined ? undefined : { priceType: mapped.priceType, branch }
  }

  async #createBranch(warehouse: string, declared: WarehouseName | undefined): Promise<void> {
    if (this.#branches.has(warehouse)) return
    const known = declared?.name ?? this.#memory.warehouses.get(warehouse)
    const name = (known ?? `Склад 1С ${warehouse.slice(0, 8)}`).slice(0, 200)
    const id = warehouse.slice(0, 100)
    // A branch of that id that nobody linked is what a killed import left.
    if (this.#hub.network.slot(id) === undefined) {
      await this.#hub.network.saveBranch(this.#branch(id, name, declared?.address?.slice(0, 500) ?? ""))
    }
    await this.#hub.network.link(warehouse, id)
    this.#branches.set(warehouse, id)
  }

  /** Without hours a branch counts as always open. */
  #branch(id: string, name: string, address: string): Branch {
    return {
      id: BranchId.make(id),
      name,
      address,
      point: null,
      zone: this.#config.zone,
      hours: [],
      exceptions: [],
      active: true,
      warehouse: false,
      stockControl: true,
      // Who ships orders in 1C sells them there (D9).
      saleSource: this.#config.orders === undefined ? "register" : "erp"
    }
  }
}

const quoted = (name: string | null | undefined, id: string): string => (name ? `«${name.slice(0, 100)}» (${id})` : id)
