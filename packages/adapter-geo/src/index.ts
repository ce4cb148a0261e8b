/**
 * `@aptekit/adapter-geo`: where an address is.
 * @module
 */
export * from "./address.ts"
export * from "./table.ts"
