/**
 * `@aptekit/cli`: the command `aptekit`.
 * @module
 */
export { main } from "./command.ts"
export { simulate, type SimulateOptions, type Simulation } from "./simulate.ts"
export { type SimulatorName, SIMULATORS } from "./simulators.ts"
