import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Point, Schema, type SetupContext } from "@aptekit/core"
import { describe, expect, it } from "@effect/vitest"
import { onTestFinished } from "vitest"
import { type Budget, openBudget } from "../src/parts/budget.ts"
import { createCache } from "../src/parts/cache.ts"
import { sameHouse } from "../src/parts/house.ts"
import { matrixWith } from "../src/parts/matrix.ts"
import { outside } from "../src/parts/outside.ts"
import { createPace } from "../src/parts/pace.ts"
import { cellOf, type RoadCache } from "../src/parts/road-cache.ts"
import { joinMatrix, splitMatrix } from "../src/parts/split.ts"

const PROPERTY = { arbitrary: { runs: 300 } } as const
const Count = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 40 }))
const Limit = Schema.Int.check(Schema.isBetween({ minimum: 2, maximum: 30 }))

describe("ASM-2: a matrix is split to the limit", () => {
  const kinds = [
    ["cells", (limit: number) => ({ cells: limit })],
    ["locations", (limit: number) => ({ locations: limit })],
    ["from and to", (limit: number) => ({ from: limit, to: limit })]
  ] as const
  for (const [name, limitsOf] of kinds) {
    it.prop(`by ${name}: split and joined is the whole, and no block is beyond the limit`, { Count, Other: Count, Limit }, (
      { Count: rows, Other: columns, Limit: limit }
    ) => {
      const blocks = splitMatrix(rows, columns, limitsOf(limit))
      const parts = blocks.map((block) => ({
        block,
        cells: Array.from({ length: block.rows[1] - block.rows[0] }, (_, i) =>
          Array.from({ length: block.columns[1] - block.columns[0] }, (__, j) =>
            `${block.rows[0] + i}/${block.columns[0] + j}`))
      }))
      const whole = Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (__, j) => `${i}/${j}`))
      expect(joinMatrix(rows, columns, parts)).toEqual(whole)
      expect(blocks.reduce((sum, { rows: [a, b], columns: [c, d] }) => sum + (b - a) * (d - c), 0)).toBe(rows * columns)
      for (const { rows: [a, b], columns: [c, d] } of blocks) {
        if (name === "cells") expect((b - a) * (d - c)).toBeLessThanOrEqual(limit)
        if (name === "locations") expect(b - a + (d - c)).toBeLessThanOrEqual(limit)
        if (name === "from and to") expect(Math.max(b - a, d - c)).toBeLessThanOrEqual(limit)
      }
    }, PROPERTY)
  }

  it("asks as seldom as it can: what fits is one request", () => {
    expect(splitMatrix(9, 10, { cells: 100 })).toHaveLength(1)
    expect(splitMatrix(100, 1, { cells: 100 })).toHaveLength(1)
    expect(splitMatrix(101, 1, { cells: 100 })).toHaveLength(2)
    expect(splitMatrix(20, 20, { cells: 100 })).toHaveLength(4)
    expect(splitMatrix(99, 1, { locations: 100 })).toHaveLength(1)
    expect(splitMatrix(100, 100, { locations: 100 })).toHaveLength(4)
    expect(splitMatrix(11, 10, { from: 10, to: 10 })).toHaveLength(2)
  })
})

const folder = (): string => {
  const directory = mkdtempSync(join(tmpdir(), "geo-budget-"))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  return directory
}

describe("ASM-2: budgets of a day", () => {
  const start = Date.parse("2026-11-23T20:00:00Z")
  const world = (options: Budget, directory = folder()) => {
    const clock = { at: start }
    const logged: Array<string> = []
    const open = () =>
      openBudget(options, { service: "yandex", directory, now: () => clock.at, log: (message) => void logged.push(message) })
    return { clock, open, directory, logged }
  }
  const spent = async (budget: ReturnType<typeof openBudget>, most: number): Promise<number> => {
    for (let i = 0; i < most; i++) {
      try {
        await budget.spend(1)
      } catch {
        return i
      }
    }
    return most
  }

  it("used up, it ends as unavailable and says so", async () => {
    const { open } = world({ perDay: 3 })
    const budget = open()
    expect(await spent(budget, 10)).toBe(3)
    await expect(budget.spend(1)).rejects.toMatchObject({
      outcome: "unavailable",
      message: "yandex: the day's budget of 3 is used up; the next day begins at midnight, UTC"
    })
  })

  it("a restart does not begin it anew: what is left after one is what was left before", async () => {
    const { open } = world({ perDay: 1_000 })
    const first = open()
    expect(await spent(first, 400)).toBe(400)
    await first.close()
    expect(await spent(open(), 1_000)).toBe(600)
  })

  it("after a kill it is never overspent, and loses a hundredth at most", async () => {
    const { open } = world({ perDay: 1_000 })
    expect(await spent(open(), 395)).toBe(395)
    const left = await spent(open(), 1_000)
    expect(left).toBeLessThanOrEqual(605)
    expect(left).toBeGreaterThanOrEqual(594)
  })

  it("begins anew at midnight of its zone, and not when the clock is put back", async () => {
    const { clock, open } = world({ perDay: 2, zone: "Europe/Moscow" })
    const budget = open()
    expect(await spent(budget, 5)).toBe(2)
    clock.at = Date.parse("2026-11-23T21:01:00Z")
    expect(await spent(budget, 5)).toBe(2)
    clock.at = start
    expect(await spent(budget, 5)).toBe(0)
  })

  it("asked by many at once it is spent once", async () => {
    const { open } = world({ perDay: 10 })
    const budget = open()
    const results = await Promise.allSettled(Array.from({ length: 30 }, () => budget.spend(1)))
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(10)
  })

  it("a question that is larger than what is left is refused and costs nothing", async () => {
    const { open } = world({ perDay: 100 })
    const budget = open()
    await budget.spend(60)
    await expect(budget.spend(50)).rejects.toMatchObject({ outcome: "unavailable" })
    await budget.spend(40)
  })

  it("a broken file or folder stops nobody, and is said", async () => {
    const broken = world({ perDay: 5 })
    writeFileSync(join(broken.directory, "budget.json"), "{\"day\":")
    expect(await spent(broken.open(), 9)).toBe(5)
    expect(broken.logged.join()).toMatch(/cannot be read/u)
    expect(JSON.parse(readFileSync(join(broken.directory, "budget.json"), "utf8"))).toEqual({ day: "2026-11-23", used: 5 })
    const file = join(folder(), "file")
    writeFileSync(file, "")
    const nowhere = world({ perDay: 5 }, join(file, "below"))
    expect(await spent(nowhere.open(), 9)).toBe(5)
    expect(nowhere.logged.join()).toMatch(/cannot be written/u)
  })
})

