/**
 * `npm create aptekit-adapter`: writes a new adapter that is green from the start.
 * @module
 */
export { main } from "./command.ts"
export { type Created, createAdapter, type CreateOptions } from "./create.ts"
export { type Port, PORTS } from "./template.ts"
