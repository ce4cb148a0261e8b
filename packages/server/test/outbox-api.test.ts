import { AdapterFault, defineAdapter, ExchangeLog, messagesPort, Schema } from "@aptekit/core"
import { Effect } from "effect"
import { expect, test, vi } from "vitest"
import { type ApiDocument, contract } from "./support/contract.ts"
import { type KeyName, problem, useServer } from "./support/server.ts"

const SOON = { timeout: 8_000, interval: 20 }

/** A gateway that can be away, and that counts. */
const world = { away: true, sent: [] as Array<string> }
const gateway = defineAdapter({
  name: "gateway",
  config: Schema.Struct({}),
  ports: { messages: messagesPort },
  capabilities: {
    sms: true, email: false, push: false,
    lookUp: false, status: false, balance: false, deliveryReports: false, idempotentSend: true, senderNames: false
  },
  setup: () => ({
    messages: {
      send: ({ id, text }: { id: string; text: string }) => {
        if (world.away) throw new AdapterFault("the gateway is away", { outcome: "unavailable" })
        world.sent.push(`${id} ${text}`)
        return { providerId: `p-${world.sent.length}` }
      }
    }
  })
})({}, { id: "kz" })

// One try and no breaker: a message that fails is dead at once.
const server = await useServer({
  adapters: [gateway],
  jobs: true,
  lanes: { kz: { maxAttempts: 1, breaker: { failures: 1_000, openMs: 1_000 } } }
})
const { call, hub, order } = server
const conforms = contract((await (await fetch(`${server.url}/openapi.json`)).json()) as ApiDocument)

interface Message {
  readonly id: string
  readonly state: string
  readonly orderId: string
  readonly attempts: number
  readonly lastError: string | null
  readonly partnerRef?: string | null
  readonly payload: Readonly<Record<string, unknown>>
  readonly history: ReadonlyArray<{ readonly outcome: string; readonly text: string | null; readonly by: string | null }>
}
interface Page<A> {
  readonly items: ReadonlyArray<A>
  readonly next: string | null
}

/** Reads, and looks whether the answer is as the API document says. */
const read = async <A>(path: string): Promise<A> => {
  const response = await call("operator", "GET", path)
  expect(await conforms("GET", path, response.clone())).toEqual([])
  return (await response.json()) as A
}
const pathOf = (id: string, verb = ""): string => `/outbox/${encodeURIComponent(id)}${verb}`
const post = async (id: string, verb: string, body: unknown, key: KeyName = "admin"): Promise<Response> => {
  const response = await call(key, "POST", pathOf(id, `/${verb}`), body)
  expect(await conforms("POST", pathOf(id, `/${verb}`), response.clone())).toEqual([])
  return response
}
const listed = async (query: string): Promise<Page<Message>> => read(`/outbox${query}`)
const deadOf = (orderId: string): Promise<Message> =>
  vi.waitFor(async () => {
    const found = (await listed("?state=dead&lane=kz&limit=200")).items.find((one) => one.orderId === orderId)
    expect(found).toBeDefined()
    return found!
  }, SOON)
const ended = (id: string, state: string): Promise<Message> =>
  vi.waitFor(async () => {
    const found = await read<Message>(pathOf(id))
    expect(found.state).toBe(state)
    return found
  }, SOON)

