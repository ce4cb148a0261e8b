import type { SqlDialect } from "../dialect.ts"
import type { CellChange, EncodedChange, OrderChange } from "../encode.ts"
import { all, one, param, type Program, raw, Refusal, run, statement } from "../program.ts"

/** What a commit tells the hub's thread: how the image must change, and where the feed stands. */
export interface CommitResult {
  readonly seq: number
  /** [cell, change of on_hand, change of reserved]. */
  readonly levels: ReadonlyArray<readonly [number, number, number]>
  /** Cells whose on_hand fell below reserved. */
  readonly short: ReadonlyArray<number>
}

const ORDER_COLUMNS = [
  "id", "number", "version", "channel_id", "external_id", "replaces", "status", "created_at", "updated_at",
  "customer_name", "customer_phone", "customer_email", "language", "delivery_type", "pickup_branch", "address", "lat", "lon",
  "payment_method", "payment_state", "currency", "comment", "plan", "request", "search"
] as const
/** What an order keeps for ever. */
const FIXED: ReadonlyArray<string> = ["id", "number", "channel_id", "external_id", "replaces", "created_at"]
const FULFILMENT_COLUMNS = [
  "id", "order_id", "part", "branch_id", "status", "reservation_state", "expires_at", "sweep_at", "accepted_at",
  "deferred_until", "expected_at", "awaiting_from", "delivered", "put_back", "end_reason", "note"
] as const
const LINE_COLUMNS = [
  "order_id", "line_id", "part", "position", "product_id", "asked", "quantity", "held", "sold", "scanned", "tracked",
  "price", "price_currency", "channel_price", "channel_currency"
] as const
const CASE_COLUMNS = [
  "order_id", "case_id", "part", "reason", "line_id", "comment", "opened_at", "closed_at", "resolution",
  "candidates"
] as const
const EVENT_COLUMNS = [
  "seq", "change_id", "origin", "at", "type", "order_id", "fulfilment_id", "branch_id", "actor_kind", "actor_id", "data",
  "levels"
] as const
const OUTBOX_COLUMNS = [
  "id", "lane", "method", "order_id", "payload", "available_at", "created_at", "state", "ended", "attempts",
  "leased_until", "token", "order_version"
] as const

const ROWS_AT_ONCE = 32

/** A row that is there already, in the words of either database. */
const isConstraint = (error: unknown): boolean => {
  const { code } = error as { readonly code?: string }
  return code === "ER_DUP_ENTRY" || (code?.startsWith("SQLITE_CONSTRAINT") ?? false)
}

/** `insert`/`replace into t (…) values (…), (…)`: the text for each number of rows is made once. */
const multiRow = (verb: "insert" | "replace", table: string, columns: ReadonlyArray<string>) => {
  const texts = new Map<number, string>()
  const row = `(${columns.map(() => "?").join(", ")})`
  return function*(rows: ReadonlyArray<ReadonlyArray<unknown>>): Program<void> {
    for (let i = 0; i < rows.length; i += ROWS_AT_ONCE) {
      const slice = rows.slice(i, i + ROWS_AT_ONCE)
      let text = texts.get(slice.length)
      if (text === undefined) {
        text = `${verb} into ${table} (${columns.join(", ")}) values ${slice.map(() => row).join(", ")}`
        texts.set(slice.length, text)
      }
      yield* raw("run", text, slice.flat())
    }
  }
}

const valuesOf = <C extends string>(columns: ReadonlyArray<C>, row: Readonly<Record<C, unknown>>): Array<unknown> =>
  columns.map((column) => row[column])

/** Does it change on hand, by the times that its hub knows? A later statement covers more movements, never fewer. */
const movesStock = ({ cells }: EncodedChange): boolean =>
  cells.some(({ moves }) => moves.some(({ occurredAt, stated }) => occurredAt > stated))

/**
 * The one program that applies a change (D17, D19, D21): keys first, then stock rows in order of their cell, orders by
 * id, events and outbox, the feed's row last. Throws a `Refusal`; the driver then rolls the savepoint back.
 */
