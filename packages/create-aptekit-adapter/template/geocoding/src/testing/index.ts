/**
 * MyPartner as its documents describe it, for tests: faults by switches, and a ledger of what it was asked.
 * @module
 */
import { createSimulator, type Simulator } from "@aptekit/core/testing"
import { myPartner } from "../adapter.ts"

export interface MyPartnerPlace {
  readonly title: string
  readonly lat: number
  readonly lon: number
  readonly kind: "house" | "street"
}

export const MY_PARTNER_KEY = "my-partner-simulated-key"

/** The houses of an invented town; two streets of it have one name. */
export const MY_PARTNER_HOUSES: ReadonlyArray<MyPartnerPlace> = [
  { title: "г. Тестовый, ул. Первая, 1", lat: 43.262, lon: 76.91, kind: "house" },
  { title: "г. Тестовый, пр. Второй, 22", lat: 43.27, lon: 76.93, kind: "house" },
  { title: "г. Тестовый, ул. Двойная, 1", lat: 43.266, lon: 76.95, kind: "house" },
  { title: "г. Тестовый, пер. Двойная, 1", lat: 43.21, lon: 76.86, kind: "house" }
]

const wordsOf = (text: string): ReadonlyArray<string> => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []

const search = (query: string): ReadonlyArray<MyPartnerPlace> => {
  const words = wordsOf(query)
  if (words.length === 0) return []
  const found = MY_PARTNER_HOUSES.filter(({ title }) => words.every((word) => wordsOf(title).includes(word)))
  return found.map((place) => {
    const [house] = wordsOf(place.title).slice(-1)
    return words.includes(house ?? "") ? place : { ...place, title: place.title.replace(/,[^,]*$/u, ""), kind: "street" }
  })
}

export const myPartnerSimulator = (): Simulator<string> =>
  createSimulator<string>({
    handle: (request, ledger) => {
      if (request.headers.get("x-api-key") !== MY_PARTNER_KEY) return Response.json({ code: "BAD_KEY" }, { status: 401 })
      const query = new URL(request.url).searchParams.get("q") ?? ""
      ledger.push(query)
      return Response.json({ results: search(query) })
    }
  })

/** The adapter as it speaks to the simulator. */
export const simulatedMyPartner = (
  { fetch }: Pick<Simulator<string>, "fetch">,
  over: Partial<Parameters<typeof myPartner>[0]> = {}
) => myPartner({ url: "https://api.my-partner.example", apiKey: MY_PARTNER_KEY, fetch, ...over })
