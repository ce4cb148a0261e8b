import { describe, expect, test } from "vitest"
import { placeLookup } from "../src/index.ts"

const lookup = placeLookup([
  { address: "г. Алматы, ул. Зелёная, д. 10А", lat: 1, lon: 1 },
  { address: "Алматы, пр. Абая 52", lat: 2, lon: 2 },
  { address: "Алматы, мкр 5, дом 12", lat: 3, lon: 3 },
  { address: "Алматы, мкр 12, дом 5", lat: 4, lon: 4 },
  { address: "Алматы, ул. Мира 7", lat: 5, lon: 5 },
  { address: "Алматы, пер. Мира 7", lat: 6, lon: 6 },
  { address: "Алматы, ул. Двойная 1", lat: 7, lon: 7 },
  { address: "Алматы, Двойная 1", lat: 8, lon: 8 },
  { address: "Алматы, ул. Равная 1", lat: 9, lon: 9 },
  { address: "Алматы, Равная, 1", lat: 9, lon: 9 },
  { address: "Алматы, ул. Садовая 3/1", lat: 10, lon: 10 }
])

const points = (address: string): ReadonlyArray<number> => lookup(address).map(({ lat }) => lat)

describe("ASM-2: an address in another spelling is the same place", () => {
  test.each([
    ["ё/е, case, no words", "алматы зеленая 10а", 1],
    ["words in full, extra commas, dots and blanks", " Город  Алматы,, улица. Зелёная , дом 10а ", 1],
    ["the house's letter apart, and in Latin", "Алматы, Зелёная 10 A", 1],
    ["a flat, an entrance and a floor", "г.Алматы, ул.Зелёная, д.10А, подъезд 2, этаж 3, кв. 17", 1],
    ["quotes and the number sign", "Алматы, «Зелёная», дом №10А", 1],
    ["other spellings of the kind of street", "Алматы, просп. Абая, 52", 2],
    ["Kazakh words, the kind after the name", "Алматы қаласы, Абая даңғылы, үй 52", 2],
    ["the kind of street left out", "Алматы, Абая 52", 2],
    ["a fraction of a house", "Алматы Садовая 3/1", 10],
    ["the same point stated twice", "Алматы, Равная 1", 9]
  ])("%s", (_, address, expected) => {
    expect(points(address)).toEqual([expected])
  })
})

describe("ASM-2: what nobody knows has no place", () => {
  test.each([
    ["another house", "Алматы, Зелёная 10"],
    ["another house that begins alike", "Алматы, Зелёная 10АБ"],
    ["a fraction is not its parts", "Алматы, Садовая 31"],
    ["a street is not the avenue of that name", "Алматы, ул. Абая 52"],
    ["half an address", "Алматы, Мира"],
    ["nothing", ""],
    ["only words without meaning", "ул. д."],
    ["only a flat", "кв. 17"]
  ])("%s", (_, address) => {
    expect(lookup(address)).toEqual([])
  })

  test.each([
    ["one key, two points", "Алматы, Двойная 1", [7, 8]],
    ["no kind of street, two that fit", "Алматы, Мира 7", [5, 6]]
  ])("%s: both are given, none is chosen", (_, address, expected) => {
    expect(points(address)).toEqual(expected)
  })

  test("numbers keep their places: block 5 house 12 is not block 12 house 5", () => {
    expect(points("Алматы, микрорайон 5, 12")).toEqual([3])
    expect(points("Алматы, микрорайон 12, 5")).toEqual([4])
  })

  test("two kinds of street of one name are told apart by the kind", () => {
    expect(points("Алматы, ул. Мира 7")).toEqual([5])
    expect(points("Алматы, переулок Мира 7")).toEqual([6])
  })
})
