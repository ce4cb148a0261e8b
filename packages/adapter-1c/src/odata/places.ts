import type { InboundHub } from "@aptekit/core"
import type { OneCODataConfig } from "./settings.ts"

const IGNORE = "ignore"

/** Which branches this base serves, by warehouse. */
export class WarehousePlaces {
  readonly #network: InboundHub["network"]
  readonly #branches: ReadonlyMap<string, string>

  constructor(config: OneCODataConfig, network: InboundHub["network"]) {
    this.#network = network
    this.#branches = new Map(Object.entries(config.warehouses).map(([id, branch]) => [id.toLowerCase(), branch]))
  }

  /** The branch of a warehouse, `ignore`, or undefined where nobody has said. */
  branch(warehouse: string): string | undefined {
    return this.#branches.get(warehouse)
  }

  slot(branch: string): number | undefined {
    return this.#network.slot(branch)
  }

  /** All branches that are served and exist. */
  branches(): ReadonlyArray<string> {
    const branches = new Set(this.#branches.values())
    return [...branches].filter((branch) => branch !== IGNORE && this.slot(branch) !== undefined)
  }

  /** The warehouse to write for a branch: the first one. */
  warehouse(branch: string): string | undefined {
    return [...this.#branches].find(([, other]) => other === branch)?.[0]
  }

  takes(branch: string): boolean {
    return branch !== IGNORE && this.warehouse(branch) !== undefined
  }
}
