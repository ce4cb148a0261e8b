/**
 * The adapter for MyPartner.
 * @module
 */
export { myPartner } from "./adapter.ts"
