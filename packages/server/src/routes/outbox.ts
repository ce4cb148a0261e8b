import { IsoInstant, Lanes, OUTBOX_LISTS, type OutboxMessage, Schema, toIso } from "@aptekit/core"
import { actorOf } from "../access.ts"
import { choicesOf, cursorOf, cursorText, idOf, limitOf, textOf } from "../http/query.ts"
import type { Operation } from "../operation.ts"
import { CURSOR, decoder, ID, json, LIMIT, page } from "./shared.ts"

const fields = {
  id: Schema.String,
  /** The connection that it goes to. */
  lane: Schema.String,
  method: Schema.String,
  orderId: Schema.NullOr(Schema.String),
  /** The order's version that the news belong to, where the partner fetches them; null where they are sent. */
  orderVersion: Schema.NullOr(Schema.Int),
  state: Schema.Literals(["waiting", "claimed", "sending", "retry", "unknown", "done", "rejected", "dropped", "dead"]),
  /** How often it was tried, or offered to a partner that fetches. */
  attempts: Schema.Int,
  uncertain: Schema.Boolean,
  lastError: Schema.NullOr(Schema.String),
  createdAt: IsoInstant
}
const OutboxView = Schema.Struct(fields).annotate({ identifier: "OutboxMessage" })

const OutboxDetails = Schema.Struct({
  ...fields,
  payload: Schema.Record(Schema.String, Schema.Unknown),
  /** The partner's id of what was made. */
  partnerRef: Schema.NullOr(Schema.String),
  /** How its tries ended and what people decided, oldest first; of many the last ones. */
  history: Schema.Array(
    Schema.Struct({
      at: IsoInstant,
      outcome: Schema.Literals(["rejected", "dropped", "dead", "retry", "unknown", "moved", "replayed", "discarded", "mended"]),
      /** The error, or the person's reason. */
      text: Schema.NullOr(Schema.String),
      /** Who decided; null for a try. */
      by: Schema.NullOr(Schema.String)
    })
  )
}).annotate({ identifier: "OutboxMessageDetails" })

const viewMessage = (message: OutboxMessage): typeof OutboxView.Encoded => {
  const { id, lane, method, orderId, orderVersion, state, attempts, uncertain, lastError, createdAt } = message
  return { id, lane, method, orderId, orderVersion, state, attempts, uncertain, lastError, createdAt: toIso(createdAt) }
}

const viewDetails = (message: OutboxMessage): typeof OutboxDetails.Encoded => ({
  ...viewMessage(message),
  payload: message.payload,
  partnerRef: message.partnerRef,
  history: message.history.map((entry) => ({ ...entry, at: toIso(entry.at) }))
})

const listOutbox: Operation = {
  id: "listOutbox",
  method: "get",
  path: "/outbox",
  tag: "exchange",
  summary: "List messages to partners that are dead, wait, were refused or dropped",
  parameters: [
    {
      in: "query",
      name: "state",
      description: "`dead`: given up, a person must look. `waiting`: to be sent, or sent again. `rejected`: the partner " +
        "refused it. `dropped`: it was of no use any more, or somebody discarded it.",
      schema: { type: "string", enum: OUTBOX_LISTS, default: "dead" }
    },
    { in: "query", name: "lane", description: "Only of this connection.", schema: { type: "string", maxLength: 100 } },
    LIMIT(200, 50),
    CURSOR
  ],
  answers: { 200: { description: "A page of messages, oldest first.", schema: page(OutboxView) } },
  problems: ["invalidInput"],
  handle: async ({ c, hub, storage }) => {
    const [state = "dead"] = choicesOf(c, "state", OUTBOX_LISTS) ?? []
    const limit = limitOf(c, 50, 200)
    const after = Number(cursorOf(c, "outbox", /^\d{1,15}$/u) ?? 0)
    const found = await hub.run(storage.outbox.list(state, limit + 1, { lane: textOf(c, "lane", 100), after }))
    const items = found.slice(0, limit)
    const next = found.length > limit ? String(items.at(-1)!.seq) : null
    return json({ items: items.map(viewMessage), next: cursorText("outbox", next) })
  }
}

const getMessage: Operation = {
  id: "getMessage",
  method: "get",
  path: "/outbox/:id",
  tag: "exchange",
  summary: "Read a message to a partner with what became of it",
  parameters: [ID("message")],
  answers: { 200: { description: "The message with its history.", schema: OutboxDetails } },
  problems: ["notFound"],
  handle: async ({ c, hub }) => json(viewDetails(await hub.outbox.get(idOf(c, "message"))))
}

