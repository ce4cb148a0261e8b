import type { InboundHub } from "@aptekit/core"
import type { OneCConfig } from "../config.ts"

/** Which branches this base serves, and under which warehouse. Grows while the hub runs. */
export class Places {
  readonly #warehouses = new Map<string, string>()
  readonly #total: string | null

  private constructor(total: string | null) {
    this.#total = total
  }

  static async open(config: OneCConfig, network: InboundHub["network"]): Promise<Places> {
    const places = new Places(config.total === "ignore" ? null : config.total)
    for (const [warehouse, branch] of Object.entries(config.warehouses)) {
      if (branch !== "ignore") places.add(warehouse, branch)
    }
    for (const [warehouse, branch] of await network.links()) places.add(warehouse, branch)
    return places
  }

  /** The first warehouse of a branch is the one that is written. */
  add(warehouse: string, branch: string): void {
    if (!this.#warehouses.has(branch)) this.#warehouses.set(branch, warehouse)
  }

  takes(branch: string): boolean {
    return this.#warehouses.has(branch) || this.#total === branch
  }

  /** Null where the base has one place and no warehouses. */
  warehouse(branch: string): string | null {
    return this.#warehouses.get(branch) ?? null
  }

  /** The same network, which tells us of each branch that is made at run time. */
  watch(network: InboundHub["network"]): InboundHub["network"] {
    return {
      ...network,
      link: async (warehouse, branch) => {
        await network.link(warehouse, branch)
        this.add(warehouse, branch)
      }
    }
  }
}
