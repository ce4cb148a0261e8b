import { definePort, Schema } from "@aptekit/core"

/** Readings by hand: from the host's own code, or from a job of its own. */
export const oneCODataPort = definePort("1c-odata", {
  /** Reads one kind now, as a run of its own; the run says what became of it. */
  sync: {
    input: Schema.Struct({ kind: Schema.Literals(["catalogue", "stock", "prices"]) }),
    output: Schema.Struct({ runId: Schema.String, state: Schema.String, error: Schema.NullOr(Schema.String) }),
    repeat: "safe",
    timeout: 3_600_000
  },
  /** Reads the sales since the last time. */
  readSales: {
    input: Schema.Struct({}),
    output: Schema.Struct({ recorded: Schema.Int, known: Schema.Int, rejected: Schema.Int }),
    repeat: "safe",
    timeout: 3_600_000
  },
  /** Tells the base the orders that have news, and reads what became of its documents. */
  exchangeOrders: {
    input: Schema.Struct({}),
    output: Schema.Struct({ done: Schema.Int, aside: Schema.Int, later: Schema.Int, setup: Schema.Int }),
    repeat: "safe",
    timeout: 3_600_000
  },
  /** Asks the exchange plan what has changed, and reads that. */
  readChanges: {
    input: Schema.Struct({}),
    output: Schema.Struct({ objects: Schema.Int }),
    repeat: "safe",
    timeout: 3_600_000
  },
  /** Reads the goods whose version has changed; the run says what became of it, null where there was nothing. */
  readVersions: {
    input: Schema.Struct({}),
    output: Schema.Struct({ runId: Schema.NullOr(Schema.String), state: Schema.NullOr(Schema.String) }),
    repeat: "safe",
    timeout: 3_600_000
  }
})
