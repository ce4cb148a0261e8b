import { DateTime } from "effect"
import type { Instant } from "../kernel/time.ts"
import type { Policy } from "../network/policy.ts"
import type { LimitedCounter } from "../store/messages.ts"
import type { Step } from "./route.ts"

/** A limit that a message came up against. */
export interface FullLimit {
  readonly of: "address" | "gateway"
  readonly step: Step
  readonly limit: number
}

/** The calendar day of an instant in a zone: `2026-11-28`. */
export const dayIn = (zone: string, at: Instant): string => {
  const { year, month, day } = DateTime.toParts(DateTime.setZone(DateTime.makeUnsafe(at), DateTime.zoneMakeNamedUnsafe(zone)))
  return [String(year).padStart(4, "0"), String(month).padStart(2, "0"), String(day).padStart(2, "0")].join("-")
}

export interface Counted {
  readonly of: FullLimit["of"]
  readonly counter: LimitedCounter
}

/** What counts a message on its way by a step. A push message costs nothing and has no number. */
export const countersOf = (
  step: Step,
  address: string | null,
  { dailyPerAddress, dailyPerGateway }: Pick<Policy, "dailyPerAddress" | "dailyPerGateway">,
  days: { readonly branch: string; readonly network: string }
): ReadonlyArray<Counted> => {
  const gateway = dailyPerGateway[step.connection]
  return [
    ...(dailyPerAddress === null || address === null || address === ""
      ? []
      : [{ of: "address", counter: { counter: `to ${address}`, day: days.branch, limit: dailyPerAddress } } as const]),
    ...(gateway === undefined
      ? []
      : [{ of: "gateway", counter: { counter: `by ${step.connection}`, day: days.network, limit: gateway } } as const])
  ]
}

/** For the message's record. */
export const limitReached = ({ of, limit, step }: FullLimit): string =>
  of === "address"
    ? `the limit of ${limit} messages a day to one address is reached`
    : `the limit of ${limit} messages a day through ${step.connection} is reached`

/** Does a limit that is reached stand against a step? One address is that of a whole kind. */
export const isBarred = (full: FullLimit | undefined, { kind, connection }: Step): boolean =>
  full !== undefined && (full.of === "address" ? full.step.kind === kind : full.step.connection === connection)
