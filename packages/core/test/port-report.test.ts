import { Schema } from "effect"
import { describe, expect, test } from "vitest"
import { defineAdapter, geocodingPort } from "../src/index.ts"
import { conformanceReport, type GeocodingHarness, geocodingSuite, reportText } from "../src/testing/index.ts"

const KEY = "key-of-the-report"
const HOUSE = { address: "ул. Первая, 1", point: { lat: 43.2, lon: 76.9 } }
const OTHER = { address: "ул. Первая, 2", point: { lat: 43.3, lon: 76.9 } }

const geocoder = defineAdapter({
  name: "two-houses",
  config: Schema.Struct({}),
  ports: { geocoding: geocodingPort },
  setup: () => ({
    geocoding: {
      geocode: ({ address }) => ({
        candidates: [HOUSE, OTHER].filter((one) => one.address === address).map((one) => ({ ...one, precision: "exact" as const }))
      })
    }
  })
})

const harness = (known = [HOUSE, OTHER]) => (): GeocodingHarness =>
  ({ adapter: geocoder({}), known, unknown: "ул. Третья, 3", secrets: [KEY] })

const STREET = "a street without a house is not precise"

describe("SDK-2: the report of a suite", () => {
  test("tells what passes, fails and is skipped, as data and as text, and goes on after a failure", async () => {
    const report = await conformanceReport(geocodingSuite, harness(), { skip: { [STREET]: "it knows only houses" } })
    expect(report.cases.map(({ name }) => name)).toEqual(geocodingSuite.cases.map(({ name }) => name))
    expect(report).toMatchObject({ port: "geocoding", adapter: "two-houses", passed: 3, skipped: 1 })
    expect(report.passed + report.failed + report.skipped).toBe(geocodingSuite.cases.length)
    expect(JSON.parse(JSON.stringify(report))).toEqual(report)
    const text = reportText(report)
    expect(text).toContain(`two-houses, port geocoding: 3 passed, ${report.failed} failed, 1 skipped\n`)
    expect(text).toContain("passed  finds the points of known houses, asked at once\n")
    expect(text).toContain(`skipped ${STREET}: it knows only houses\n`)
    expect(text).toMatch(/failed {2}a partner that refuses ends as rejected: this case needs the partner's simulator/u)
  })

  test("shows no secret of the harness", async () => {
    const wrong = { address: KEY, point: HOUSE.point }
    const report = await conformanceReport(geocodingSuite, harness([wrong, OTHER]))
    expect(report.cases[0]).toMatchObject({ result: "failed", reason: expect.stringContaining("***") })
    expect(JSON.stringify(report)).not.toContain(KEY)
  })

  test("skips nothing without a reason, and no case that is none", async () => {
    await expect(conformanceReport(geocodingSuite, harness(), { skip: { [STREET]: " " } })).rejects.toThrow("say why")
    await expect(conformanceReport(geocodingSuite, harness(), { skip: { "no such": "x" } })).rejects.toThrow("no case \"no such\"")
  })
})
