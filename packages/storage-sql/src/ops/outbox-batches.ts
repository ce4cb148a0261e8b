import { type Program, raw } from "../program.ts"
import type { Held, Settled } from "./outbox.ts"

/** Of one statement; longer lists come in pieces. */
const PIECE = 500

const KEY = "varchar(191) character set utf8mb4 collate utf8mb4_nopad_bin"
const TEXT = "longtext character set utf8mb4 collate utf8mb4_nopad_bin"

/**
 * MariaDB: what `outboxOps` does row by row, in one statement for the whole list, which comes as one JSON text. The list is
 * read first and leads to the rows by their key, whatever the optimiser thinks of it.
 */
const joined = (columns: string): string =>
  `json_table(?, '$[*]' columns (id ${KEY} path '$.id', token bigint path '$.token'${columns})) v straight_join outbox o` +
  " on o.id = v.id and o.token = v.token"

const HELD = joined("")
const SENDING = `update ${HELD} set o.state = 'sending' where o.ended = 0 and o.leased_until > ?`
const MARKED = `select o.id from ${HELD} where o.ended = 0 and o.leased_until > ? and o.state = 'sending'`
const RENEW = `update ${HELD} set o.leased_until = ?, o.available_at = ? where o.ended = 0 and o.leased_until > 0`
const RENEWED = `select o.id from ${HELD} where o.ended = 0 and o.leased_until > 0`

const COLUMNS = [
  ["state", "varchar(100)"], ["ended", "int"], ["available", "bigint"], ["error", TEXT], ["ref", KEY], ["endedAt", "bigint"],
  ["history", TEXT], ["lane", "varchar(100)"], ["payload", TEXT], ["attempts", "int"]
] as const
const SETTLE = `update ${joined(COLUMNS.map(([name, type]) => `, ${name} ${type} path '$.${name}'`).join(""))} set
  o.state = v.state, o.ended = v.ended, o.available_at = v.available, o.leased_until = 0, o.last_error = v.error, o.partner_ref = v.ref,
  o.ended_at = v.endedAt, o.history = coalesce(v.history, o.history), o.lane = coalesce(v.lane, o.lane),
  o.payload = coalesce(v.payload, o.payload), o.attempts = coalesce(v.attempts, o.attempts) where o.ended = 0`

const pieces = <A>(list: ReadonlyArray<A>): ReadonlyArray<ReadonlyArray<A>> =>
  Array.from({ length: Math.ceil(list.length / PIECE) }, (_, i) => list.slice(i * PIECE, (i + 1) * PIECE))

/** Updates what is still the caller's, and gives the ids of those rows: all of them, unless some were lost. */
function* touched(messages: ReadonlyArray<Held>, update: string, values: ReadonlyArray<number>, look: string, seen: ReadonlyArray<number>): Program<ReadonlyArray<string>> {
  const ids: Array<string> = []
  for (const piece of pieces(messages)) {
    const list = JSON.stringify(piece.map(({ id, token }) => ({ id, token })))
    const { changes } = yield* raw("run", update, [list, ...values])
    if (changes === piece.length) ids.push(...piece.map(({ id }) => id))
    else ids.push(...(yield* raw("all", look, [list, ...seen])).rows.map((row) => String(row["id"])))
  }
  return ids
}

export const outboxBatches = () => ({
  sending: (messages: ReadonlyArray<Held>, now: number) => touched(messages, SENDING, [now], MARKED, [now]),
  renew: (messages: ReadonlyArray<Held>, until: number) => touched(messages, RENEW, [until, until], RENEWED, []),
  *settle(outcomes: ReadonlyArray<Settled>): Program<void> {
    for (const piece of pieces(outcomes)) yield* raw("run", SETTLE, [JSON.stringify(piece)])
  }
})
