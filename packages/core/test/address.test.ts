import { type AddressCandidate, judgeAddress, type Precision, PRECISIONS } from "@aptekit/core"
import { describe, expect, it } from "@effect/vitest"

const at = (precision: Precision, lat: number): AddressCandidate => ({
  address: `место ${lat}`,
  point: { lat, lon: 76.9 },
  precision
})
/** 100 m to the north. */
const NEXT_DOOR = 43.0009

describe("ASM-2: one place that is precise enough, or a question", () => {
  it.each([
    ["nothing", [], "number", "none"],
    ["one house", [at("exact", 43)], "number", "sure 43"],
    ["its number without the annexe", [at("number", 43)], "number", "sure 43"],
    ["not enough for those who want the very house", [at("number", 43)], "exact", "imprecise 43"],
    ["a house next to it", [at("near", 43)], "number", "imprecise 43"],
    ["a house next to it, where that will do", [at("near", 43)], "near", "sure 43"],
    ["a street", [at("street", 43)], "near", "imprecise 43"],
    ["a town is never enough", [at("district", 43)], "street", "imprecise 43"],
    ["two entrances of one house", [at("exact", 43), at("exact", NEXT_DOOR)], "number", "sure 43"],
    ["houses in two towns", [at("exact", 43), at("exact", 44)], "number", "ambiguous 43 44"],
    ["the house, and the middle of its street elsewhere", [at("street", 44), at("exact", 43)], "number", "sure 43"],
    ["the house, and the number of another one", [at("number", 44), at("exact", 43)], "number", "sure 43"],
    ["unsure ones are listed best first", [at("other", 45), at("street", 44), at("near", 43)], "number", "imprecise 43 44 45"]
  ] as const)("%s", (_, candidates, least, expected) => {
    const judged = judgeAddress(candidates, least)
    const points = judged.kind === "sure" ? [judged.candidate] : judged.candidates
    expect([judged.kind, ...points.map(({ point }) => point.lat)].join(" ")).toBe(expected)
  })

  it("the words for precision go from the surest to the least sure", () => {
    const kinds = PRECISIONS.map((precision) => judgeAddress([at(precision, 43)], "near").kind)
    expect(kinds).toEqual(["sure", "sure", "sure", "imprecise", "imprecise", "imprecise"])
  })
})
