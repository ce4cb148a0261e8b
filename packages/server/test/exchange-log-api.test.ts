import {
  AdapterFault, AdapterRegistry, defineAdapter, ExchangeLog, type ExchangeLogService, type LogEntryView, messagesPort, requirePort,
  Schema, Storage
} from "@aptekit/core"
import { parse } from "csv-parse/sync"
import { Effect } from "effect"
import { expect, test, vi } from "vitest"
import { type ApiDocument, contract } from "./support/contract.ts"
import { problem, useServer } from "./support/server.ts"

type Entry = typeof LogEntryView.Encoded

/** A gateway that knows one number, and a partner that calls us. */
const gateway = defineAdapter({
  name: "gateway",
  config: Schema.Struct({}),
  ports: { messages: messagesPort },
  capabilities: {
    sms: true, email: false, push: false,
    lookUp: false, status: false, balance: false, deliveryReports: false, idempotentSend: false, senderNames: false
  },
  setup: () => ({
    messages: {
      send: ({ to }: { to: string }) => {
        if (to !== "+77010000001") throw new AdapterFault(`no such number ${to}`, { outcome: "rejected" })
        return { providerId: "m-1" }
      }
    },
    http: async (request: Request) => {
      if (request.url.includes("checkauth")) return new Response("success\nsid\ns3cret")
      return request.url.includes("chunked") ? new Response(`success ${(await request.text()).length}`) : new Response("failure\nнет файла")
    }
  })
})({}, { id: "kz" })

const server = await useServer({ adapters: [gateway] })
const { call, hub } = server
const conforms = contract((await (await fetch(`${server.url}/openapi.json`)).json()) as ApiDocument)
const log: ExchangeLogService = await hub.run(Effect.service(ExchangeLog))

const send = (input: { id: string; to: string; text: string; language: string; kind: string }) =>
  hub.run(
    Effect.gen(function*() {
      const port = yield* requirePort(yield* AdapterRegistry, messagesPort, "kz")
      return yield* port.send(Schema.decodeUnknownSync(messagesPort.methods.send.input)(input))
    })
  )
const message = { id: "1", to: "+77010000001", text: "Сәлем, Айгерім", language: "kk", kind: "sms" }
/** Calls of one millisecond are listed in any order. A start is counted back from the end, and may be a millisecond early. */
const nextMillisecond = async (): Promise<void> => {
  const now = Date.now()
  await vi.waitUntil(() => Date.now() > now + 1, { interval: 1 })
}
await send(message)
await nextMillisecond()
await expect(send({ ...message, to: "+77019999999" })).rejects.toThrow(/no such number/u)
await nextMillisecond()
await (await fetch(`${server.url}/exchange/kz?type=sale&mode=checkauth`)).text()
await nextMillisecond()
await (await fetch(`${server.url}/exchange/kz?type=sale&mode=file&filename=a.xml&sid=s3cret`, { method: "POST", body: "x" })).text()

interface Page {
  readonly items: ReadonlyArray<Entry>
  readonly next: string | null
}
const list = async (query = ""): Promise<Page> => {
  const response = await call("operator", "GET", `/exchange-log${query}`)
  expect(response.status).toBe(200)
  expect(await conforms("GET", "/exchange-log", response.clone())).toEqual([])
  return (await response.json()) as Page
}
await vi.waitFor(async () => expect((await list()).items).toHaveLength(4), { timeout: 10_000 })

test("R-EXP-4: every call out and in is there, newest first, with how it ended", async () => {
  const { items } = await list()
  expect(items.map((one) => [one.direction, one.operation, one.outcome])).toEqual([
    ["in", "POST sale file", "rejected"],
    ["in", "GET sale checkauth", "done"],
    ["out", "messages.send", "rejected"],
    ["out", "messages.send", "done"]
  ])
  const first = await list("?limit=3")
  const second = await list(`?limit=3&cursor=${first.next}`)
  expect([...first.items, ...second.items].map((one) => one.id)).toEqual(items.map((one) => one.id))
  expect(second.next).toBeNull()
})

test("R-OPS-3: no phone, no text to a buyer, no session is in it", async () => {
  const text = JSON.stringify(await list())
  for (const secret of ["7010000001", "7019999999", "Айгерім", "s3cret"]) expect(text).not.toContain(secret)
})

