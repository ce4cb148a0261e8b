import type { InboundHub } from "@aptekit/core"
import { deletionsObjection } from "../../deletion-guard.ts"
import type { Catalogue } from "../catalogue.ts"
import type { ChangedObject } from "./feed.ts"

const FILE = "OData: удалённые товары"
/** Runs whose goods are remembered; what was held before them can only be looked at in 1C. */
const MOST_HELD = 20

/** Goods that wait for a person, by the run that shows them. */
export interface RemovedState {
  readonly held: Readonly<Record<string, ReadonlyArray<string>>>
}

export interface RemovedParts {
  readonly hub: Pick<InboundHub, "stock">
  readonly catalogue: Pick<Catalogue, "refresh" | "isOnSale" | "takeOff">
  readonly guard: { readonly share: number; readonly minimum: number }
  readonly state: { value: RemovedState; readonly save: () => Promise<void> }
}

/**
 * Goods that the base has removed for good, as an exchange plan tells. No reading can show what is not there any more, and
 * the plan tells it once: what is too much at once waits for a person, on disk.
 */
export class RemovedGoods {
  readonly #parts: RemovedParts

  constructor(parts: RemovedParts) {
    this.#parts = parts
  }

  /** `goods`: all that the plan says of goods; those that were on sale and are removed are held against the others. */
  async take(goods: ReadonlyArray<ChangedObject>): Promise<void> {
    const { catalogue, guard } = this.#parts
    const removed = goods.filter(({ deleted }) => deleted).flatMap(({ key }) => key ?? [])
    if (removed.length === 0) return
    await catalogue.refresh()
    const named = goods.filter(({ key }) => key !== null && catalogue.isOnSale(key)).length
    const marked = removed.filter((id) => catalogue.isOnSale(id)).length
    const objection = guard.share < 1
      ? deletionsObjection({ named, marked }, guard, "План обмена сообщает об удалении")
      : undefined
    if (objection === undefined) await catalogue.takeOff(removed)
    else await this.#hold(removed, marked, objection)
  }

  /** A person let it through. False: this run held something else. */
  async release(run: string): Promise<boolean> {
    const ids = this.#parts.state.value.held[run]
    if (ids === undefined) return false
    await this.#parts.catalogue.takeOff(ids)
    await this.discard(run)
    return true
  }

  async discard(run: string): Promise<void> {
    const { state } = this.#parts
    if (state.value.held[run] === undefined) return
    state.value = { held: Object.fromEntries(Object.entries(state.value.held).filter(([id]) => id !== run)) }
    await state.save()
  }

  /** The goods are on disk before anybody can release them; killed before it is held, the plan tells them once more. */
  async #hold(removed: ReadonlyArray<string>, marked: number, reason: string): Promise<void> {
    const { hub, state } = this.#parts
    const run = await hub.stock.openRun(FILE)
    const held = [...Object.entries(state.value.held), [run.id, removed] as const].slice(-MOST_HELD)
    state.value = { held: Object.fromEntries(held) }
    await state.save()
    await run.hold(reason, { products: marked })
  }
}
