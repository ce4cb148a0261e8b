import {
  AdapterError, type AdapterInstance, buildAdapters, type Capabilities, createHub, defineAdapter, definePort,
  type InboundHub, isNewState, MessageState, requirePort, Schema
} from "@aptekit/core"
import { memoryStorage } from "@aptekit/core/testing"
import { Effect } from "effect"
import { describe, expect, test } from "vitest"

const Text = Schema.Struct({ text: Schema.String })
const paperPort = definePort("paper", {
  print: { input: Text, output: Text, repeat: "never" },
  copy: { input: Text, output: Text, repeat: "safe", capability: "copying" }
}, ["copying"])

const paper = (capabilities: Capabilities | undefined, withCopy: boolean): AdapterInstance<"paper"> => {
  const same = ({ text }: { readonly text: string }) => ({ text })
  return defineAdapter({
    name: "paper",
    config: Schema.Struct({}),
    ports: { paper: paperPort },
    ...(capabilities === undefined ? {} : { capabilities }),
    setup: () => ({ paper: withCopy ? { print: same, copy: same } : { print: same } })
  })({})
}

const copy = (adapter: AdapterInstance) =>
  Effect.gen(function*() {
    const all = yield* buildAdapters([adapter], () => ({}) as InboundHub)
    return yield* (yield* requirePort({ all }, paperPort)).copy({ text: "a" })
  }).pipe(Effect.scoped, Effect.flip, Effect.runPromise)

describe("SDK-2: what an adapter can do is data", () => {
  test("the instance says it before anything is built, and so does its factory", () => {
    expect(paper({ copying: false }, false).capabilities).toEqual({ copying: false })
    const make = defineAdapter({ name: "x", config: Schema.Struct({}), ports: {}, capabilities: { a: true }, setup: () => ({}) })
    expect(make.capabilities).toEqual({ a: true })
    expect(make({}).capabilities).toEqual({ a: true })
  })

  test.each([true, false])("what it cannot do ends as rejected, unsupported, also where the method is there: %s", async (there) => {
    expect(await copy(paper({ copying: false }, there))).toMatchObject({
      outcome: "rejected",
      reason: "unsupported",
      message: "[paper] [paper] unsupported: it does not have the capability copying"
    })
  })

  test("what it says it can do must be there", async () => {
    expect(await copy(paper({ copying: true }, false))).toMatchObject({ reason: "config", message: /paper\.copy/u })
  })

  test.each([undefined, {}, { copy: true }])("a capability of the port left unsaid stops the start: %s", async (said) => {
    const hub = createHub({ storage: memoryStorage(), jobs: false, adapters: [paper(said, true)] })
    const error: unknown = await hub.catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(AdapterError)
    expect((error as AdapterError).message).toContain("its capabilities do not say paper: copying; declare each")
  })
})

describe("SMS-1: reports come doubled, late and in any order", () => {
  const states = MessageState.literals

  test.each(states)("%s is news once", (state) => {
    expect(isNewState(state, state)).toBe(false)
    expect(isNewState(null, state)).toBe(state !== "unknown")
  })

  test("in whatever order they come, a message ends the same, and never goes back", () => {
    const orders = (left: ReadonlyArray<MessageState>): ReadonlyArray<ReadonlyArray<MessageState>> =>
      left.length === 0 ? [[]] : left.flatMap((first, i) => orders(left.toSpliced(i, 1)).map((rest) => [first, ...rest]))
    for (const order of orders(["accepted", "sent", "unknown", "undelivered", "delivered", "sent"])) {
      const last = order.reduce<MessageState | null>((known, said) => (isNewState(known, said) ? said : known), null)
      expect(last).toBe("delivered")
    }
  })

  test.each(["undelivered", "expired", "rejected"] as const)("%s is an end: what is earlier does not undo it", (end) => {
    expect(isNewState(end, "sent")).toBe(false)
    expect(isNewState(end, "accepted")).toBe(false)
    expect(isNewState(end, "unknown")).toBe(false)
    expect(isNewState(end, "delivered")).toBe(true)
    expect(isNewState("delivered", end)).toBe(false)
  })
})
