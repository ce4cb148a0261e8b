/**
 * Conformance of adapters to their ports, as data: a list of cases per port, run by any test runner.
 *
 * ```ts
 * runPortSuite(messagesSuite, () => {
 *   const simulator = messageGatewaySimulator()
 *   return { adapter: myMessages(simulator), simulator, texts: () => simulator.ledger.map((m) => m.text) }
 * }, { test, capabilities: myMessages.capabilities })
 * ```
 * @module
 */
import { Effect, Fiber, Result } from "effect"
import { TestClock } from "effect/testing"
import { type AdapterInstance, buildAdapters } from "../adapter/adapter.ts"
import type { AdapterError, FaultOutcome } from "../adapter/errors.ts"
import type { InboundHub } from "../adapter/inward.ts"
import type { Capabilities, Port, PortService, PortSpec } from "../adapter/port.ts"
import { requirePort } from "../adapter/registry.ts"
import { type FaultControls, GARBAGE } from "./simulator.ts"

/** What a test gives of its adapter. Made anew for each case, so that no case sees another's traces. */
export interface PortHarness {
  readonly adapter: AdapterInstance
  /** The faultsOf of the partner's simulator. Without them the cases on faults must be skipped by name. */
  readonly simulator?: FaultControls
  /** Passwords and tokens of the configuration: none may appear in an error. */
  readonly secrets?: ReadonlyArray<string>
  /** Ends what the harness has opened; the case calls it when it is over. */
  readonly close?: () => Promise<void>
}

/** One promise of a port. `run` rejects with what was broken. */
export interface PortCase<H extends PortHarness> {
  readonly name: string
  /** The case is about partners that can do this (true) or cannot (false); with the others it does not apply. */
  readonly needs?: Capabilities
  readonly run: (harness: H) => Promise<void>
}

/** The cases that every partner of a kind must pass, as data. */
export interface PortSuite<H extends PortHarness> {
  readonly port: string
  /** What partners can or cannot do here, where no port says it: the adapter declares each, true or false. */
  readonly capabilities?: ReadonlyArray<string>
  readonly cases: ReadonlyArray<PortCase<H>>
}

/** What a test runner must offer; `test` of vitest and of `node:test` does. */
export interface TestFunction {
  (name: string, run: () => Promise<void>): unknown
  readonly skip: (name: string, run: () => Promise<void>) => unknown
}

/** With what test runner, and which cases do not apply. */
export interface SuiteOptions {
  readonly test: TestFunction
  /** Cases that do not apply, by their exact name, with the reason. */
  readonly skip?: Readonly<Record<string, string>>
  /** Told before the names of the cases. */
  readonly title?: string
  /**
   * What the adapter declares: cases that need what it does not have are skipped, each by its name. The instances are
   * held to it, so no case can be hidden by saying less here.
   */
  readonly capabilities?: Capabilities
}

/** The first need of a case that these capabilities do not meet, in words. */
export const unmet = (needs: Capabilities | undefined, has: Capabilities): string | undefined => {
  const name = Object.keys(needs ?? {}).find((key) => (has[key] ?? false) !== needs?.[key])
  if (name === undefined) return undefined
  return `the adapter ${has[name] === true ? "has" : "does not have"} the capability ${name}`
}

const sameCapabilities = (said: Capabilities, has: Capabilities): void => {
  const differs = Object.keys({ ...said, ...has }).find((name) => said[name] !== has[name])
  ensure(
    differs === undefined,
    `the suite was told ${differs}: ${said[differs!]}, the adapter declares ${has[differs!]}; give it the adapter's capabilities`
  )
}

/** @throws Error where the adapter does not say what it can do of what the suite asks about */
export const checkSaid = <H extends PortHarness>(suite: PortSuite<H>, { name, capabilities }: AdapterInstance): void => {
  const unsaid = (suite.capabilities ?? []).filter((one) => capabilities[one] === undefined)
  ensure(
    unsaid.length === 0,
    `suite ${suite.port}: the capabilities of ${name} do not say ${unsaid.join(", ")}; declare each as true or false`
  )
}

