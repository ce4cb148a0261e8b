import { describe, expect, test } from "vitest"
import { oneCODataSimulator } from "../../src/testing/index.ts"
import { balance, id, NORTH, simulate, STOCK, tables } from "./base-of.ts"
import { openHub } from "./hub-of.ts"

type Controller = ReadableStreamDefaultController<Uint8Array>

const asked = (calls: ReadonlyArray<{ readonly path: string }>) =>
  calls.map(({ path }) => decodeURIComponent(path)).filter((path) => path.includes("Balance()"))

describe("facts 73, 77: what nobody knows of virtual tables is a setting", () => {
  test("`virtualTables: whole` asks for the balance without order, count or pages, and for the goods page by page", async () => {
    const world = await openHub({ virtualTables: "whole" })
    await world.sync("catalogue")
    expect(await world.sync("stock", "prices")).toMatchObject({ state: "done" })
    expect([world.stockOf(id(1), "north"), world.stockOf(id(2), "north"), world.priceOf(id(2))]).toEqual([10, 5, 171_950])
    const [balance, ...more] = asked(world.base.calls)
    expect([balance?.includes("?"), more]).toEqual([false, []])
    expect(world.base.calls.some(({ path }) => decodeURIComponent(path).includes("Catalog_Номенклатура?") && path.includes("skip=1"))).toBe(true)
  })

  test("absence is zero there too (D3)", async () => {
    const world = await openHub({ virtualTables: "whole" })
    await world.sync("catalogue", "stock")
    world.base.base.rows(STOCK).splice(1, 1)
    expect(await world.sync("stock")).toMatchObject({ state: "done", counts: { gone: 1 } })
    expect(world.stockOf(id(1), "south")).toBe(0)
  })

  /** A base whose balance breaks off in the middle of its rows, `times` times; it counts how often it was asked. */
  const breaking = (times: number, end: (controller: Controller, request: Request) => void) => {
    const base = simulate()
    for (let i = 0; i < 2000; i++) base.base.rows(STOCK).push(balance(3, NORTH, 1, { Назначение_Key: id(10_000 + i) }))
    let asked = 0
    const fetch: typeof base.fetch = async (request) => {
      const answer = await base.fetch(request)
      if (!decodeURIComponent(request.url).includes("Balance()") || ++asked > times) return answer
      const bytes = new Uint8Array(await answer.arrayBuffer())
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => {
          controller.enqueue(bytes.subarray(0, bytes.length / 2))
          end(controller, request)
        }
      })
      return new Response(body, { headers: answer.headers })
    }
    return { base: { ...base, fetch }, asked: () => asked }
  }
  const lost = (controller: Controller): void =>
    controller.error(Object.assign(new Error("reset"), { code: "ECONNRESET" }))
  const cut = (controller: Controller): void => controller.close()
  const silent = (controller: Controller, { signal }: Request): void =>
    signal.addEventListener("abort", () => controller.error(signal.reason))

  test.for([["whole", lost], ["whole", cut], ["paged", lost], ["paged", cut]] as const)(
    "%s: an answer that breaks off once is asked for again, and nothing counts twice",
    async ([virtualTables, end]) => {
      const { base, asked } = breaking(1, end)
      const world = await openHub({ virtualTables, page: 10_000 }, { base })
      await world.sync("catalogue")
      expect(await world.sync("stock")).toMatchObject({ state: "done" })
      expect([world.stockOf(id(3), "north"), asked()]).toEqual([2000, 2])
    }
  )

  test("one that always breaks off changes nothing, and the run says why", async () => {
    const { base } = breaking(Number.POSITIVE_INFINITY, cut)
    const world = await openHub({ virtualTables: "whole" }, { base })
    await world.sync("catalogue")
    expect(await world.sync("stock")).toMatchObject({ state: "failed", error: expect.stringContaining("не JSON") })
    expect(world.stockOf(id(1), "north")).toBe(0)
  })

  test("one that stops flowing is given up, long before all of it could have come", async () => {
    const { base, asked } = breaking(Number.POSITIVE_INFINITY, silent)
    const world = await openHub({ virtualTables: "whole", timeoutMs: 60 }, { base })
    await world.sync("catalogue")
    expect(await world.sync("stock")).toMatchObject({ state: "failed", error: expect.stringContaining("вовремя") })
    expect(asked()).toBe(3)
  })
})

test("a simulated base whose rows are settled answers as another one does", async () => {
  const [usual, settled] = [simulate(), oneCODataSimulator({ tables: tables(), settled: true })]
  const ask = async (base: typeof usual, query: string) => {
    const headers = { authorization: `Basic ${Buffer.from(`${base.login}:${base.password}`).toString("base64")}` }
    return (await base.fetch(new Request(`http://x/base/odata/standard.odata/${encodeURI("Catalog_Номенклатура")}?${query}`, { headers }))).text()
  }
  for (const query of ["$orderby=Ref_Key&$top=2", "$orderby=Ref_Key&$top=2&$skip=2", `$orderby=Ref_Key&$filter=Code eq 'C-2'`]) {
    expect(await ask(settled, query)).toBe(await ask(usual, query))
  }
})
