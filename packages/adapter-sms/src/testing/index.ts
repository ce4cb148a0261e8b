/**
 * `@aptekit/adapter-sms/testing`: a simulated message gateway, and an adapter that speaks to it.
 * @module
 */
export * from "./adapter.ts"
export * from "./gateway.ts"
