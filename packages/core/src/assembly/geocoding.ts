import { Schema } from "effect"
import { definePort } from "../adapter/port.ts"
import { AddressCandidate } from "./address.ts"

/** The most candidates a person can choose from. */
export const MAX_CANDIDATES = 10

/**
 * Where an address may be (ASM-2): the candidates, the partner's best first, none where it knows nothing. The adapter
 * reports what it was told, with its precision; what is sure enough is decided by the hub.
 */
export const geocodingPort = definePort("geocoding", {
  geocode: {
    input: Schema.Struct({ address: Schema.String }),
    output: Schema.Struct({ candidates: Schema.Array(AddressCandidate).check(Schema.isMaxLength(MAX_CANDIDATES)) }),
    repeat: "safe",
    timeout: 2_000
  }
})