describe("ASM-2: what was asked is remembered as long as the licence allows", () => {
  it("for its days, and not longer", () => {
    const clock = { at: 0 }
    const cache = createCache<string>({ days: 2 }, () => clock.at)
    cache.set("a", "A")
    clock.at = 2 * 86_400_000 - 1
    expect(cache.get("a")).toBe("A")
    clock.at++
    expect(cache.get("a")).toBeUndefined()
  })

  it("is bounded: the least recently used answer goes", () => {
    const cache = createCache<string>({ days: 1, entries: 2 }, () => 0)
    cache.set("a", "A")
    cache.set("b", "B")
    cache.get("a")
    cache.set("c", "C")
    expect([cache.get("a"), cache.get("b"), cache.get("c")]).toEqual(["A", undefined, "C"])
  })

  it("forbidden, nothing is kept", () => {
    const cache = createCache<string>(false, () => 0)
    cache.set("a", "A")
    expect(cache.get("a")).toBeUndefined()
  })
})

describe("ASM-2: ways by road are remembered from a branch to the square of a buyer", () => {
  const A: Point = { lat: 43.25, lon: 76.9 }
  const B: Point = { lat: 43.26, lon: 76.92 }
  const BUYER: Point = { lat: 43.24005, lon: 76.95005 }
  const NEIGHBOUR: Point = { lat: 43.2402, lon: 76.9501 }
  const world = (cache: RoadCache, budget?: { readonly perDay: number; readonly count: "cells" }) => {
    const clock = { at: 0 }
    const asked: Array<string> = []
    const named = new Map([[A, "A"], [B, "B"], [BUYER, "buyer"], [NEIGHBOUR, "neighbour"]])
    const names = (points: ReadonlyArray<Point>): string => points.map((point) => named.get(point)).join("+")
    const closers: Array<() => unknown> = []
    const context = { connection: "m", hub: { files: { directory: folder() }, log: () => undefined }, onClose: (f: () => unknown) => closers.push(f) }
    const matrix = matrixWith({
      service: "test",
      limits: { cells: 100 },
      cache,
      budget,
      ask: (from, to) => {
        asked.push(`${names(from)} → ${names(to)}`)
        return Promise.resolve(from.map((a) => to.map((b) => a === B && b === A ? null : { metres: a.lat + b.lon, seconds: 1 })))
      }
    }, context as unknown as SetupContext, { ...outside, now: () => clock.at })
    const { signal } = new AbortController()
    return { clock, asked, ask: async (from: ReadonlyArray<Point>, to: ReadonlyArray<Point>) => (await matrix({ from, to }, { signal })).cells }
  }

  it("neighbours share an answer, and of a larger question only what is new is asked", async () => {
    const { asked, ask } = world({ days: 1 })
    const first = await ask([A, B], [BUYER])
    expect(await ask([A, B], [NEIGHBOUR])).toEqual(first)
    expect(asked).toEqual(["A+B → buyer"])
    const all = await ask([A, B], [NEIGHBOUR, A, B])
    expect([all[0]![0], all[1]![1], all[0]![2]]).toEqual([first[0]![0], null, { metres: A.lat + B.lon, seconds: 1 }])
    // That there is no way is an answer too.
    expect(await ask([B, A], [A, B])).toEqual([[null, all[1]![2]], [all[0]![1], all[0]![2]]])
    expect(asked).toEqual(["A+B → buyer", "A+B → A+B"])
  })

  it("two branches of one square are two", async () => {
    const { asked, ask } = world({ days: 1 })
    await ask([BUYER], [A])
    await ask([NEIGHBOUR], [A])
    expect(asked).toEqual(["buyer → A", "neighbour → A"])
  })

  it("only what is asked counts in the day's budget, and what has grown old is asked again", async () => {
    const { clock, asked, ask } = world({ days: 1 }, { perDay: 3, count: "cells" })
    for (let i = 0; i < 5; i++) await ask([A, B], [BUYER])
    clock.at = 86_400_000 - 1
    await ask([A], [NEIGHBOUR])
    await expect(ask([A, B], [A])).rejects.toMatchObject({ outcome: "unavailable" })
    clock.at++
    await ask([A, B], [NEIGHBOUR])
    expect(asked).toEqual(["A+B → buyer", "A+B → neighbour"])
  })

  it("where the licence forbids it nothing is kept", async () => {
    const { asked, ask } = world(false)
    await ask([A], [BUYER])
    await ask([A], [BUYER])
    expect(asked).toEqual(["A → buyer", "A → buyer"])
  })

  it("a square has its size in metres, at the equator and far from it", () => {
    const cells = (lat: number): number =>
      new Set(Array.from({ length: 1_000 }, (_, i) => cellOf({ lat, lon: 70 + (i * 10) / (111_195 * Math.cos((lat * Math.PI) / 180)) }, 100))).size
    for (const lat of [0, 43, 69]) expect(Math.abs(cells(lat) - 100)).toBeLessThanOrEqual(2)
    expect(new Set(Array.from({ length: 1_000 }, (_, i) => cellOf({ lat: 43 + (i * 10) / 111_195, lon: 70 }, 100).split(",")[0])).size).toBeCloseTo(100, -1)
  })
})

