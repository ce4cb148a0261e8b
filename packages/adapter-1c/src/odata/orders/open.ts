import type { InboundHub } from "@aptekit/core"
import { digitsOf } from "../../sale/compose.ts"
import { WallClock } from "../../sale/clock.ts"
import type { ODataClient } from "../client.ts"
import type { Need } from "../needs.ts"
import { ODataOrderDesk } from "./desk.ts"
import { OrderLane } from "./lane.ts"
import { DocumentLedger } from "./ledger.ts"
import type { ODataOrders } from "./settings.ts"
import { DocumentWriter } from "./writer.ts"

export interface OpenOrders {
  readonly hub: InboundHub
  readonly client: ODataClient
  readonly settings: ODataOrders
  readonly zone: string
  readonly currency: string
  /** Branch → warehouse's id in this base. */
  readonly warehouseOf: (branch: string) => string | null
  /** This base's id of goods → product. */
  readonly products: () => Promise<ReadonlyMap<string, string>>
  readonly mine: () => Promise<boolean>
  readonly now?: () => number
}

/** Orders to the base and back. `start` it when `setup` is about to return. */
export const openOrders = (parts: OpenOrders): OrderLane => {
  const { hub, client, settings, zone, currency, warehouseOf, products, mine, now = Date.now } = parts
  const ledger = new DocumentLedger(hub.files.directory)
  const writer = new DocumentWriter(client, settings)
  const desk = new ODataOrderDesk({ hub, settings, writer, ledger, clock: new WallClock(zone), warehouseOf, now })
  return new OrderLane({
    hub, settings, desk, mine, back: { hub, client, settings, ledger, zone, products, digits: digitsOf(currency) }
  })
}

const some = (...fields: ReadonlyArray<string | null>): ReadonlyArray<string> =>
  fields.filter((field) => field !== null)

/** Names that the settings take from the base. */
export const orderNeeds = (settings: ODataOrders): ReadonlyArray<Need> => {
  const { document, number, date, warehouse, comment, values, cancel, state, lines } = settings
  const cancelling = typeof cancel === "string" ? [] : Object.keys(cancel)
  const head = some(
    "Ref_Key", "Date", "DeletionMark", number, date, warehouse, comment, state?.field ?? null, lines.table
  )
  const { product, variant, quantity, quantities, price, sum } = lines
  return [
    { setting: "orders", path: document, fields: [...head, ...Object.keys(values), ...cancelling] },
    {
      setting: "orders.lines",
      path: `${document}.${lines.table}`,
      fields: [...some(product, variant, quantity, price, sum), ...quantities, ...Object.keys(lines.values)]
    }
  ]
}
