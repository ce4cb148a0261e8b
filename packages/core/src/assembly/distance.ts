import type { Point } from "../network/model.ts"

const EARTH_RADIUS = 6_371_008.8
const RADIANS = Math.PI / 180

/** Great-circle distance in metres: what a trip falls back on when no distance matrix answers (ASM-2). */
export const greatCircle = (a: Point, b: Point): number => {
  const dLat = (b.lat - a.lat) * RADIANS
  const dLon = (b.lon - a.lon) * RADIANS
  const h = Math.sin(dLat / 2) ** 2 + Math.cos(a.lat * RADIANS) * Math.cos(b.lat * RADIANS) * Math.sin(dLon / 2) ** 2
  return 2 * EARTH_RADIUS * Math.asin(Math.min(1, Math.sqrt(h)))
}
