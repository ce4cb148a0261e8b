import { AdapterFault, defineAdapter, messagesPort, Schema } from "@aptekit/core"
import { beforeEach, expect, test, vi } from "vitest"
import { useServer } from "./support/server.ts"

const SOON = { timeout: 8_000, interval: 20 }

/** A gateway that takes no id of ours and can be asked; it may do the work and lose its answer, and be away for questions. */
const world = { sent: [] as Array<string>, answer: "lost" as "lost" | "nothing done" | "good", askable: false }
const gateway = defineAdapter({
  name: "gateway",
  config: Schema.Struct({}),
  ports: { messages: messagesPort },
  capabilities: {
    sms: true, email: false, push: false,
    lookUp: true, status: false, balance: false, deliveryReports: false, idempotentSend: false, senderNames: false
  },
  setup: () => ({
    messages: {
      send: ({ id }) => {
        if (world.answer !== "nothing done") world.sent.push(id)
        if (world.answer !== "good") throw new AdapterFault("the line broke", { outcome: "unknown" })
        return { providerId: `sent ${id}` }
      },
      find: ({ id }) => {
        if (!world.askable) throw new AdapterFault("away", { outcome: "unavailable" })
        return { providerId: world.sent.includes(id) ? `found ${id}` : null }
      }
    }
  })
})({}, { id: "kz" })

const server = await useServer({
  adapters: [gateway],
  jobs: true,
  lanes: { kz: { maxAttempts: 1, breaker: { failures: 1_000, openMs: 1_000 } } }
})

interface Message {
  readonly id: string
  readonly state: string
  readonly orderId: string
  readonly partnerRef: string | null
}
const read = async <A>(path: string): Promise<A> => (await (await server.call("admin", "GET", path)).json()) as A
const deadOf = (orderId: string): Promise<Message> =>
  vi.waitFor(async () => {
    const found = (await read<{ items: ReadonlyArray<Message> }>("/outbox?state=dead")).items.find((one) => one.orderId === orderId)
    expect(found).toBeDefined()
    return found!
  }, SOON)
const replay = async ({ id }: Message): Promise<void> => {
  const response = await server.call("admin", "POST", `/outbox/${encodeURIComponent(id)}/replay`, { reason: "the gateway is back" })
  expect(response.status).toBe(200)
}
const done = ({ id }: Message): Promise<Message> =>
  vi.waitFor(async () => {
    const found = await read<Message>(`/outbox/${encodeURIComponent(id)}`)
    expect(found.state).toBe("done")
    return found
  }, SOON)

beforeEach(() => {
  world.sent = []
  world.answer = "lost"
  world.askable = false
})

test("D27: P6: a dead letter that may have arrived is asked for before a replay sends it: nobody gets it twice", async () => {
  const { id } = await server.order()
  const dead = await deadOf(id)
  world.answer = "good"
  world.askable = true
  await replay(dead)
  expect((await done(dead)).partnerRef).toBe(`found ${dead.id}`)
  expect(world.sent).toEqual([dead.id])
})

test("D27: a replay sends what the gateway has never heard of", async () => {
  world.answer = "nothing done"
  const { id } = await server.order()
  const dead = await deadOf(id)
  world.answer = "good"
  world.askable = true
  await replay(dead)
  expect((await done(dead)).partnerRef).toBe(`sent ${dead.id}`)
  expect(world.sent).toEqual([dead.id])
})
