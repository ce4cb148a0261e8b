import { Effect, Schema } from "effect"
import type { AdapterError } from "../adapter/errors.ts"
import type { PortService } from "../adapter/port.ts"
import { type AdapterMap, requirePort } from "../adapter/registry.ts"
import type { Delivered, Detour, Hindrance, LaneContext, LaneMethod } from "../exchange/lanes.ts"
import type { OutboxMessage } from "../exchange/outbox.ts"
import type { Policy } from "../network/policy.ts"
import type { NetworkView } from "../network/service.ts"
import type { BranchId } from "../kernel/ids.ts"
import type { Order } from "../order/model.ts"
import { type AboutBuyer, type BuyerFacts, buyerFactsOf, counted, NOTHING_KNOWN, unreachable, type Wish } from "./buyers.ts"
import { addressOf, type Gateway, gatewaysOf } from "./gateways.ts"
import { countersOf, dayIn, isBarred, limitReached } from "./limits.ts"
import { type MessageKind, messagesPort } from "./ports.ts"
import { pushEach, pushFound } from "./push.ts"
import { detourOf, openSteps, payloadAt, type Step, stepName, stepsOf, type MessageWay, wayOf } from "./route.ts"
import { afterQuiet, keptUntil, lateReason, type Notice } from "./rules.ts"

type Messages = PortService<typeof messagesPort.methods>

/** What a date can hold. */
const LATEST = 8.64e15

const noticeOf = (message: OutboxMessage): Notice => message.payload["notice"] as Notice
const branchOf = (message: OutboxMessage): BranchId | null => message.payload["branchId"] as BranchId | null

const gateway = (message: OutboxMessage, { registry }: LaneContext): Effect.Effect<Messages, AdapterError> =>
  requirePort(registry, messagesPort, message.lane)

const endOf = ({ payload }: OutboxMessage, order: Order): number | null =>
  keptUntil(order, payload["branchId"] as string | null, payload["expiresAt"] as number | null)

const policyOf = (message: OutboxMessage, order: Order, view: NetworkView): Policy => view.policy(order.channelId, branchOf(message))

const textsOf = (message: OutboxMessage, order: Order, { view }: LaneContext) => {
  const branchId = branchOf(message)
  const branch = view.branches.find((candidate) => candidate.id === branchId)
  return { notice: noticeOf(message), order, branch, expiresAt: endOf(message, order) }
}

const factsOf = ({ prepared }: LaneContext): BuyerFacts => (prepared as BuyerFacts | undefined) ?? NOTHING_KNOWN

/** Where a message can go at this moment, in turn. */
const waysOut = (message: OutboxMessage, order: Order, context: LaneContext, gateways: ReadonlyArray<Gateway>): ReadonlyArray<Step> => {
  const facts = factsOf(context)
  const full = facts.full.get(message.id)
  return reachable(message, order, context.view, facts, gateways).filter((step) => !isBarred(full, step))
}

const reachable = (
  message: OutboxMessage,
  order: Order,
  view: NetworkView,
  facts: BuyerFacts,
  gateways: ReadonlyArray<Gateway>
): ReadonlyArray<Step> => {
  const reach = (kind: MessageKind) => (unreachable(kind, order, facts) === null ? addressOf(order.customer, kind) : null)
  return stepsOf(wayOf(message).kinds, reach, policyOf(message, order, view), gateways)
}

/** Why nobody can be told, each reason once. */
const nobody = (message: OutboxMessage, order: Order, facts: BuyerFacts): string => {
  const full = facts.full.get(message.id)
  const reasons = wayOf(message).kinds.map((kind) =>
    unreachable(kind, order, facts) ?? (full?.step.kind === kind ? limitReached(full) : `no gateway for ${kind} takes it`))
  return [...new Set(reasons)].join("; ")
}

/** On what a message counts that is about to go from its lane. */
const wishOf = (
  { message, order }: AboutBuyer,
  { view, now }: Pick<LaneContext, "view" | "now">,
  facts: BuyerFacts,
  gateways: ReadonlyArray<Gateway>
): ReadonlyArray<Wish> => {
  const step = chosen(message, wayOf(message), reachable(message, order, view, facts, gateways))
  // What may have gone before was counted then; what goes elsewhere is counted there.
  if (message.uncertain || step === undefined || step.connection !== message.lane) return []
  const days = { branch: dayIn(view.zone(branchOf(message)), now), network: dayIn(view.zone(null), now) }
  const counters = countersOf(step, addressOf(order.customer, step.kind), policyOf(message, order, view), days)
  return [{ id: message.id, step, counters }]
}

/** By which kind and through whom it goes now: as it stands if that can be, else the next that can. */
const chosen = (message: OutboxMessage, way: MessageWay, steps: ReadonlyArray<Step>): Step | undefined => {
  const open = openSteps(way, steps)
  const here = stepName({ kind: way.kind, connection: message.lane })
  return open.find((step) => stepName(step) === here) ?? open.find((step) => !way.passed.includes(stepName(step))) ?? open[0]
}

