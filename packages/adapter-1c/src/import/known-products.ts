import { setImmediate } from "node:timers/promises"
import type { InboundHub } from "@aptekit/core"
import { NO_SLOT } from "../worker/tables.ts"
import type { ReaderThread } from "./reader-thread.ts"

/** Ids that are handed over in one turn of the event loop. */
const PIECE = 2_000

/** `goods#characteristic` → `goods`; undefined for plain goods (D6). */
export const familyOf = (externalId: string): string | undefined => {
  const at = externalId.indexOf("#")
  return at < 0 ? undefined : externalId.slice(0, at)
}

/** Products that are linked to ids of 1C, and the rows they have in the hub. The reading thread knows the same. */
export class KnownProducts {
  /** External id → product id. */
  readonly links: Map<string, string>
  /** Goods that exist in variants → these. */
  readonly families = new Map<string, Array<string>>()
  readonly #hub: InboundHub

  private constructor(hub: InboundHub, links: Map<string, string>) {
    this.#hub = hub
    this.links = links
    for (const id of links.keys()) this.#join(id)
  }

  /** A product is linked now. */
  add(externalId: string, id: string): void {
    if (!this.links.has(externalId)) this.#join(externalId)
    this.links.set(externalId, id)
  }

  #join(externalId: string): void {
    const family = familyOf(externalId)
    if (family === undefined) return
    const variants = this.families.get(family)
    if (variants === undefined) this.families.set(family, [externalId])
    else variants.push(externalId)
  }

  static async load(hub: InboundHub): Promise<KnownProducts> {
    const links = await hub.catalogue.links()
    return new KnownProducts(hub, links instanceof Map ? links : new Map(links))
  }

  /** Tells a thread that has just been started. */
  async teach(thread: ReaderThread): Promise<void> {
    let ids: Array<string> = []
    for (const id of this.links.keys()) {
      ids.push(id)
      if (ids.length < PIECE) continue
      await this.tell(thread, ids)
      ids = []
      await setImmediate()
    }
    await this.tell(thread, ids)
  }

  /** The row of the product that has this id in 1C. */
  slot(externalId: string): number {
    const id = this.links.get(externalId)
    return id === undefined ? NO_SLOT : this.#hub.catalogue.slot(id) ?? NO_SLOT
  }

  /** Tells it which rows these products have now. */
  async tell(thread: ReaderThread, ids: ReadonlyArray<string>): Promise<void> {
    if (ids.length > 0) await thread.ask("learn", { ids, slots: Int32Array.from(ids, (id) => this.slot(id)) })
  }
}
