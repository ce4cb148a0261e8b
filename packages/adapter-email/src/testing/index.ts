/**
 * `@aptekit/adapter-email/testing`: a mail server with faults and a ledger. Wants `smtp-server` and `postal-mime`.
 * @module
 */
export * from "./server.ts"