/** @throws Error on a skip without a reason or of no case */
export const checkSkips = <H extends PortHarness>(suite: PortSuite<H>, skip: Readonly<Record<string, string>>): void => {
  for (const [name, reason] of Object.entries(skip)) {
    if (!suite.cases.some((known) => known.name === name)) {
      const names = suite.cases.map((known) => known.name).join(" | ")
      throw new Error(`port suite ${suite.port}: no case "${name}" to skip; its cases: ${names}`)
    }
    if (reason.trim() === "") throw new Error(`port suite ${suite.port}: say why "${name}" is skipped`)
  }
}

/** Runs the cases of a port against an adapter. @throws Error on a skip without a reason or of no case */
export const runPortSuite = <H extends PortHarness>(
  suite: PortSuite<H>,
  harness: () => H | Promise<H>,
  { test, skip = {}, title, capabilities }: SuiteOptions
): void => {
  checkSkips(suite, skip)
  for (const { name, needs, run } of suite.cases) {
    const reason = skip[name] ?? (capabilities === undefined ? undefined : unmet(needs, capabilities))
    const start = async (): Promise<void> => {
      const made = await harness()
      checkSaid(suite, made.adapter)
      if (capabilities !== undefined) sameCapabilities(capabilities, made.adapter.capabilities)
      const missing = unmet(needs, made.adapter.capabilities)
      ensure(missing === undefined, `${missing}: give the suite its capabilities, and the case is skipped`)
      return run(made)
    }
    const told = `${title === undefined ? "" : `${title}, `}${suite.port}: ${name}`
    if (reason === undefined) test(told, start)
    else test.skip(`${told} (skipped: ${reason})`, start)
  }
}

/** An adapter under test talks to its partner, not to a hub. */
export const noHub = (connection: string): InboundHub => {
  const refuse = (): never => {
    throw new Error("port suite: an adapter of this port may not use the inward face")
  }
  return {
    catalogue: {
      links: refuse,
      upsert: refuse,
      byIds: refuse,
      descriptions: refuse,
      groups: { all: refuse, links: refuse, put: refuse },
      slot: refuse
    },
    network: { branches: refuse, saveBranch: refuse, slot: refuse, links: refuse, link: refuse },
    sharing: refuse,
    lease: refuse,
    stock: { openRun: refuse, levelAt: refuse, putSeries: refuse },
    orders: {
      pull: refuse,
      waiting: refuse,
      confirm: refuse,
      quarantine: refuse,
      byNumbers: refuse,
      facts: refuse,
      needsAction: refuse,
      resolved: refuse,
      onNews: refuse
    },
    sales: { record: refuse },
    // What a gateway tells by the way; the cases on reports listen themselves.
    messages: { report: async () => undefined },
    inbox: { once: refuse },
    files: { directory: `.aptekit/${connection}` },
    record: () => undefined,
  log: () => undefined
  }
}

/** Breaks a case, saying what promise was broken. */
export function ensure(truth: boolean, otherwise: string): asserts truth {
  if (!truth) throw new Error(otherwise)
}

/** A promise of a port, put to the test. */
export type PortCheck<M extends PortSpec, H> = (
  partner: PortService<M>,
  harness: H
) => Effect.Effect<void, AdapterError>

/** A case that builds the adapter as a hub would, and calls it through its port. */
export const portCase = <M extends PortSpec, H extends PortHarness>(
  port: Port<string, M>,
  name: string,
  check: PortCheck<M, H>,
  needs?: Capabilities
): PortCase<H> => ({
  name,
  ...(needs === undefined ? {} : { needs }),
  run: (harness) =>
    Effect.gen(function*() {
      const all = yield* buildAdapters([harness.adapter], noHub)
      yield* check(yield* requirePort({ all }, port), harness)
    }).pipe(Effect.scoped, Effect.ensuring(Effect.promise(async () => harness.close?.())), Effect.runPromise)
})

