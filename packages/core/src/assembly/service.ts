import { Context } from "effect"
import { nearestAssembly } from "./nearest.ts"
import type { AssemblyPolicy } from "./ports.ts"

/** The assembly policy in force; `createHub` may be given another one (ASM-1). */
export const AssemblyPolicyRef = Context.Reference<AssemblyPolicy>("@aptekit/core/assembly/AssemblyPolicy", {
  defaultValue: () => nearestAssembly
})
