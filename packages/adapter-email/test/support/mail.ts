import { buildAdapters, type InboundHub, messagesPort, requirePort } from "@aptekit/core"
import { Effect, Exit, Result, Scope } from "effect"
import { emailMessages } from "../../src/index.ts"

type Message = typeof messagesPort.methods.send.input.Type

export const message = (over: Partial<Message> = {}): Message => ({
  id: "o-1:assembled:3",
  to: "aigerim@example.test",
  text: "Заказ 1042 собран: Аптека №1, ул. Абая 10",
  language: "ru",
  kind: "email",
  ...over
})

/** A built adapter; to be used with `await using`. */
export const started = async (config: Parameters<typeof emailMessages>[0]) => {
  const adapter = emailMessages(config, { id: "mail" })
  const scope = Effect.runSync(Scope.make())
  const all = await Effect.runPromise(Scope.provide(buildAdapters([adapter], () => ({}) as InboundHub), scope))
  const port = await Effect.runPromise(requirePort({ all }, messagesPort))
  return {
    send: (over: Partial<Message> = {}) => Effect.runPromise(port.send(message(over))),
    /** How sending fails. */
    fails: async (over: Partial<Message> = {}) => {
      const ended = await Effect.runPromise(Effect.result(port.send(message(over))))
      if (Result.isSuccess(ended)) throw new Error("it did not fail")
      return ended.failure
    },
    [Symbol.asyncDispose]: () => Effect.runPromise(Scope.close(scope, Exit.void))
  }
}
