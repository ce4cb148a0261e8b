/**
 * `@aptekit/adapter-1c`: an unmodified 1C base, by its CommerceML exchange with the hub as the site (`oneC`), or asked by
 * the hub through the standard OData interface (`oneCOData`).
 * @module
 */
export { OneCConfig } from "./config.ts"
export { ExchangeFailure, type FailureCode } from "./failure.ts"
export { oneC } from "./one-c.ts"
export { OrdersConfig } from "./sale/settings.ts"
export { ODataClient, type ODataClientOptions } from "./odata/client.ts"
export { ODataChanges } from "./odata/changes/settings.ts"
export { ODataFault } from "./odata/fault.ts"
export { type ODataWorld, oneCOData, oneCODataOver } from "./odata/one-c-odata.ts"
export { ODataOrders } from "./odata/orders/settings.ts"
export { oneCODataPort } from "./odata/port.ts"
export { ODataSales } from "./odata/sales/settings.ts"
export { OneCODataConfig } from "./odata/settings.ts"