/** The simulator of a harness; a case without it fails, so that no case is left out unseen. */
export const faultsOf = (harness: PortHarness): FaultControls => {
  ensure(
    harness.simulator !== undefined,
    "this case needs the partner's simulator: give the harness `simulator`, or skip the case by its name with a reason"
  )
  return harness.simulator
}

/** What must be true of every failed call: how it ended, and that its error betrays nobody. */
export const mustFail = (
  ended: Result.Result<unknown, AdapterError>,
  allowed: ReadonlyArray<FaultOutcome>,
  harness: PortHarness,
  personal: ReadonlyArray<string>
): void => {
  const expected = allowed.join(" or ")
  ensure(Result.isFailure(ended), `the call ended as done; it must end as ${expected}`)
  const { failure } = ended
  const shown = `${failure.message} ${JSON.stringify(failure)} ${failure.stack ?? ""}`
  const betrayed = [...personal, ...(harness.secrets ?? [])].some((text) => shown.includes(text))
  // Without the message: it holds what it must not.
  ensure(!betrayed, "the error holds a secret or a person's data")
  const { outcome, message } = failure
  ensure(allowed.includes(outcome), `the call ended as ${outcome} (${message}); it must end as ${expected}`)
}

/** The call that the fault cases make. */
export interface FaultSubject<M extends PortSpec, H> {
  readonly port: Port<string, M>
  readonly call: (partner: PortService<M>, harness: H) => Effect.Effect<unknown, AdapterError>
  /** What of the call no error may hold. */
  readonly personal: (harness: H) => ReadonlyArray<string>
}

/** Longer than any port waits, and as long as a lane's lease: later than that another worker has the message. */
const IN_TIME = "1 minute"

/** The faults that a partner of any port can have. */
export const faultCases = <M extends PortSpec, H extends PortHarness>(
  subject: FaultSubject<M, H>
): ReadonlyArray<PortCase<H>> => {
  const { port, call, personal } = subject
  const fails = (partner: PortService<M>, harness: H, ...allowed: ReadonlyArray<FaultOutcome>) =>
    Effect.map(Effect.result(call(partner, harness)), (ended) => mustFail(ended, allowed, harness, personal(harness)))
  return [
    portCase(port, "a partner that is down ends as unavailable, and works again when it is back", (
      partner,
      harness: H
    ) =>
      Effect.gen(function*() {
        faultsOf(harness).fault("down")
        yield* fails(partner, harness, "unavailable")
        faultsOf(harness).mend()
        yield* call(partner, harness)
      })),
    portCase(port, "a partner that refuses ends as rejected", (partner, harness: H) =>
      Effect.suspend(() => {
        faultsOf(harness).fault("refuses")
        return fails(partner, harness, "rejected")
      })),
    portCase(port, "a partner that hangs ends as unknown, in time", (partner, harness: H) =>
      Effect.gen(function*() {
        const simulator = faultsOf(harness)
        simulator.fault("slow")
        const fiber = yield* Effect.forkChild(Effect.result(call(partner, harness)))
        yield* Effect.raceFirst(Effect.promise(() => simulator.arrived(1)), Fiber.await(fiber))
        yield* TestClock.adjust(IN_TIME)
        mustFail(yield* Fiber.join(fiber), ["unknown"], harness, personal(harness))
      }).pipe(Effect.provide(TestClock.layer()))),
    portCase(port, "a partner that is slow, yet answers in time, ends as done", (partner, harness: H) =>
      Effect.gen(function*() {
        const simulator = faultsOf(harness)
        simulator.fault("slow")
        const fiber = yield* Effect.forkChild(call(partner, harness))
        yield* Effect.raceFirst(Effect.promise(() => simulator.arrived(1)), Fiber.await(fiber))
        simulator.mend()
        yield* Fiber.join(fiber)
      })),
    portCase(port, "garbled answers end as unknown", (partner, harness: H) =>
      Effect.gen(function*() {
        faultsOf(harness).fault("garbled")
        for (const _ of GARBAGE) yield* fails(partner, harness, "unknown")
      }))
  ]
}
