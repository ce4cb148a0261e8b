/**
 * `@aptekit/adapter-geo/testing`: the six services simulated over an invented map, the real adapters over them, and a
 * geocoder of no particular vendor.
 * @module
 */
export * from "./adapter.ts"
export type { GeocodeEntry, MapOptions, MatrixEntry, ServiceSimulator } from "./kit.ts"
export * from "./open-street-map.ts"
export * from "./service.ts"
export * from "./town.ts"
export * from "./two-gis.ts"
export * from "./yandex.ts"
