import type { Actor, Fulfilment, LetterDecision, OrderId, OutboxMessage, OutboxStore, PendingNews, PullStore } from "@aptekit/core"
import { Effect } from "effect"
import { randomUUID } from "node:crypto"
import type { Driver } from "./driver.ts"
import type { OutboxRow } from "./ops/outbox.ts"
import { eventChange } from "./runs/run.ts"

/** Work of the driver as an Effect. */
export type Ask = <A>(work: () => A | Promise<A>) => ReturnType<OutboxStore["settle"]> extends Effect.Effect<unknown, infer E>
  ? Effect.Effect<A, E>
  : never

const claimed = (row: OutboxRow): OutboxMessage => ({
  id: row.id,
  seq: row.seq,
  lane: row.lane,
  method: row.method,
  orderId: row.order_id as OutboxMessage["orderId"],
  payload: JSON.parse(row.payload) as OutboxMessage["payload"],
  // The row as it was read, before its lease: both have grown by one since.
  attempts: row.attempts + 1,
  token: row.token + 1,
  uncertain: row.state === "sending" || row.state === "unknown",
  lastError: row.last_error,
  orderVersion: row.order_version,
  partnerRef: row.partner_ref,
  state: "claimed",
  createdAt: row.created_at,
  history: JSON.parse(row.history ?? "[]") as OutboxMessage["history"]
})

const heldBy = (messages: ReadonlyArray<OutboxMessage>) => messages.map(({ id, token }) => ({ id, token }))

const listed = (row: OutboxRow): OutboxMessage => ({
  ...claimed(row),
  attempts: row.attempts,
  token: row.token,
  state: row.state as OutboxMessage["state"]
})

export const outboxStore = (driver: Driver, ask: Ask): OutboxStore => ({
  claim: (lane, at, leaseUntil, limit, quota = null) =>
    Effect.map(ask(() => driver.write("claimOutbox", { lane, now: at, leaseUntil, limit, quota })), (rows) => rows.map(claimed)),
  sending: (messages, at) => ask(() => driver.write("markSending", [heldBy(messages), at])),
  renew: (messages, until) => ask(() => driver.write("renewOutbox", [heldBy(messages), until])),
  settle: (outcomes) => Effect.asVoid(ask(() => driver.write("settleOutbox", outcomes))),
  nextDue: (lane) => ask(() => driver.read("outboxNextDue", lane)),
  list: (state, limit, { lane = null, after = 0 }: { lane?: string | null | undefined; after?: number | undefined } = {}) =>
    Effect.map(ask(() => driver.list("listOutbox", { state, limit, lane, after })), (rows) => rows.map(listed)),
  depths: ask(() => driver.list("outboxDepths", undefined))
})

export interface PullOptions {
  readonly origin: string
  readonly now: () => number
  /** Boards and listeners hear of the event. */
  readonly announce: () => void
}

export const pullStore = (driver: Driver, ask: Ask, { origin, now, announce }: PullOptions): PullStore => {
  const eventOf = (type: "quarantined" | LetterDecision, actor: Actor, data: unknown, order: OrderId | null) => {
    const event = eventChange(`outbox.${type}/${randomUUID()}`, origin, now(), `outbox.${type}`, actor, data)
    return { ...event, events: event.events.map((row) => row.with(2, order)) }
  }
  return {
    pending: (lane, limit) => ask(() => driver.list("pendingNews", [lane, limit]) as Promise<ReadonlyArray<PendingNews>>),
    told: (lane, orders) =>
      ask(async () =>
        (await driver.read("toldParts", [lane, orders])).map((row) => ({
          orderId: row.order_id as OrderId,
          part: JSON.parse(row.data) as Fulfilment
        }))
      ),
    offered: (lane, offers) =>
      Effect.asVoid(ask(() =>
        driver.write("offerNews", [
          lane,
          offers.map(({ orderId, version, parts }) => ({
            order: orderId,
            version,
            // What the branch and the operators write to each other is no partner's affair.
            parts: parts.map((part) => [part.id, JSON.stringify({ ...part, note: null })] as const)
          }))
        ])
      )),
    confirm: (lane, confirmations) =>
      Effect.asVoid(ask(() =>
        driver.write("confirmNews", [
          lane,
          confirmations.map(({ orderId, version, gone }) => ({ order: orderId, version, gone })),
          now()
        ])
      )),
    quarantine: (lane, order, reason, actor) =>
      ask(async () => {
        const event = eventOf("quarantined", actor, { lane }, order)
        const done = await driver.write("quarantineNews", { lane, order, reason, event })
        if (done) announce()
        return done
      }),
    letter: (id) =>
      ask(async () => {
        const [row] = await driver.list("outboxByIds", [id])
        return row === undefined ? null : listed(row)
      }),
    decide: (id, decision, actor, note, { payload, inDoubt = false } = {}) =>
      ask(async () => {
        const [known] = await driver.list("outboxByIds", [id])
        if (known === undefined) return null
        const event = eventOf(decision, actor, { lane: known.lane, message: id, reason: note }, known.order_id as OrderId | null)
        const row = await driver.write("decideLetter", {
          id,
          decision,
          by: actor.id,
          note,
          at: now(),
          payload: payload === undefined ? null : JSON.stringify(payload),
          again: inDoubt && known.order_version === null ? "unknown" : "waiting",
          event
        })
        if (row !== null) announce()
        return row === null ? null : listed(row)
      })
  }
}
