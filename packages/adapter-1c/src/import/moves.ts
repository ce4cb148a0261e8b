import { setImmediate } from "node:timers/promises"
import type { InboundHub } from "@aptekit/core"
import type { BranchLevels } from "../worker/protocol.ts"
import { NO_SLOT } from "../worker/tables.ts"
import type { KnownProducts } from "./known-products.ts"
import type { Notes } from "./notes.ts"
import type { ReaderThread } from "./reader-thread.ts"
import type { Targets } from "./targets.ts"

/** Products that are looked at in one turn of the event loop. */
const PIECE = 2_000
/** Of the settings, not of any line of the file. */
const NO_LINE = 0

interface Parts {
  readonly hub: InboundHub
  readonly thread: ReaderThread
  readonly known: KnownProducts
  readonly targets: Targets
  readonly notes: Notes
}

/** What the hub has in these branches: looked at where the settings have changed, never else. */
const levelsIn = async ({ hub, known }: Parts, branches: ReadonlyArray<number>): Promise<ReadonlyArray<BranchLevels>> => {
  const slots: Array<number> = []
  let rows = 0
  for (const id of known.links.keys()) {
    const slot = known.slot(id)
    rows = Math.max(rows, slot + 1)
    if (slot !== NO_SLOT && slots.push(slot) % PIECE === 0) await setImmediate()
  }
  const levels = branches.map((branch) => ({ branch, onHand: new Int32Array(rows), statedAt: new Float64Array(rows) }))
  for (const [i, slot] of slots.entries()) {
    for (const { branch, onHand, statedAt } of levels) {
      const level = hub.stock.levelAt(slot, branch)
      onHand[slot] = level.onHand
      statedAt[slot] = level.statedAt
    }
    if (i % PIECE === 0) await setImmediate()
  }
  return levels
}

/** Where the settings lead warehouses elsewhere than before, what they have said goes there too, and the administrator is told. */
export const moveWarehouses = async (parts: Parts, asOf: number): Promise<void> => {
  const { hub, thread, targets, notes } = parts
  const branches = await thread.ask("route", targets.routes())
  if (branches.length === 0) return
  const nameOf = (slot: number): string =>
    `«${hub.network.branches().find(({ id }) => hub.network.slot(id) === slot)?.name ?? ""}»`
  const moved = await thread.ask("move", { asOf, levels: await levelsIn(parts, branches) })
  for (const { branch, products } of moved.branches) {
    notes.remark(NO_LINE, `Склады филиала ${nameOf(branch)} в настройках изменились: его остаток пересчитан, товаров: ${products}.`)
  }
  for (const { warehouse, branch } of moved.silent) {
    notes.remark(
      NO_LINE,
      `Склад ${targets.nameOf(warehouse)} добавлен в филиал ${nameOf(branch)}, но его остатков хаб не знает: пока они не придут, ` +
        "они не учтены. Запросите в 1С полную выгрузку остатков."
    )
  }
  if (moved.lost > 0) {
    notes.remark(
      NO_LINE,
      `Слишком много отложенных строк: остатки складов, убранных из настроек, не сохранены, строк: ${moved.lost}. Если эти склады ` +
        "вернутся в настройки, запросите в 1С полную выгрузку остатков."
    )
  }
}
