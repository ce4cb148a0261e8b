/**
 * `@aptekit/adapter-1c/testing`: plays 1C over real HTTP, for tests of a hub's entrance: a client, and a base for its orders.
 * @module
 */
export { type BaseLine, type BaseOrder, LoadFailed, OneCBase, type OneCBaseOptions } from "./base.ts"
export {
  type Dialect, type ExchangeReport, type ExchangeType, type OneCAnswer, OneCClient, type OneCClientOptions,
  type OneCFaults, type OneCFile, type OneCQuestion, OneCStopped, type OrderFaults, type OrdersReport, zipOf
} from "./client.ts"
export { ODataBase } from "./odata/base.ts"
export { SMALL_BASE, smallBase, smallBaseBalance, smallBaseId, smallBasePrice } from "./odata/small-base.ts"
export type { ODataEntry, ODataFaults, SimulatedRow, SimulatedTable } from "./odata/model.ts"
export { ODATA_ROOT, oneCODataSimulator, type ODataSimulator, type ODataSimulatorOptions } from "./odata/simulator.ts"