describe("ASM-2: one request a second", () => {
  it("those who come together wait their turn; who would wait too long is told at once", async () => {
    const clock = { at: 0 }
    const waits: Array<number> = []
    const pace = createPace(1_000, "nominatim", {
      fetch: () => Promise.reject(new Error("unused")),
      now: () => clock.at,
      sleep: (wait) => {
        waits.push(wait)
        // Rings early, once.
        clock.at += waits.length === 1 ? wait - 1 : wait
        return Promise.resolve()
      }
    })
    const { signal } = new AbortController()
    await pace(signal)
    clock.at = 300
    await pace(signal)
    expect([waits, clock.at]).toEqual([[700, 1], 1_000])
    clock.at = 300
    await expect(pace(signal)).rejects.toMatchObject({ outcome: "unavailable" })
    clock.at = 5_000
    await pace(signal)
    expect(waits).toEqual([700, 1])
  })

  it("a clock that was put back stops nobody for as long", async () => {
    const clock = { at: 3_600_000 }
    const waits: Array<number> = []
    const pace = createPace(1_000, "nominatim", {
      fetch: () => Promise.reject(new Error("unused")),
      now: () => clock.at,
      sleep: (wait) => {
        waits.push(wait)
        clock.at += wait
        return Promise.resolve()
      }
    })
    const { signal } = new AbortController()
    await pace(signal)
    clock.at = 0
    await pace(signal)
    await pace(signal)
    expect(waits).toEqual([1_000, 1_000])
  })
})

describe("ASM-2: is it the house that was asked for?", () => {
  it.each([
    ["г. Алматы, пр. Абая, 52, кв. 17", "проспект Абая, 52", true],
    ["Абая 10А", "10а", true],
    ["мкр 5, дом 12", "12", true],
    ["мкр 5, дом 12", "5", false],
    ["Абая 10/1", "10", false],
    ["Абая", "10", false],
    ["Абая", "Абая", false],
    ["Абай даңғылы, 10-үй, 17-пәтер", "Абай даңғылы, 10", true],
    ["Абай даңғылы 10 үй 17 пәтер", "Абай даңғылы, 10", true],
    ["Абай даңғылы 10 үй 17 пәтер", "Абай даңғылы, 17", false],
    ["Абая 10, 3 подъезд, 5 этаж", "10", true],
    ["Абая 10, 3 подъезд, 5 этаж", "5", false],
    ["Абая 10, домофон", "10", true],
    ["Абая 10 г", "Абая, 10", false],
    ["Абая, дом 10 Г, кв. 5", "Абая, 10г", true],
    ["Абая 10 д кв 5", "Абая, 10Д", true],
    ["Абая 10-г", "Абая, 10", false],
    ["Абая 10 г. Алматы", "Абая, 10", true],
    ["мкр 5 д 12", "12", true],
    ["10 Abay Avenue, Almaty 050010, Kazakhstan", "10", true],
    ["050010, Алматы, Абая 10", "10", true],
    ["Абая 10 корпус 2", "Абая, 2", false],
    ["Абая 10 корпус 2", "Абая, 10", false],
    ["Абая 10 корпус 2", "Абая, 10 к2", true]
  ])("%s and %s: %s", (asked, found, same) => {
    expect(sameHouse(asked, found)).toBe(same)
  })
})
