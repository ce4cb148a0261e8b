/**
 * `@aptekit/adapter-geo/testing`: a simulated geocoding service, and an adapter that speaks to it.
 * @module
 */
export * from "./adapter.ts"
export * from "./service.ts"
