import { Effect, Metric } from "effect"
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest"
import { smscMessages, smsruMessages } from "../src/index.ts"
import { smscSimulator, smsruSimulator } from "../src/testing/index.ts"
import { started } from "./support/message.ts"

beforeEach(() => void vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] }))
afterEach(() => void vi.useRealTimers())

const balanceAlarm = { below: 500, everyMinutes: 10 }

/** The clock goes on by so many minutes, and what it began is done. */
const later = async (minutes: number): Promise<void> => {
  await vi.advanceTimersByTimeAsync(minutes * 60_000)
  await new Promise((resolve) => setImmediate(resolve))
  await new Promise((resolve) => setImmediate(resolve))
}

const withSmsc = async () => {
  const simulator = smscSimulator()
  return { simulator, adapter: await started(smscMessages({ ...simulator.config, balanceAlarm, fetch: simulator.fetch })) }
}

describe("SMS-1: the balance with its alarm", () => {
  test("is looked at at the start and by the clock; falling below and rising again are said once each", async () => {
    const { simulator, adapter } = await withSmsc()
    await using open = adapter
    await later(0)
    expect([simulator.calls.length, open.logs.length]).toEqual([1, 0])
    simulator.balance = "499.99"
    await later(30)
    expect(simulator.calls).toHaveLength(4)
    // Nobody asked through the port: the exchange log hears of it all the same (EXP-4).
    expect(open.calls).toHaveLength(4)
    expect(open.calls[0]).toMatchObject({ direction: "out", operation: "balance", step: "balance", outcome: "done" })
    expect(open.logs).toEqual([{
      message: "WARNING: the account with the message gateway is low; top it up",
      detail: { amount: "499.99", currency: "KZT", below: 500 }
    }])
    simulator.balance = "900"
    await later(20)
    expect(open.logs.map(({ message }) => message)).toEqual([
      "WARNING: the account with the message gateway is low; top it up",
      "the account with the message gateway is above its alarm level again"
    ])
  })

  test("two gauges show it", async () => {
    const { simulator, adapter } = await withSmsc()
    await using _ = adapter
    simulator.balance = "12.5"
    await later(10)
    const shown = Effect.runSync(Metric.snapshot).filter(({ id }) => id.startsWith("aptekit_message_balance"))
    expect(shown.map(({ id, attributes, state }) => [id, attributes, (state as { readonly value: number }).value])).toEqual(
      expect.arrayContaining([
        ["aptekit_message_balance", { connection: "smsc", currency: "KZT" }, 12.5],
        ["aptekit_message_balance_low", { connection: "smsc" }, 1]
      ])
    )
  })

  test("that it cannot be read is said once, without the key", async () => {
    const { simulator, adapter } = await withSmsc()
    await using open = adapter
    await later(0)
    simulator.fault("down")
    await later(30)
    expect(open.logs).toEqual([{
      message: "WARNING: the balance of the message gateway cannot be read",
      detail: { reason: "SMSC cannot be reached" }
    }])
  })

  test("after the hub has closed nobody is asked any more", async () => {
    const { simulator, adapter } = await withSmsc()
    await later(0)
    await adapter[Symbol.asyncDispose]()
    await later(60)
    expect(simulator.calls).toHaveLength(1)
  })

  test("without an alarm nobody is asked", async () => {
    const simulator = smscSimulator()
    await using _ = await started(smscMessages({ ...simulator.config, fetch: simulator.fetch }))
    await later(60)
    expect(simulator.calls).toEqual([])
  })

  test("SMS.ru: the limit of the day is looked at too, and said once when nine tenths are used", async () => {
    const simulator = smsruSimulator()
    simulator.limit = 10
    await using adapter = await started(smsruMessages({ ...simulator.config, balanceAlarm, fetch: simulator.fetch }))
    for (let i = 0; i < 8; i++) await adapter.send({ id: `o-${i}:assembled:1` })
    await later(10)
    expect(adapter.logs).toEqual([])
    await adapter.send({ id: "o-9:assembled:1" })
    await later(20)
    expect(adapter.logs).toEqual([
      { message: "WARNING: the limit of the day of SMS.ru is nearly used up", detail: { total_limit: 10, used_today: 9 } }
    ])
  })
})
