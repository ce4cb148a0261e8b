/**
 * `@aptekit/adapter-webpush/testing`: a push service and its browsers, with faults and a ledger.
 * @module
 */
export * from "./service.ts"
