/**
 * `@aptekit/adapter-sms/testing`: the gateways as simulators with faults and ledgers.
 * @module
 */
export * from "./adapter.ts"
export * from "./gateway.ts"
export * from "./infobip.ts"
export { type GatewaySimulator, SIMULATED_TIME, type SimulatedSms } from "./kit.ts"
export * from "./mobizon.ts"
export * from "./smpp.ts"
export * from "./smsc.ts"
export * from "./smsru.ts"
export * from "./turbosms.ts"
