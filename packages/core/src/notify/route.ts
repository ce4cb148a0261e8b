import type { AdapterError } from "../adapter/errors.ts"
import type { Detour, Hindrance } from "../exchange/lanes.ts"
import type { OutboxMessage } from "../exchange/outbox.ts"
import type { Policy } from "../network/policy.ts"
import type { Gateway } from "./gateways.ts"
import type { MessageKind } from "./ports.ts"
import type { Notice } from "./rules.ts"

/** A kind of message through a connection. */
export interface Step {
  readonly kind: MessageKind
  readonly connection: string
}

/** Where a message is on its way, as its payload says it. */
export interface MessageWay {
  /** By which kinds it may go, in turn. */
  readonly kinds: ReadonlyArray<MessageKind>
  /** By which it goes now. */
  readonly kind: MessageKind
  /** Steps that it has left: it may come back to them when it has been everywhere. */
  readonly passed: ReadonlyArray<string>
  /** Kinds and steps that refused it: it does not come back. */
  readonly closed: ReadonlyArray<string>
  /** Its tries before it came to where it is. */
  readonly since: number
}

export const stepName = ({ kind, connection }: Step): string => `${kind}/${connection}`

/** A message that was written before there were several kinds goes by SMS. */
export const wayOf = ({ payload, attempts }: Pick<OutboxMessage, "payload" | "attempts">): MessageWay => {
  const { kinds = ["sms"], kind, passed = [], closed = [], since = 0 } = payload as Partial<MessageWay>
  // A person's replay begins to count anew.
  return { kinds, kind: kind ?? kinds[0]!, passed, closed, since: since >= attempts ? 0 : since }
}

/** The connections for an address, in turn: by the first rule that fits, as far as they take this kind; without one, all that do. */
export const gatewaysFor = (kind: MessageKind, address: string, policy: Policy, gateways: ReadonlyArray<Gateway>): ReadonlyArray<string> => {
  const able = gateways.filter(({ kinds }) => kinds.includes(kind)).map(({ connection }) => connection)
  const rule = policy.messageGateways.find((one) => one.kind === kind && (one.prefix === undefined || address.startsWith(one.prefix)))
  return rule === undefined ? able : rule.connections.filter((connection) => able.includes(connection))
}

/** What a kind needs to know of the buyer to choose a gateway; null: they cannot be told by it. */
export type AddressOf = (kind: MessageKind) => string | null

/** All steps by which a buyer can be told, in turn. */
export const stepsOf = (
  kinds: ReadonlyArray<MessageKind>,
  addressOf: AddressOf,
  policy: Policy,
  gateways: ReadonlyArray<Gateway>
): ReadonlyArray<Step> =>
  kinds.flatMap((kind) => {
    const address = addressOf(kind)
    return address === null ? [] : gatewaysFor(kind, address, policy, gateways).map((connection) => ({ kind, connection }))
  })

/** By which kinds a notice goes: one message for each of the lists, along its kinds until one reaches the buyer. */
export const kindsFor = (notice: Notice, policy: Policy): ReadonlyArray<ReadonlyArray<MessageKind>> => {
  const rule = policy.notifyBy.find(({ notices }) => notices === undefined || notices.includes(notice))
  if (rule === undefined) return []
  return rule.mode === "first" ? [rule.kinds] : rule.kinds.map((kind) => [kind])
}

const isClosed = ({ closed }: MessageWay, step: Step): boolean => closed.includes(step.kind) || closed.includes(stepName(step))

/** Where the message may be, of what there is. */
export const openSteps = (way: MessageWay, steps: ReadonlyArray<Step>): ReadonlyArray<Step> => steps.filter((step) => !isClosed(way, step))

/** What the payload says when the message has come to a step. */
export const payloadAt = (message: OutboxMessage, way: Partial<MessageWay>, { kind }: Step): OutboxMessage["payload"] => ({
  ...message.payload, ...way, kind, since: message.attempts
})

interface Situation {
  readonly message: OutboxMessage
  /** Reachable at this moment, in turn. */
  readonly steps: ReadonlyArray<Step>
  readonly resting: ReadonlySet<string>
  readonly tries: Policy["failOverTries"]
}

const refusal = ({ because, outcome }: AdapterError): "message" | "gateway" | null =>
  because === "gateway" ? "gateway" : outcome === "rejected" ? "message" : null

const WHY = {
  rest: "the gateway rests",
  gateway: "the gateway takes nothing",
  message: "refused by this kind",
  tries: "the gateway does not answer"
}

/**
 * Where a message goes that surely did not arrive (SMS-1); null: it stays. A gateway that rests: to the next of its kind that
 * does not, and back, after a while, when that one rests by then. One that takes nothing: to the next, be it of the next kind. One that refused the message: so would the others of its
 * kind. One that has failed as often as policy allows: to the next that does not rest, and when all have, anew from the first.
 */
export const detourOf = ({ error, last }: Hindrance, { message, steps, resting, tries }: Situation): Detour | null => {
  const way = wayOf(message)
  const here: Step = { kind: way.kind, connection: message.lane }
  const refused = error === null ? null : refusal(error)
  const closed = refused === "message" ? [...way.closed, here.kind]
    : error?.outcome === "rejected" ? [...way.closed, stepName(here)] : way.closed
  const passed = [...way.passed, stepName(here)]
  const others = openSteps({ ...way, closed }, steps).filter((step) => stepName(step) !== stepName(here))
  const fresh = others.filter((step) => !passed.includes(stepName(step)))
  const awake = (of: ReadonlyArray<Step>) => of.find(({ connection }) => !resting.has(connection))
  const to = (step: Step | undefined, why: string, round?: true): Detour | null =>
    step === undefined ? null : {
      lane: step.connection,
      payload: payloadAt(message, { passed: round === true ? [stepName(here)] : passed, closed }, step),
      why,
      ...(round === true ? { waits: true } : {})
    }
  if (error === null) {
    const alike = (of: ReadonlyArray<Step>) => of.filter(({ kind }) => kind === here.kind)
    return to(awake(alike(fresh)), WHY.rest) ?? (alike(fresh).length > 0 ? null : to(awake(alike(others)), WHY.rest, true))
  }
  if (refused !== null) return to(awake(fresh) ?? fresh[0], WHY[refused])
  if (tries === null || message.attempts - way.since < tries) return null
  return to(awake(fresh), WHY.tries) ?? (last || fresh.length > 0 ? null : to(awake(others), WHY.tries, true))
}
