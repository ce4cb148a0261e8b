import { Point, type RoadWay, Schema } from "@aptekit/core"
import { createSimulator, type Simulator } from "@aptekit/core/testing"
import { type Outside, outside } from "../parts/outside.ts"
import { type House, type Hit, roadOf, searchHouses, testHouses } from "./town.ts"

/** What every simulated service may be given. */
export interface MapOptions {
  /** The map; the invented towns if left out. */
  readonly houses?: ReadonlyArray<House>
  readonly road?: (from: Point, to: Point) => RoadWay | null
  /** So many requests are answered, then none: the day's quota. */
  readonly quota?: number
}

/** A question that a simulated geocoder has answered. */
export interface GeocodeEntry {
  readonly address: string
  readonly found: number
}

/** A question that a simulated matrix has answered: points from and to. */
export interface MatrixEntry {
  readonly from: number
  readonly to: number
}

export interface ServiceSimulator<Entry> extends Simulator<Entry> {
  readonly key: string
}

export interface ServiceMap {
  readonly search: (text: string) => ReadonlyArray<Hit>
  readonly road: (from: Point, to: Point) => RoadWay | null
}

export interface Service<Entry> {
  readonly key: string
  readonly handle: (request: Request, map: ServiceMap, note: (entry: Entry) => void) => Response | Promise<Response>
  readonly refuse: () => Response
  readonly tooMany: () => Response
}

/** A service over a map, with its quota. */
export const serviceOver = <Entry>(service: Service<Entry>, options: MapOptions): ServiceSimulator<Entry> => {
  const map: ServiceMap = { search: searchHouses(options.houses ?? testHouses), road: options.road ?? roadOf }
  let left = options.quota ?? Infinity
  const simulator = createSimulator<Entry>({
    refuse: service.refuse,
    handle: (request, ledger) => {
      if (left-- <= 0) return service.tooMany()
      return service.handle(request, map, (entry) => void ledger.push(entry))
    }
  })
  return { ...simulator, key: service.key }
}

/** The real world, but for a simulator's `fetch`. */
export const outsideOf = (simulator: { readonly fetch: Outside["fetch"] }): Outside =>
  ({ ...outside, fetch: simulator.fetch })

const isPoint = Schema.is(Point)

/** Points from texts of two numbers; null where one is none. */
export const pointsFrom = (
  texts: ReadonlyArray<string>,
  order: "lat,lon" | "lon,lat"
): ReadonlyArray<Point> | null => {
  const points = texts.map((text) => {
    const [a, b] = text.split(",").map(Number)
    return { lat: (order === "lat,lon" ? a : b)!, lon: (order === "lat,lon" ? b : a)! }
  })
  return points.every(isPoint) ? points : null
}
