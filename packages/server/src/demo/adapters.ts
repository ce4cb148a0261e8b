import { tableGeocoder } from "@aptekit/adapter-geo"
import { consoleMessages } from "@aptekit/adapter-sms"
import type { AdapterInstance } from "@aptekit/core"
import { demoPlaces } from "./places.ts"

/** Partners of the demo, none of them outside this process: messages are printed, addresses come from a table. */
export const demoAdapters = (write?: (line: string) => void): ReadonlyArray<AdapterInstance> => [
  consoleMessages(write === undefined ? {} : { write }, { id: "sms" }),
  tableGeocoder({ places: demoPlaces.map(({ address, point }) => ({ address, ...point })) }, { id: "geo" })
]