/** What buyers are told, by kind and gateway (SMS-1, SMS-2). Names and addresses are read from the order. */
export const messagesSend = (named: ReadonlyArray<string> | null, registered: AdapterMap): LaneMethod => {
  const gateways = gatewaysOf(registered, named)

  const send = (message: OutboxMessage, order: Order, context: LaneContext, { kind, connection }: Step) =>
    Effect.gen(function*() {
      const service = yield* gateway(message, context)
      const { senderNames } = policyOf(message, order, context.view)
      const named = context.registry.all.get(connection)?.capabilities["senderNames"] === true
      const sender = named && kind === "sms" ? senderNames[connection] : undefined
      const texts = textsOf(message, order, context)
      const content = {
        id: message.id,
        text: context.view.texts.render(texts),
        language: order.customer.language,
        kind,
        ...(kind === "sms" ? {} : { subject: context.view.texts.subject(texts) }),
        ...(sender === undefined ? {} : { sender })
      }
      return kind === "push"
        ? yield* pushEach(service, content, factsOf(context).subscriptions(order), factsOf(context).forget)
        : yield* service.send({ ...content, to: addressOf(order.customer, kind)! })
    })

  const deliver = (message: OutboxMessage, context: LaneContext): Effect.Effect<Delivered, AdapterError> =>
    Effect.gen(function*() {
      const order = context.order!
      const way = wayOf(message)
      const step = chosen(message, way, waysOut(message, order, context, gateways))
      const full = factsOf(context).full.get(message.id)
      if (step === undefined) return { state: "dropped", error: nobody(message, order, factsOf(context)) }
      if (full !== undefined) {
        const barred = full.of === "address" ? full.step.kind : stepName(full.step)
        const payload = payloadAt(message, { closed: [...way.closed, barred] }, step)
        return { state: "moved", detour: { lane: step.connection, payload, why: limitReached(full) } }
      }
      if (step.connection !== message.lane) {
        const why = unreachable(way.kind, order, factsOf(context)) ?? `not through ${message.lane}`
        return { state: "moved", detour: { lane: step.connection, payload: payloadAt(message, {}, step), why } }
      }
      const payload = payloadAt(message, {}, step)
      const sent = yield* send(message, order, context, step)
      return { state: "done", partnerRef: sent.providerId, ...(step.kind === way.kind ? {} : { payload }) }
    })

  const find = (message: OutboxMessage, context: LaneContext): Effect.Effect<string | null, AdapterError> =>
    Effect.gen(function*() {
      const { order } = context
      const { kind } = wayOf(message)
      if (order === null) return null
      const service = yield* gateway(message, context)
      if (kind === "push") return yield* pushFound(service, message.id, factsOf(context).subscriptions(order))
      const to = addressOf(order.customer, kind)
      return to === null ? null : (yield* service.find({ id: message.id, to })).providerId
    })

  const detour = (message: OutboxMessage, context: LaneContext, hindrance: Hindrance): Detour | null => {
    const { order, view, resting } = context
    if (order === null) return null
    const steps = waysOut(message, order, context, gateways)
    return detourOf(hindrance, { message, steps, resting, tries: policyOf(message, order, view).failOverTries })
  }

  return {
    name: "messages.send",
    lanes: ({ registry }) =>
      [...registry.all.values()].filter(({ ports }) => ports.has(messagesPort.name)).map(({ id }) => id),
    // A later notice is worth more than a person's look at an old one.
    doubt: "dropped",
    // What may have arrived is sent again where our id makes that safe, and looked up where the gateway can be asked.
    repeat: ({ lane }, { registry }) => {
      const { idempotentSend = false, lookUp = false } = registry.all.get(lane)?.capabilities ?? {}
      return idempotentSend ? "safe" : lookUp ? "ask" : "never"
    },
    deadline: (message, order, now) => order === null ? null : lateReason(noticeOf(message), order, endOf(message, order), now),
    // What was put off in the evening, came back with a gateway or is replayed must not ring at night either.
    notBefore: (message, { order, view, now }) =>
      order === null ? null : afterQuiet(noticeOf(message), branchOf(message), {
        policy: (branch) => view.policy(order.channelId, branch), zone: (branch) => view.zone(branch), now
      }),
    prepare: (batch, context) =>
      Effect.gen(function*() {
        const known = batch.flatMap(({ message, order }) => (order === null ? [] : [{ message, order }]))
        const facts = yield* buyerFactsOf(context.storage, known)
        if (!context.forCall) return facts
        return yield* counted(context.storage, facts, known.flatMap((one) => wishOf(one, context, facts, gateways)))
      }),
    undo: ({ id }, context) => factsOf(context).uncount(id),
    find,
    deliver,
    hasDetours: (lane) => gateways.some(({ connection }) => connection !== lane),
    detour,
    mendable: (view) =>
      Schema.Struct({
        /** The branch that the text names. */
        branchId: Schema.optionalKey(Schema.NullOr(Schema.String.check(Schema.makeFilter((id: string) =>
          view.branch(id as BranchId) !== undefined || "the id of a branch"
        )))),
        /** Until when it is kept, in ms since 1970. */
        expiresAt: Schema.optionalKey(Schema.NullOr(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: LATEST }))))
      })
  }
}
