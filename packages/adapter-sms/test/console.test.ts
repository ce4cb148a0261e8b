import {
  type AdapterInstance, buildAdapters, type InboundHub, messagesPort, type PortService, requirePort
} from "@aptekit/core"
import { Effect } from "effect"
import { describe, expect, test } from "vitest"
import { consoleMessages, maskPhone } from "../src/index.ts"

const message = { id: "o-1:assembled:3", to: "+77010000042", text: "Заказ 1\nсобран", language: "ru" as const, kind: "sms" as const }

const withMessages = <A>(
  adapter: AdapterInstance,
  use: (partner: PortService<typeof messagesPort.methods>) => Effect.Effect<A, unknown>
): Promise<A> =>
  Effect.gen(function*() {
    const all = yield* buildAdapters([adapter], () => ({}) as InboundHub)
    return yield* use(yield* requirePort({ all }, messagesPort))
  }).pipe(Effect.scoped, Effect.runPromise)

describe("consoleMessages", () => {
  test("SMS-1: prints one line per message: connection, masked phone, language, text", async () => {
    const lines: Array<string> = []
    const adapter = consoleMessages({ write: (line) => void lines.push(line) }, { id: "sms" })
    await withMessages(adapter, (partner) => partner.send(message))
    expect(lines).toEqual(["[sms] +770******42 ru \"Заказ 1\\nсобран\""])
  })

  test.each([
    ["email", "aigerim@example.kz", "a***@example.kz"],
    ["email", "a@example.kz", "***@example.kz"],
    ["push", JSON.stringify({ endpoint: "https://fcm.googleapis.com/fcm/send/c0ffee", keys: { auth: "x" } }), "push fcm.googleapis.com"],
    ["push", JSON.stringify({ endpoint: "https://push.example.test/a@secret" }), "push push.example.test"],
    ["push", "{", "push ***"]
  ] as const)("SMS-2: a message by %s names nobody: %s → %s", async (kind, to, masked) => {
    const lines: Array<string> = []
    const adapter = consoleMessages({ write: (line) => void lines.push(line) }, { id: "it" })
    await withMessages(adapter, (partner) => partner.send({ ...message, kind, to, text: "t" }))
    expect(lines).toEqual([`[it] ${masked} ru "t"`])
  })

  test("SMS-1: two calls with one id at the same moment print one line", async () => {
    const lines: Array<string> = []
    const adapter = consoleMessages({ write: async (line) => void lines.push(line) })
    const ids = await withMessages(adapter, (partner) =>
      Effect.all([partner.send(message), partner.send(message)], { concurrency: 2 }))
    expect(lines).toHaveLength(1)
    expect(ids[0]).toEqual(ids[1])
  })

  test("a write that fails ends as unavailable, without the text or the phone, and is tried again later", async () => {
    let broken = true
    const lines: Array<string> = []
    const adapter = consoleMessages({
      write: (line) => {
        if (broken) throw new Error(`disk full at ${line}`)
        lines.push(line)
      }
    })
    await withMessages(adapter, (partner) =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(partner.send(message))
        expect(error.outcome).toBe("unavailable")
        expect(error.message).toBe("[console] [console] the line could not be written")
        expect(yield* partner.find(message)).toEqual({ providerId: null })
        broken = false
        yield* partner.send(message)
        expect(lines).toHaveLength(1)
      }))
  })

  test("a write that is no function is a bad configuration that says so", async () => {
    const bad = consoleMessages({ write: "stdout" as never })
    await expect(withMessages(bad, () => Effect.void)).rejects.toThrow(/bad configuration.*\(line\) => void/su)
  })
})

test.each([
  ["+77010000042", "+770******42"],
  ["+37250042", "+******42"],
  ["+7701", "*****"],
  ["", ""]
])("maskPhone hides at least six digits: %s → %s", (phone, masked) => {
  expect(maskPhone(phone)).toBe(masked)
})
