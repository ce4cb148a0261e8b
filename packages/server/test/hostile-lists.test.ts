import { defineAdapter, Schema } from "@aptekit/core"
import { expect, test, vi } from "vitest"
import { problem, useServer } from "./support/server.ts"

const door = defineAdapter({
  name: "door",
  config: Schema.Struct({}),
  ports: {},
  setup: () => ({ http: async () => new Response("ok") })
})({}, { id: "door" })

const server = await useServer({ adapters: [door] })
const { call } = server

/** A cursor as the server makes them. */
const forged = (list: string, place: string): string => Buffer.from(`${list}:${place}`).toString("base64url")

const RUN = "01980000-0000-7000-8000-000000000000"
const LISTS = [
  ["outbox", "/outbox", ["1.5"]],
  ["exchange-log", "/exchange-log", ["1", "1.", ".x", "x.y", "-5.x"]],
  ["cases", "/cases", ["1", "1/x", "x/y/1", "1/y/x", "1/y/1/2"]],
  ["difference", `/sync-runs/${RUN}/difference`, ["-3", "2.5"]]
] as const

test.each(LISTS)("R-SDK-5: a place in the list %s that nobody gave out is refused, and begins no page", async (list, path, places) => {
  for (const place of ["", "x", "NaN", "-1", "1e99", "Infinity", "9".repeat(20), "0x10", "'; drop table outbox", ...places]) {
    const refused = await call("admin", "GET", `${path}?cursor=${forged(list, place)}`)
    expect([place, refused.status]).toEqual([place, 422])
    expect((await problem(refused)).errors).toEqual([{ path: "cursor", message: "`next` of the page before" }])
  }
  const elsewhere = await call("admin", "GET", `${path}?cursor=${forged("elsewhere", "1")}`)
  expect(elsewhere.status).toBe(422)
})

test("R-EXP-4: a day that no calendar has is refused, not taken for another", async () => {
  const days = ["day=2026-02-31", "day=2026-04-31", "day=2026-02-29", "from=2026-02-31T00:00:00Z", "to=2026-11-31T10:00:00%2B05:00"]
  for (const query of [...days, "day=2026-00-10", "from=2026-11-21Tx10:00Z", "from=2026-11-21T25:00:00Z"]) {
    const refused = await call("admin", "GET", `/exchange-log?${query}`)
    expect([query, refused.status]).toEqual([query, 422])
    expect((await problem(refused)).errors).toHaveLength(1)
  }
  for (const query of ["day=2028-02-29", "from=2026-11-21T10:00:00.123%2B05:00", "to=2026-02-28T23:59:59Z", "from=2026-11-21T10:00Z"]) {
    expect([query, (await call("admin", "GET", `/exchange-log?${query}`)).status]).toEqual([query, 200])
  }
})

test("R-OPS-3: what a stranger asks an entrance for is no way into the log: no phone, no end of words", async () => {
  const asked = new URLSearchParams({ type: "+7 701 000 00 01", mode: "a@b.example" })
  for (let i = 0; i < 500; i++) asked.append("type", "padding")
  await (await fetch(`${server.url}/exchange/door?${asked.toString()}`)).text()
  const listed = async () =>
    ((await (await call("admin", "GET", "/exchange-log?connection=door")).json()) as { items: ReadonlyArray<{ operation: string }> }).items
  await vi.waitFor(async () => expect(await listed()).toHaveLength(1), { timeout: 10_000 })
  const [entry] = await listed()
  expect(JSON.stringify(entry)).not.toMatch(/701 000|7010000001|b\.example/u)
  expect(entry!.operation.length).toBeLessThanOrEqual(200)
})

test("R-EXP-4: an empty list for a spreadsheet has its head", async () => {
  const text = await (await call("admin", "GET", "/exchange-log?connection=nobody&format=csv")).text()
  expect(text).toBe(
    "at,connection,direction,operation,orderId,outcome,durationMs,sentBytes,receivedBytes,error,request,response,step,workplace\r\n"
  )
})