test("R-OPS-2: a dead letter is read, put right and replayed; who did it and why stays with it", async () => {
  const placed = await order({ customer: { name: "Айгерім", phone: "8 701 000 00 01" } })
  const dead = await deadOf(placed.id)
  expect(dead).toMatchObject({ lane: "kz", method: "messages.send", state: "dead", attempts: 1, lastError: expect.stringContaining("is away") })
  const whole = await read<Message>(pathOf(dead.id))
  expect(whole.history.map(({ outcome, by }) => [outcome, by])).toEqual([["dead", null]])
  expect(JSON.stringify(whole)).not.toMatch(/Айгерім|7010000001/u)

  const wrong = await problem(await post(dead.id, "mend", { payload: { branchId: 7, to: "+77010000002" }, reason: "typed" }))
  expect([wrong.status, wrong.errors!.map(({ path }) => path).every((path) => path.startsWith("payload."))]).toEqual([422, true])
  expect((await post(dead.id, "mend", { payload: { branchId: "south" } })).status).toBe(422)
  expect((await read<Message>(pathOf(dead.id))).payload).toEqual(whole.payload)

  for (const [name, value] of [["branchId", "nowhere"], ["branchId", "x".repeat(5_000)], ["expiresAt", 9e15], ["expiresAt", -1]] as const) {
    const refused = await problem(await post(dead.id, "mend", { payload: { [name]: value }, reason: "typed" }))
    expect([refused.status, refused.errors?.map(({ path }) => path)]).toEqual([422, [`payload.${name}`]])
  }
  const mended = (await (await post(dead.id, "mend", { payload: { branchId: "south" }, reason: "moved to the other branch" })).json()) as Message
  expect([mended.state, mended.payload["branchId"]]).toEqual(["dead", "south"])
  world.away = false
  expect((await post(dead.id, "replay", { reason: "the gateway is back" })).status).toBe(200)
  const done = await ended(dead.id, "done")
  expect(done.partnerRef).toBe("p-1")
  expect(done.history.map(({ outcome, text, by }) => [outcome, by, by === null ? null : text])).toEqual([
    ["dead", null, null], ["mended", "root", "moved to the other branch"], ["replayed", "root", "the gateway is back"]
  ])
  expect(world.sent).toHaveLength(1)
  const again = await problem(await post(dead.id, "replay", { reason: "once more" }))
  expect([again.status, again.code, again.state]).toEqual([409, "refused", "done"])
  expect((await post(dead.id, "mend", { payload: { branchId: "north" }, reason: "late" })).status).toBe(409)
  expect(world.sent).toHaveLength(1)
  world.away = true
})

test("R-OPS-2: a dead letter that is discarded is never sent, and is found with its reason", async () => {
  const placed = await order()
  const dead = await deadOf(placed.id)
  expect((await post(dead.id, "discard", { reason: "phoned the buyer" })).status).toBe(200)
  world.away = false
  expect((await post(dead.id, "replay", { reason: "no" })).status).toBe(409)
  const { items } = await listed("?state=dropped&limit=200")
  expect(items.find(({ id }) => id === dead.id)).toMatchObject({ state: "dropped", lastError: "phoned the buyer" })
  expect(world.sent.some((text) => text.startsWith(dead.id))).toBe(false)
  const events = (await (await call("operator", "GET", `/orders/${placed.id}/events`)).json()) as Page<{ type: string; actor: { id: string } }>
  expect(events.items.map(({ type, actor }) => [type, actor.id])).toContainEqual(["outbox.discarded", "root"])
  world.away = true
})

test("R-OPS-3: operators read the outbox, administrators decide; nobody else sees it", async () => {
  const dead = await deadOf((await order()).id)
  for (const key of ["shop", "branch", "register"] as const satisfies ReadonlyArray<KeyName>) {
    for (const path of ["/lanes", "/outbox", pathOf(dead.id)]) expect([key, path, (await call(key, "GET", path)).status]).toEqual([key, path, 403])
  }
  for (const verb of ["mend", "replay", "discard"]) {
    const body = { reason: "mine", ...(verb === "mend" ? { payload: {} } : {}) }
    expect((await post(dead.id, verb, body, "operator")).status).toBe(403)
    expect([verb, (await post("nobody", verb, body)).status]).toEqual([verb, 404])
  }
  expect((await call("operator", "GET", "/outbox/nobody")).status).toBe(404)
  expect((await read<Message>(pathOf(dead.id))).history).toHaveLength(1)
})

test("OPS-2: the outbox comes page by page, oldest first, while it grows; a cursor of another list is refused", async () => {
  for (let i = 0; i < 5; i++) await deadOf((await order()).id)
  const first = await listed("?state=dead&limit=3")
  await deadOf((await order()).id)
  const ids = first.items.map(({ id }) => id)
  for (let next = first.next; next !== null;) {
    const page = await listed(`?state=dead&limit=3&cursor=${next}`)
    ids.push(...page.items.map(({ id }) => id))
    next = page.next
  }
  const all = (await listed("?state=dead&limit=200")).items.map(({ id }) => id)
  expect([ids.length >= 6, ids]).toEqual([true, all])
  expect((await listed("?state=dead&lane=nobody")).items).toEqual([])
  for (const query of ["state=alive", "limit=0", `cursor=${Buffer.from("exchange-log:1/2").toString("base64url")}`]) {
    expect((await problem(await call("operator", "GET", `/outbox?${query}`))).status).toBe(422)
  }
})

