/**
 * `@aptekit/adapter-1c`: the CommerceML exchange of an unmodified 1C base, with the hub as the site.
 * @module
 */
export { OneCConfig } from "./config.ts"
export { ExchangeFailure, type FailureCode } from "./failure.ts"
export { oneC } from "./one-c.ts"
export { OrdersConfig } from "./sale/settings.ts"
export { ODataClient, type ODataClientOptions } from "./odata/client.ts"
export { ODataFault } from "./odata/fault.ts"
