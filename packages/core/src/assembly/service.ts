import { Context } from "effect"
import { nearestAssembly } from "./nearest.ts"
import type { AssemblyPolicy } from "./ports.ts"

/** The assembly policy in force; `createHub` may be given another one (ASM-1). */
export const AssemblyPolicyRef = Context.Reference<AssemblyPolicy>("@aptekit/core/assembly/AssemblyPolicy", {
  defaultValue: () => nearestAssembly
})

/** Which connections are asked, and in which order; left out: all that serve the port, in the order of configuration. */
export interface GeoOrder {
  readonly geocoders?: ReadonlyArray<string>
  readonly matrices?: ReadonlyArray<string>
}

export const GeoChains = Context.Reference<GeoOrder>("@aptekit/core/assembly/GeoChains", { defaultValue: () => ({}) })