/** Values of a metric by their attributes. */
const figures = async (name: string): Promise<ReadonlyMap<string, number>> => {
  const text = await (await fetch(`${server.url}/metrics`)).text()
  return new Map(text.split("\n").filter((line) => line.startsWith(`${name}{`)).map((line) => {
    const [, attributes, value] = /\{(.*)\} (\S+)$/u.exec(line)!
    return [attributes!.split(",").filter((one) => !one.startsWith("unit=")).toSorted((a, b) => a.localeCompare(b)).join(), Number(value)]
  }))
}

test("OPS-2: how each lane stands is told by the API and by the metrics alike", async () => {
  const dead = (await listed("?state=dead&limit=200")).items.length
  const done = (await figures("aptekit_outbox_outcomes_total")).get('lane="kz",state="done"') ?? 0
  // Put off by quiet hours or by a failure: it waits, and the oldest of those has an age.
  const { items } = await read<{ items: ReadonlyArray<Record<string, unknown>> }>("/lanes")
  const lane = items.find((one) => one["lane"] === "kz")
  expect(lane).toMatchObject({ waiting: 0, dead, oldestAt: null, breaker: "closed", inFlight: 0 })
  expect((await figures("aptekit_lane_dead")).get('lane="kz"')).toBe(dead)
  expect((await figures("aptekit_lane_waiting")).get('lane="kz"')).toBe(0)
  expect((await figures("aptekit_lane_oldest_seconds")).get('lane="kz"')).toBe(0)
  expect((await figures("aptekit_lane_in_flight")).get('lane="kz"')).toBe(0)
  const breaker = await figures("aptekit_lane_breaker")
  expect(["closed", "open", "halfOpen"].map((state) => breaker.get(`lane="kz",state="${state}"`))).toEqual([1, 0, 0])
  expect((await figures("aptekit_outbox_outcomes_total")).get('lane="kz",state="dead"')).toBeGreaterThanOrEqual(dead)
  world.away = false
  const placed = await order()
  await vi.waitFor(async () => expect(world.sent.some((text) => text.startsWith(placed.id))).toBe(true), SOON)
  await vi.waitFor(async () =>
    expect((await figures("aptekit_outbox_outcomes_total")).get('lane="kz",state="done"')).toBe(done + 1), SOON)
  world.away = true
})

test("EXP-4: the exchange log goes on behind its cursor, whatever has come meanwhile, within the same question", async () => {
  const log = await hub.run(Effect.service(ExchangeLog))
  const record = (n: number, connection = "paged"): void =>
    log.record({
      at: 1_000_000 + n, connection, direction: "out", operation: `call ${n}`, orderId: null, step: null, workplace: null,
      outcome: n % 2 === 0 ? "done" : "unknown", durationMs: 1, sentBytes: 1, receivedBytes: 1, request: null, response: null, error: null
    })
  const page = (query: string) => read<Page<{ operation: string }>>(`/exchange-log?connection=paged&${query}`)
  for (let n = 0; n < 9; n++) record(n)
  record(99, "other")
  await vi.waitFor(async () => expect((await page("limit=200")).items).toHaveLength(9), SOON)
  const first = await page("limit=4")
  for (let n = 9; n < 12; n++) record(n)
  await vi.waitFor(async () => expect((await page("limit=200")).items).toHaveLength(12), SOON)
  const second = await page(`limit=4&cursor=${first.next}`)
  const third = await page(`limit=4&cursor=${second.next}`)
  expect([...first.items, ...second.items, ...third.items].map(({ operation }) => operation))
    .toEqual([8, 7, 6, 5, 4, 3, 2, 1, 0].map((n) => `call ${n}`))
  expect(third.next).toBeNull()
  const errors = await page("limit=2&errorsOnly=true")
  const rest = await page(`limit=9&errorsOnly=true&cursor=${errors.next}`)
  expect([...errors.items, ...rest.items].map(({ operation }) => operation)).toEqual([11, 9, 7, 5, 3, 1].map((n) => `call ${n}`))
  expect((await problem(await call("operator", "GET", `/exchange-log?cursor=${Buffer.from("outbox:1").toString("base64url")}`))).status).toBe(422)
})
