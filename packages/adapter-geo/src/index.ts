/**
 * `@aptekit/adapter-geo`: where an address is, and how far it is by road.
 * @module
 */
export * from "./address.ts"
export { nominatim } from "./geocoders/nominatim.ts"
export { twoGisGeocoder } from "./geocoders/two-gis.ts"
export { yandexGeocoder } from "./geocoders/yandex.ts"
export { osrmMatrix } from "./matrices/osrm.ts"
export { twoGisMatrix } from "./matrices/two-gis.ts"
export { yandexMatrix } from "./matrices/yandex.ts"
export * from "./table.ts"
