/**
 * `@aptekit/core/testing`: an in-memory storage, builders of test data and the conformance suites.
 * @module
 */
export * from "./assert.ts"
export * from "./builders.ts"
export * from "./conformance.ts"
export * from "./flow.ts"
export * from "./flow-orders.ts"
export * from "./flow-sales.ts"
export * from "./flow-statements.ts"
export * from "./flow-statuses.ts"
export * from "./memory.ts"
export * from "./network.ts"
export * from "./port-report.ts"
export * from "./port-suite.ts"
export * from "./port-suite-geocoding.ts"
export * from "./port-suite-message-harness.ts"
export * from "./port-suite-matrix.ts"
export * from "./port-suite-messages.ts"
export * from "./simulator.ts"
export * from "./storage-suite.ts"
