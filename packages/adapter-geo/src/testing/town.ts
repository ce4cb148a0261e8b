import { fold, type Point, type Precision, type RoadWay } from "@aptekit/core"
import { addressKey } from "../address.ts"
import { houseOf } from "../parts/house.ts"

/** A house of an invented map. */
export interface House extends Point {
  readonly town: string
  readonly street: string
  readonly house: string
}

/** What an invented map knows of an address. */
export interface Hit {
  readonly kind: "house" | "street" | "town"
  readonly precision: Precision
  readonly town: string
  readonly street: string | null
  readonly house: string | null
  readonly address: string
  readonly point: Point
}

const rows: ReadonlyArray<readonly [town: string, street: string, house: string, lat: number, lon: number]> = [
  ["Тестовый", "ул. Первая", "1", 43.262, 76.91],
  ["Тестовый", "ул. Первая", "7", 43.262, 76.916],
  ["Тестовый", "ул. Первая", "15А", 43.262, 76.925],
  ["Тестовый", "пр. Второй", "22", 43.27, 76.93],
  ["Тестовый", "пр. Второй", "40", 43.281, 76.93],
  ["Тестовый", "ул. Набережная", "3", 43.253, 76.9],
  ["Тестовый", "ул. Южная", "5", 43.247, 76.9],
  ["Тестовый", "ул. Южная", "90", 43.24, 76.98],
  ["Тестовый", "ул. Мостовая", "2", 43.249, 76.99],
  ["Тестовый", "ул. Двойная", "1", 43.266, 76.95],
  ["Заречный", "ул. Двойная", "1", 43.21, 76.86]
]

/** The houses of two invented towns, with a river between the banks: see `roadOf`. */
export const testHouses: ReadonlyArray<House> =
  rows.map(([town, street, house, lat, lon]) => ({ town, street, house, lat, lon }))

const nameOf = (town: string, street: string | null, house: string | null): string =>
  [`г. ${town}`, street, house].filter((part) => part !== null).join(", ")

const middle = (points: ReadonlyArray<Point>): Point => ({
  lat: points.reduce((sum, { lat }) => sum + lat, 0) / points.length,
  lon: points.reduce((sum, { lon }) => sum + lon, 0) / points.length
})

const hit = (
  kind: Hit["kind"],
  precision: Precision,
  town: string,
  street: string | null,
  house: string | null,
  { lat, lon }: Point
): Hit => ({ kind, precision, town, street, house, address: nameOf(town, street, house), point: { lat, lon } })

const kindsOf = (address: string): string => {
  const { exact, loose } = addressKey(address)
  return exact.slice(0, exact.length - loose.length).trim()
}

/** What the map has for an address: its house; where it lacks the number, another house of the street; else less. */
export const searchHouses = (houses: ReadonlyArray<House>) => (text: string): ReadonlyArray<Hit> => {
  const key = addressKey(text)
  const words = key.loose.split(" ")
  const towns = [...new Set(houses.map(({ town }) => town))]
  const town = towns.find((name) => words.includes(fold(name)))
  const house = houseOf(text)
  const street = words.filter((word) => word !== house && (town === undefined || word !== fold(town))).join(" ")
  const inTown = houses.filter((h) => town === undefined || h.town === town)
  const there = inTown.filter((h) =>
    addressKey(h.street).loose === street && (key.kindless || kindsOf(h.street) === kindsOf(text))
  )
  if (there.length === 0) return town === undefined ? [] : [hit("town", "district", town, null, null, middle(inTown))]
  const same = there.filter((h) => houseOf(h.house) === house)
  if (house !== null && same.length > 0) {
    return same.map((h) => hit("house", "exact", h.town, h.street, h.house, h))
  }
  return towns.flatMap((name) => {
    const here = there.filter((h) => h.town === name)
    if (here.length === 0) return []
    return [
      house === null
        ? hit("street", "street", name, here[0]!.street, null, middle(here))
        : hit("house", "near", name, here[0]!.street, here[0]!.house, here[0]!)
    ]
  })
}

/** The river flows along this latitude, and there is one bridge. */
export const RIVER = 43.25
export const BRIDGE: Point = { lat: RIVER, lon: 76.99 }
/** North of here there are no roads. */
const ROADLESS = 44
/** Metres of a degree, about. */
const LAT_METRES = 111_200
const LON_METRES = 81_000
/** Metres a second. */
const SPEED = 8
/** One-way streets: who drives west goes round a block. */
const WESTWARD = 130

const blocks = (from: Point, to: Point): number =>
  Math.abs(from.lat - to.lat) * LAT_METRES + Math.abs(from.lon - to.lon) * LON_METRES +
  (to.lon < from.lon ? WESTWARD : 0)

/**
 * Ways by road on the invented map, nothing like the great circle: streets run north–south and east–west, the banks
 * are joined by one bridge in the east, driving west takes longer, and no road leads north of 44°.
 */
export const roadOf = (from: Point, to: Point): RoadWay | null => {
  if (from.lat > ROADLESS || to.lat > ROADLESS) return null
  if (from.lat === to.lat && from.lon === to.lon) return { seconds: 0, metres: 0 }
  const across = (from.lat > RIVER) !== (to.lat > RIVER)
  const metres = Math.round(across ? blocks(from, BRIDGE) + blocks(BRIDGE, to) : blocks(from, to))
  return { metres, seconds: Math.round(metres / SPEED) }
}
