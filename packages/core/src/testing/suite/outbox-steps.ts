import { Effect } from "effect"
import type { OutboxMessage, OutboxOutcome } from "../../exchange/outbox.ts"
import { OrderId } from "../../kernel/ids.ts"
import { Storage } from "../../store/ports.ts"
import { testUuid, TEST_NOW } from "../builders.ts"
import { commitFacts } from "./case.ts"

/** Milliseconds that a claim is held for. */
export const LEASE = 60_000

interface Draft {
  readonly id: string
  /** The order it is about; left out: none. */
  readonly order?: number
  readonly lane?: string
  readonly at?: number
}

/** Messages as one commit writes them. */
export const write = (...drafts: ReadonlyArray<Draft>) =>
  commitFacts({
    outbox: drafts.map(({ id, order, lane, at }) => ({
      id,
      lane: lane ?? "sms",
      method: "messages.send",
      orderId: order === undefined ? null : OrderId.make(testUuid(order)),
      payload: { notice: "reserved", text: "Заказ ё", nested: { n: [1, null] } },
      availableAt: at ?? TEST_NOW
    }))
  })

export const claim = (now: number, limit = 10, lane = "sms") =>
  Effect.flatMap(Storage, ({ outbox }) => outbox.claim(lane, now, now + LEASE, limit))

export const settle = (
  message: OutboxMessage | undefined,
  state: OutboxOutcome["state"],
  at: number,
  over: Partial<OutboxOutcome> = {}
) =>
  Effect.flatMap(Storage, ({ outbox }) =>
    outbox.settle([{
      id: message?.id ?? "nobody",
      token: message?.token ?? 0,
      at,
      state,
      availableAt: state === "retry" || state === "unknown" ? at : null,
      error: null,
      partnerRef: null,
      ...over
    }]))

export const idsOf = (messages: ReadonlyArray<OutboxMessage>) => messages.map((message) => message.id)
