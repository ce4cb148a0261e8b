import { AdapterFault, type FaultOutcome } from "@aptekit/core"

/** How a call ended. The text names the service and what it said, never an address, a point, a URL or a key. */
export const fault = (message: string, outcome: FaultOutcome): AdapterFault => new AdapterFault(message, { outcome })
