import { definePort, Schema } from "@aptekit/core"

/** Readings by hand: from the host's own code, or from a job of its own. */
export const oneCODataPort = definePort("1c-odata", {
  /** Reads one kind now, as a run of its own; the run says what became of it. */
  sync: {
    input: Schema.Struct({ kind: Schema.Literals(["catalogue", "stock", "prices"]) }),
    output: Schema.Struct({ runId: Schema.String, state: Schema.String, error: Schema.NullOr(Schema.String) }),
    repeat: "safe",
    timeout: 3_600_000
  }
})