const Reason = Schema.NonEmptyString.check(Schema.isMaxLength(500))
const LetterRequest = Schema.Struct({ reason: Reason }).annotate({ identifier: "MessageDecision" })
const decodeLetter = decoder(LetterRequest)

const LETTER_PROBLEMS = ["badRequest", "notFound", "refused", "tooLarge", "unsupportedMediaType", "invalidInput"] as const

const letter = (of: "replay" | "discard", summary: string, description: string): Operation => ({
  id: `${of}Message`,
  method: "post",
  path: `/outbox/:id/${of}`,
  tag: "exchange",
  summary,
  description,
  parameters: [ID("message")],
  body: { schema: LetterRequest, required: true, example: { reason: "the product has its id in 1C now" } },
  answers: { 200: { description: "The message as it is now.", schema: OutboxView } },
  problems: LETTER_PROBLEMS,
  handle: async ({ c, hub, key, body }) => {
    const { reason } = await decodeLetter(body)
    return json(viewMessage(await hub.outbox[of](idOf(c, "message"), actorOf(key), reason)))
  }
})

const replayMessage = letter(
  "replay",
  "Let a dead message go again",
  "Where the partner fetches its orders, all dead messages of the order go again, and the order is offered as it is now."
)
const discardMessage = letter(
  "discard",
  "Discard a message that is dead or waits",
  "It will never go. Where the partner fetches its orders, all dead messages of the order are discarded."
)

const MendRequest = Schema.Struct({
  payload: Schema.Record(Schema.String, Schema.Unknown),
  reason: Reason
}).annotate({ identifier: "MessageMending" })
const decodeMend = decoder(MendRequest)

const mendMessage: Operation = {
  id: "mendMessage",
  method: "post",
  path: "/outbox/:id/mend",
  tag: "exchange",
  summary: "Put a dead message right",
  description: "Sets fields of its payload that its method lets a person set. It stays dead until it is replayed.",
  parameters: [ID("message")],
  body: { schema: MendRequest, required: true, example: { payload: { branchId: "north" }, reason: "that branch is closed" } },
  answers: { 200: { description: "The message as it is now.", schema: OutboxDetails } },
  problems: LETTER_PROBLEMS,
  handle: async ({ c, hub, key, body }) => {
    const { payload, reason } = await decodeMend(body)
    return json(viewDetails(await hub.outbox.mend(idOf(c, "message"), payload, actorOf(key), reason)))
  }
}

const LaneView = Schema.Struct({
  lane: Schema.String,
  waiting: Schema.Int,
  /** Wait for a person. */
  dead: Schema.Int,
  /** When the oldest waiting message was written. */
  oldestAt: Schema.NullOr(IsoInstant),
  /** Of the hub that answers; null where it does not send in this lane. */
  breaker: Schema.NullOr(Schema.Literals(["closed", "open", "halfOpen"])),
  inFlight: Schema.Int,
  /** The partner asked this hub to be left alone until then (`Retry-After`). */
  restsUntil: Schema.NullOr(IsoInstant)
}).annotate({ identifier: "Lane" })

const listLanes: Operation = {
  id: "listLanes",
  method: "get",
  path: "/lanes",
  tag: "exchange",
  summary: "List the lanes to partners and what waits in each",
  answers: { 200: { description: "All lanes.", schema: Schema.Struct({ items: Schema.Array(LaneView) }) } },
  problems: [],
  handle: async ({ hub, storage }) => {
    const depths = new Map((await hub.run(storage.outbox.depths)).map((depth) => [depth.lane, depth]))
    const states = new Map((await hub.run(Lanes)).states().map((state) => [state.lane, state]))
    const items = [...new Set([...depths.keys(), ...states.keys()])].sort().map((lane) => {
      const { waiting = 0, dead = 0, oldest = null } = depths.get(lane) ?? {}
      const { breaker = null, inFlight = 0, restsUntil = null } = states.get(lane) ?? {}
      const iso = (at: number | null): string | null => (at === null ? null : toIso(at))
      return { lane, waiting, dead, oldestAt: iso(oldest), breaker, inFlight, restsUntil: iso(restsUntil) }
    })
    return json({ items })
  }
}

export const outboxOperations: ReadonlyArray<Operation> = [
  listLanes,
  listOutbox,
  getMessage,
  mendMessage,
  replayMessage,
  discardMessage
]