test("R-EXP-4: calls are found by partner, direction, failure, text, day and period", async () => {
  const operations = async (query: string) => (await list(query)).items.map((one) => one.operation)
  expect(await operations("?errorsOnly=true")).toEqual(["POST sale file", "messages.send"])
  expect(await operations("?direction=in")).toHaveLength(2)
  expect(await operations("?connection=other")).toEqual([])
  expect(await operations(`?text=${encodeURIComponent("НЕТ файла")}`)).toEqual(["POST sale file"])
  const today = new Date().toISOString()
  expect(await operations(`?from=2020-01-01T00:00:00Z&to=${encodeURIComponent(today)}`)).toHaveLength(4)
  expect(await operations(`?to=2020-01-01T00:00:00Z`)).toEqual([])
  expect(await operations(`?day=2020-01-01&zone=Asia/Almaty`)).toEqual([])
})

test("R-EXP-4: a day is one by the clocks of its zone, also when they are changed", async () => {
  const storage = await hub.run(Storage)
  const blank = {
    direction: "out" as const, operation: "x", orderId: null, outcome: "done" as const, durationMs: 1, sentBytes: 0,
    receivedBytes: 0, request: null, response: null, error: null, step: null, workplace: null
  }
  const at = (iso: string) => ({ ...blank, id: iso, at: Date.parse(iso), connection: "clock" })
  // Berlin, the day on which the clocks go back: 25 hours from 22:00Z to 23:00Z.
  const times = ["2026-10-24T21:59:59Z", "2026-10-24T22:00:00Z", "2026-10-25T22:59:59Z", "2026-10-25T23:00:00Z"]
  await hub.run(storage.log.write(times.map(at)))
  const { items } = await list("?connection=clock&day=2026-10-25&zone=Europe/Berlin")
  expect(items.map((one) => one.id)).toEqual([times[2], times[1]])
})

test("R-EXP-4: all of it goes to a spreadsheet, and no cell is a formula", async () => {
  for (let i = 0; i < 1_200; i++) {
    log.record({
      at: 1_000 + i, connection: "csv", direction: "out", operation: "=1+1", orderId: null, step: null, workplace: null,
      outcome: "unknown", durationMs: 1, sentBytes: 1, receivedBytes: 1, request: "a;\"b\"\nc,d", response: null, error: "@SUM(A1)"
    })
  }
  await vi.waitFor(async () => expect((await list("?connection=csv&limit=200&to=1970-01-01T00:00:01.100Z")).items).toHaveLength(100), {
    timeout: 10_000
  })
  const response = await call("admin", "GET", "/exchange-log?connection=csv&format=csv")
  expect(response.headers.get("content-type")).toMatch(/^text\/csv; charset=utf-8/u)
  const bytes = new Uint8Array(await response.arrayBuffer())
  expect([...bytes.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf])
  const rows = parse(Buffer.from(bytes), { bom: true, columns: true, record_delimiter: "\r\n" }) as ReadonlyArray<Record<string, string>>
  expect(rows).toHaveLength(1_200)
  expect(rows[0]).toMatchObject({ operation: "'=1+1", error: "'@SUM(A1)", request: "a;\"b\"\nc,d", outcome: "unknown" })
  expect(rows.at(-1)!["at"]).toBe("1970-01-01T00:00:01.000Z")
})

test("R-EXP-4: an upload that does not say its length is counted", async () => {
  const body = ReadableStream.from(Array.from({ length: 50 }, () => new Uint8Array(2_000).fill(65)))
  const init = { method: "POST", body, duplex: "half" } as const
  expect(await (await fetch(`${server.url}/exchange/kz?type=catalog&mode=file&filename=chunked.xml`, init)).text()).toBe("success 100000")
  await vi.waitFor(async () => expect((await list("?text=catalog")).items).toMatchObject([{ receivedBytes: 100_000, outcome: "done" }]), {
    timeout: 10_000
  })
})

test("R-OPS-3: only operators and administrators read it; nonsense is refused with its place", async () => {
  for (const key of ["shop", "branch", "register"] as const) expect((await call(key, "GET", "/exchange-log")).status).toBe(403)
  for (const query of ["from=yesterday", "day=2026-13-45", "day=2026-11-21&zone=Mars", "direction=up", "errorsOnly=yes", "cursor=xx"]) {
    const refused = await problem(await call("admin", "GET", `/exchange-log?${query}`))
    expect([query, refused.status, refused.errors!.length]).toEqual([query, 422, 1])
  }
})
