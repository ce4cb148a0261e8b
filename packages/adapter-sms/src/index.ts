/**
 * `@aptekit/adapter-sms`: messages to buyers.
 * @module
 */
export * from "./console.ts"