export const commitProgram = ({ db }: SqlDialect) => {
  const orderByKey = statement(
    db.selectFrom("orders").select("id").where("channel_id", "=", param("channel")).where("external_id", "=", param("external"))
  )
  const versionOf = statement(db.selectFrom("orders").select("version").where("id", "=", param("id")))
  const saleByKey = statement(
    db.selectFrom("sales").select("order_id").where("source", "=", param("source")).where("id", "=", param("id"))
  )
  const keyByKey = statement(
    db.selectFrom("idempotency_keys").select(["order_id", "fingerprint"])
      .where("scope", "=", param("scope")).where("key_text", "=", param("key"))
  )
  const holdGuarded = statement(
    db.updateTable("stock_levels").set((eb) => ({ reserved: eb("reserved", "+", param("units")) }))
      .where("cell", "=", param("cell")).where((eb) => eb(eb("on_hand", "-", eb.ref("reserved")), ">=", param("needed")))
  )
  const release = statement(
    db.updateTable("stock_levels").set((eb) => ({ reserved: eb("reserved", "+", param("units")) })).where("cell", "=", param("cell"))
  )
  const move = statement(
    db.updateTable("stock_levels").set((eb) => ({ on_hand: eb("on_hand", "+", param("units")) }))
      .where("cell", "=", param("cell")).where("as_of", "<", param("occurred"))
  )
  const level = statement(
    db.selectFrom("stock_levels").select(["cell", "on_hand", "reserved"]).where("cell", "=", param("cell"))
  )
  const newLevel = statement(
    db.insertInto("stock_levels").values({ cell: param("cell"), on_hand: param("units"), reserved: 0, as_of: 0 })
  )
  const newMovement = statement(
    db.insertInto("stock_movements").values({
      cell: param("cell"),
      quantity: param("quantity"),
      cause: param("cause"),
      occurred_at: param("occurred"),
      recorded_at: param("recorded"),
      ref: param("ref")
    })
  )
  const newSale = statement(
    db.insertInto("sales").values({
      source: param("source"),
      id: param("id"),
      branch_id: param("branch"),
      occurred_at: param("occurred"),
      recorded_at: param("recorded"),
      order_id: param("order"),
      data: param("data")
    })
  )
  const newKey = statement(
    db.insertInto("idempotency_keys").values({
      scope: param("scope"),
      key_text: param("key"),
      fingerprint: param("fingerprint"),
      order_id: param("order"),
      at: param("at")
    })
  )
  const updateOrder = statement(
    db.updateTable("orders").set(
      Object.fromEntries(ORDER_COLUMNS.filter((c) => !FIXED.includes(c)).map((column) => [column, param(column)]))
    ).where("id", "=", param("id")).where("version", "=", param("expected"))
  )
  const dropLine = statement(
    db.deleteFrom("order_lines").where("order_id", "=", param("order")).where("line_id", "=", param("line"))
  )
  const dropPart = statement(db.deleteFrom("fulfilments").where("id", "=", param("id")))
  const dropCase = statement(
    db.deleteFrom("operator_cases").where("order_id", "=", param("order")).where("case_id", "=", param("id"))
  )
  const advance = statement(
    db.updateTable("feed").set((eb) => ({ last: eb("last", "+", param("count")), moves: eb("moves", "+", param("moves")) }))
      .where("id", "=", 1)
  )
  const position = statement(db.selectFrom("feed").select(["last", "statements"]).where("id", "=", 1))
  const insertOrders = multiRow("insert", "orders", ORDER_COLUMNS)
  const putFulfilments = multiRow("replace", "fulfilments", FULFILMENT_COLUMNS)
  const insertFulfilments = multiRow("insert", "fulfilments", FULFILMENT_COLUMNS)
  const putLines = multiRow("replace", "order_lines", LINE_COLUMNS)
  const insertLines = multiRow("insert", "order_lines", LINE_COLUMNS)
  const putCases = multiRow("replace", "operator_cases", CASE_COLUMNS)
  const insertEvents = multiRow("insert", "events", EVENT_COLUMNS)
  const insertOutbox = multiRow("insert", "outbox", OUTBOX_COLUMNS)

  function* checkKeys(change: EncodedChange): Program<void> {
    for (const order of change.orders) {
      if (order.expected !== null) continue
      const known = yield* one<{ id: string }>(orderByKey, { channel: order.row.channel_id, external: order.row.external_id })
      if (known !== null) throw new Refusal("Duplicate", { kind: "order", orderId: known.id, fingerprint: null })
    }
    if (change.sale !== null) {
      const known = yield* one<{ order_id: string | null }>(saleByKey, { source: change.sale.source, id: change.sale.id })
      if (known !== null) throw new Refusal("Duplicate", { kind: "sale", orderId: known.order_id, fingerprint: null })
    }
    if (change.key !== null) {
      const known = yield* one<{ order_id: string | null; fingerprint: string }>(keyByKey, {
        scope: change.key.scope,
        key: change.key.key
      })
      if (known !== null) {
        throw new Refusal("Duplicate", { kind: "key", orderId: known.order_id, fingerprint: known.fingerprint })
      }
    }
  }

  /** Looked at before stock, so that a stale decision is told so; held for good by the update of the order's row. */
  function* checkVersions(change: EncodedChange): Program<void> {
    for (const order of change.orders) {
      if (order.expected === null) continue
      const stored = yield* one<{ version: number }>(versionOf, { id: order.row.id })
      if (stored?.version !== order.expected) throw new Refusal("VersionConflict", { orderId: order.row.id })
    }
  }

  function* moveLevel(cell: number, units: number, occurred: number): Program<number> {
    if ((yield* run(move, { cell, units, occurred })) > 0) return units
    if ((yield* all(level, { cell })).length > 0) return 0
    yield* run(newLevel, { cell, units })
    return units
  }

  /** Gives the change of on_hand; a movement that a statement already covers is recorded and changes nothing (D1). */
  function* applyMoves(change: EncodedChange, cell: CellChange): Program<number> {
    let moved = 0
    for (const one of cell.moves) {
      // The stock row first: an import's slice locks it before it adds up the movements.
      if (one.occurredAt > one.stated) moved += yield* moveLevel(cell.cell, one.quantity, one.occurredAt)
      yield* run(newMovement, {
        cell: cell.cell,
        quantity: one.quantity,
        cause: one.cause,
        occurred: one.occurredAt,
        recorded: change.at,
        ref: one.ref
      })
    }
    return moved
  }

  function* applyCells(change: EncodedChange): Program<Pick<CommitResult, "levels" | "short">> {
    const refused: Array<{ cell: number; wanted: number; onHand: number; reserved: number }> = []
    const levels: Array<readonly [number, number, number]> = []
    const short: Array<number> = []
    for (const cell of change.cells) {
      // Movements first: goods that come back in the same change are there to be held.
      const moved = cell.moves.length === 0 ? 0 : yield* applyMoves(change, cell)
      if (cell.hold > 0) {
        const held = yield* run(holdGuarded, { cell: cell.cell, units: cell.hold, needed: cell.hold })
        if (held === 0) {
          const now = yield* one<{ on_hand: number; reserved: number }>(level, { cell: cell.cell })
          const onHand = (now?.on_hand ?? 0) - moved
          refused.push({ cell: cell.cell, wanted: cell.hold, onHand, reserved: now?.reserved ?? 0 })
        }
      } else if (cell.hold < 0) yield* run(release, { cell: cell.cell, units: cell.hold })
      if (moved < 0) {
        const now = yield* one<{ on_hand: number; reserved: number }>(level, { cell: cell.cell })
        if (now !== null && now.on_hand < now.reserved) short.push(cell.cell)
      }
      levels.push([cell.cell, moved, cell.hold])
    }
    if (refused.length > 0) throw new Refusal("InsufficientStock", { refused })
    return { levels, short }
  }

  /** The key was free a moment ago: if somebody has taken it since, the answer is theirs; an id twice is a conflict. */
  function* insertOrder(change: EncodedChange, order: OrderChange): Program<void> {
    try {
      yield* insertOrders([valuesOf(ORDER_COLUMNS, order.row)])
    } catch (error) {
      if (!isConstraint(error)) throw error
      yield* checkKeys(change)
      throw new Refusal("VersionConflict", { orderId: order.row.id })
    }
  }

  function* applyOrder(change: EncodedChange, order: OrderChange): Program<void> {
    if (order.expected === null) {
      yield* insertOrder(change, order)
      yield* insertFulfilments(order.fulfilments.map((row) => valuesOf(FULFILMENT_COLUMNS, row)))
      yield* insertLines(order.lines.map((row) => valuesOf(LINE_COLUMNS, row)))
    } else {
      const touched = yield* run(updateOrder, { ...order.row, expected: order.expected })
      if (touched === 0) throw new Refusal("VersionConflict", { orderId: order.row.id })
      for (const line of order.goneLines) yield* run(dropLine, { order: order.row.id, line })
      for (const id of order.goneParts) yield* run(dropPart, { id })
      for (const id of order.goneCases) yield* run(dropCase, { order: order.row.id, id })
      yield* putFulfilments(order.fulfilments.map((row) => valuesOf(FULFILMENT_COLUMNS, row)))
      yield* putLines(order.lines.map((row) => valuesOf(LINE_COLUMNS, row)))
    }
    yield* putCases(order.cases.map((row) => valuesOf(CASE_COLUMNS, row)))
  }

  return function*(change: EncodedChange): Program<CommitResult> {
    yield* checkKeys(change)
    yield* checkVersions(change)
    const { levels, short } = yield* applyCells(change)
    for (const order of change.orders) yield* applyOrder(change, order)
    if (change.sale !== null) {
      const { source, id, branchId, occurredAt, data } = change.sale
      yield* run(newSale, {
        source, id, data, branch: branchId, occurred: occurredAt, recorded: change.at, order: change.orderId
      })
    }
    if (change.key !== null) yield* run(newKey, { ...change.key, order: change.orderId, at: change.at })
    yield* insertOutbox(
      change.outbox.map(([id, lane, method, order, payload, due, version]) => [
        id, lane, method, order, payload, due, change.at, "waiting", 0, 0, 0, 0, version
      ])
    )
    // The feed's row is the last lock, so numbers are given in the order of commits (D22).
    const moves = movesStock(change)
    yield* run(advance, { count: change.events.length, moves: moves ? 1 : 0 })
    const { last: seq, statements } = (yield* one<{ last: number; statements: number }>(position))!
    // A statement that nobody here knew of may name these rows: which movements it covers is to be judged anew (D1).
    if (moves && statements !== change.statements) throw new Refusal("StatedSince", { statements })
    const first = seq - change.events.length + 1
    const changed = levels.length === 0 ? null : JSON.stringify(levels)
    yield* insertEvents(
      change.events.map((event, i) => [
        first + i, change.id, change.origin, ...event, i === change.events.length - 1 ? changed : null
      ])
    )
    return { seq, levels, short }
  }
}
