import { AdapterFault, type Capabilities, defineAdapter, messagesPort, Schema } from "@aptekit/core"
import { type MessagesHarness, messagesSuite, runPortSuite } from "@aptekit/core/testing"
import { describe, expect, test } from "vitest"
import { messageGatewaySimulator } from "../src/testing/index.ts"

interface Message {
  readonly id: string
  readonly to: string
  readonly text: string
}
type Send = (fetch: (request: Request) => Promise<Response>, message: Message) => Promise<string>

const post = (message: Message, token: string) =>
  new Request("http://gateway.test/messages", {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify({ reference: message.id, to: message.to, text: message.text })
  })

/** A harness around an adapter that its author got wrong. */
const flawed = (send: Send, find: (id: string) => string | null = () => null, declares: Capabilities = {}): MessagesHarness => {
  const simulator = messageGatewaySimulator()
  const adapter = defineAdapter({
    name: "flawed",
    config: Schema.Struct({}),
    ports: { messages: messagesPort },
    capabilities: {
      sms: true, email: false, push: false,
      lookUp: true, status: false, balance: false, deliveryReports: false, idempotentSend: true, senderNames: false, ...declares
    },
    setup: () => ({
      messages: {
        send: async (message) => ({ providerId: await send(simulator.fetch, message) }),
        find: ({ id }) => ({ providerId: find(id) })
      }
    })
  })
  return {
    adapter: adapter({}),
    simulator,
    secrets: [simulator.token],
    texts: () => simulator.ledger.map((m) => m.text)
  }
}

const run = (name: string, harness: MessagesHarness): Promise<void> => {
  const found = messagesSuite.cases.find((one) => one.name.startsWith(name))
  if (found === undefined) throw new Error(`no case ${name}`)
  return found.run(harness)
}

const token = messageGatewaySimulator().token
const idOf = async (response: Response): Promise<string> => ((await response.json()) as { id: string }).id

describe("SDK-2: the suite finds out an adapter that", () => {
  test("takes a lost answer for a partner that is down: it would send twice", async () => {
    const harness = flawed(async (fetch, message) => {
      try {
        return await idOf(await fetch(post(message, token)))
      } catch {
        throw new AdapterFault("down", { outcome: "unavailable" })
      }
    })
    await expect(run("a partner that drops", harness)).rejects.toThrow("ended as unavailable (")
  })

  test("calls a garbled answer done", async () => {
    const harness = flawed(async (fetch, message) => `sent ${(await fetch(post(message, token))).status}`)
    await expect(run("garbled", harness)).rejects.toThrow("ended as done; it must end as unknown")
  })

  test("writes the phone into an error", async () => {
    const harness = flawed((_, { to }) => Promise.reject(new AdapterFault(`no ${to}`, { outcome: "rejected" })))
    await expect(run("a partner that refuses", harness)).rejects.toThrow("holds a secret or a person's data")
  })

  test("cuts a text", async () => {
    const harness = flawed(async (fetch, message) => {
      const text = message.text.slice(0, 70)
      return idOf(await fetch(post({ ...message, text }, token)))
    })
    await expect(run("a long text", harness)).rejects.toThrow("the partner got 70 characters, not the 480")
  })

  test("finds nothing again", async () => {
    const harness = flawed(async (fetch, message) => idOf(await fetch(post(message, token))))
    await expect(run("find knows", harness)).rejects.toThrow("find gave null, send gave gw-1")
  })

  test("gives no simulator and skips nothing", async () => {
    const { simulator: _, ...harness } = flawed(() => Promise.resolve("x"))
    await expect(run("a partner that is down", harness)).rejects.toThrow("needs the partner's simulator")
  })
})

describe("SDK-2: a skip needs an exact name and a reason", () => {
  const silent = Object.assign(() => undefined, { skip: () => undefined })
  const harness = () => flawed(() => Promise.resolve("x"))

  test("a name that no case has is refused", () => {
    expect(() => runPortSuite(messagesSuite, harness, { test: silent, skip: { "all faults": "later" } }))
      .toThrow("no case \"all faults\" to skip; its cases: sends a message")
  })

  test("a case that needs what the adapter does not declare is skipped by its name, saying why", () => {
    const skipped: Array<string> = []
    const skip = (name: string) => void skipped.push(name)
    const capabilities = { ...harness().adapter.capabilities, lookUp: false }
    runPortSuite(messagesSuite, harness, { test: Object.assign(() => undefined, { skip }), capabilities })
    expect(skipped).toContain(
      "messages: a message whose answer was lost is found (skipped: the adapter does not have the capability lookUp)"
    )
  })

  test("nothing can be hidden by telling the suite less than the adapter declares", async () => {
    const runs: Array<() => Promise<void>> = []
    const test = Object.assign((_: string, run: () => Promise<void>) => void runs.push(run), { skip: () => undefined })
    runPortSuite(messagesSuite, harness, { test, capabilities: { ...harness().adapter.capabilities, lookUp: false } })
    await expect(runs[0]!()).rejects.toThrow("the suite was told lookUp: false, the adapter declares true")
  })

  test("a case that needs more than the adapter has says what to do", async () => {
    const runs = new Map<string, () => Promise<void>>()
    const test = Object.assign((name: string, run: () => Promise<void>) => void runs.set(name, run), { skip: () => undefined })
    runPortSuite(messagesSuite, harness, { test })
    await expect(runs.get("messages: balance tells what is left, and fails as every call does")!())
      .rejects.toThrow("does not have the capability balance: give the suite its capabilities")
  })

  test("an empty reason is refused", () => {
    expect(() => runPortSuite(messagesSuite, harness, { test: silent, skip: { "a long text arrives whole": " " } }))
      .toThrow("say why \"a long text arrives whole\" is skipped")
  })
})
