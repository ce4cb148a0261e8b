import { oneC } from "@aptekit/adapter-1c"
import { tableGeocoder } from "@aptekit/adapter-geo"
import { consoleMessages } from "@aptekit/adapter-sms"
import type { AdapterInstance } from "@aptekit/core"
import { demoPlaces } from "./places.ts"

export const DEMO_1C_LOGIN = "1c"

export interface DemoPartners {
  /** Where messages to buyers are printed. */
  readonly write?: (line: string) => void
  /** What a 1C base signs in with; left out, there is no entrance for one. */
  readonly oneCPassword?: string
}

/**
 * Partners of the demo. Messages are printed, addresses come from a table, and any 1C base may send its catalogue:
 * unknown warehouses become branches, its first price type the retail price, in whatever currency, and it is told the orders
 * of those branches.
 */
export const demoAdapters = ({ write, oneCPassword }: DemoPartners = {}): ReadonlyArray<AdapterInstance> => [
  consoleMessages(write === undefined ? {} : { write }, { id: "sms" }),
  tableGeocoder({ places: demoPlaces.map(({ address, point }) => ({ address, ...point })) }, { id: "geo" }),
  ...(oneCPassword === undefined ? [] : [
    oneC({
      login: DEMO_1C_LOGIN,
      password: oneCPassword,
      zone: "Asia/Almaty",
      currency: "any",
      total: "1c",
      autoCreate: true,
      orders: {}
    }, { id: "1c" })
  ])
]
