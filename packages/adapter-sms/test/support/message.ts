import { type AdapterInstance, buildAdapters, type HttpEntrance, type InboundCall, type InboundHub, type MessageReport, messagesPort, requirePort } from "@aptekit/core"
import { Effect, Exit, Result, Scope } from "effect"

export const message = (over: Partial<typeof messagesPort.methods.send.input.Type> = {}) => ({
  id: "o-1:assembled:3",
  to: "+77010000042",
  text: "Заказ 1042 собран",
  language: "ru" as const,
  kind: "sms" as const,
  ...over
})

/** A built adapter over a hub that keeps what it is told; to be used with `await using`. */
export const started = async (adapter: AdapterInstance, report?: (report: MessageReport) => Promise<void>) => {
  const reports: Array<MessageReport> = []
  const logs: Array<{ readonly message: string; readonly detail: unknown }> = []
  const calls: Array<InboundCall> = []
  const hub = {
    record: (call: InboundCall) => void calls.push(call),
    messages: { report: report ?? (async (said: MessageReport) => void reports.push(said)) },
    log: (text: string, detail?: unknown) => void logs.push({ message: text, detail })
  } as unknown as InboundHub
  const scope = Effect.runSync(Scope.make())
  const all = await Effect.runPromise(Scope.provide(buildAdapters([adapter], () => hub), scope))
  const port = await Effect.runPromise(requirePort({ all }, messagesPort))
  const http: HttpEntrance = async (request) => {
    const entrance = all.get(adapter.id)?.http
    if (entrance === undefined) throw new Error("the adapter has no entrance")
    return entrance(request)
  }
  return {
    send: (over: Parameters<typeof message>[0] = {}) => Effect.runPromise(port.send(message(over))),
    /** How sending fails. */
    fails: async (over: Parameters<typeof message>[0] = {}) => {
      const ended = await Effect.runPromise(Effect.result(port.send(message(over))))
      if (Result.isSuccess(ended)) throw new Error("it did not fail")
      return ended.failure
    },
    find: (id: string, to = message().to) => Effect.runPromise(port.find({ id, to })),
    status: (providerId: string, to = message().to) => Effect.runPromise(port.status({ providerId, to })),
    balance: () => Effect.runPromise(port.balance({})),
    http,
    hasEntrance: all.get(adapter.id)?.http !== undefined,
    reports,
    logs,
    calls,
    [Symbol.asyncDispose]: () => Effect.runPromise(Scope.close(scope, Exit.void))
  }
}

/** Waits until something is true; the test's own timeout is the limit. */
export const until = async (truth: () => boolean): Promise<void> => {
  while (!truth()) await new Promise((resolve) => setTimeout(resolve, 5))
}
