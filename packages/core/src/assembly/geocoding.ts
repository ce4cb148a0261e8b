import { Schema } from "effect"
import { definePort } from "../adapter/port.ts"
import { Point } from "../network/model.ts"

/** Where an address is (ASM-2). `point` null: not found or not sure; a person must ask the buyer. */
export const geocodingPort = definePort("geocoding", {
  geocode: {
    input: Schema.Struct({ address: Schema.String }),
    output: Schema.Struct({ point: Schema.NullOr(Point) }),
    repeat: "safe",
    timeout: 2_000
  }
})
