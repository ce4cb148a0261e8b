/**
 * `@aptekit/adapter-1c/testing`: a client that plays 1C over real HTTP, for tests of a hub's entrance.
 * @module
 */
export {
  type Dialect, type ExchangeReport, type OneCAnswer, OneCClient, type OneCClientOptions, type OneCFaults,
  type OneCFile, OneCStopped, zipOf
} from "./client.ts"
