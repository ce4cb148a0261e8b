import { definePort, Schema } from "@aptekit/core"

const NOTHING = Schema.Struct({})

/** What the host may ask of this connection beside its timers. A port of one's own is data like the hub's. */
export const otauPort = definePort("otau", {
  /** Reads the whole statement: goods, stock, prices. */
  readStatement: { input: NOTHING, output: Schema.Struct({ state: Schema.String }), repeat: "safe" },
  /** Writes the orders that have news, and reads what became of them. */
  exchangeOrders: { input: NOTHING, output: Schema.Struct({ told: Schema.Int, aside: Schema.Int }), repeat: "safe" },
  /** Reads the receipts since the last time. */
  readSales: { input: NOTHING, output: Schema.Struct({ recorded: Schema.Int }), repeat: "safe" }
})
