import type { Selectable } from "kysely"
import type { SqlDialect } from "../dialect.ts"
import { all, inPieces, one, param, type Program, raw, Refusal, run, statement } from "../program.ts"
import { cellOf, priceKey, type Schema } from "../schema.ts"
import type { CommitResult } from "./commit.ts"
import { type ForeignEvent, foreignEvents } from "./feed.ts"
import { type Fence, fenceProgram } from "./fence.ts"
import { putRunProgram, type RunRow } from "./runs.ts"

export type JournalRow = Selectable<Schema["sync_journal"]>

/** Rows to write, in the order of their keys. */
export interface Slice {
  readonly kind: "stock" | "price"
  /** Slot of the price type; 0 for stock. */
  readonly type: number
  readonly asOf: number
  readonly products: Int32Array
  /** A branch's slot, or −1 for the whole network. */
  readonly branches: Int32Array
  /** Units by the statement, or amounts. */
  readonly figures: Int32Array
  /** The turn under which it is written, where several hubs share the database (D24). */
  readonly fence: Fence | null
}

export interface StatementOrder {
  readonly moves: number
  readonly statements: number
}

export interface StatedBlock {
  readonly kind: string
  readonly block: number
  readonly width: number
  readonly data: Uint8Array
}

/** A run on its way into the journal. */
export interface RunJournal {
  readonly row: RunRow
  readonly parts: ReadonlyArray<JournalRow>
  readonly blocks: ReadonlyArray<StatedBlock>
  readonly fence: Fence | null
  /** The movements that its comparison knows: the feed's `moves`. */
  readonly moves: number
  /** Not refused for others: what other hubs moved after this place in the feed is looked at while they wait. Never crosses a thread. */
  readonly others: OthersMoved | null
}

export interface OthersMoved {
  readonly after: number
  readonly origin: string
  /** The parts of the rows in these cells that the run names. */
  readonly late: (cells: ReadonlyArray<number>) => ReadonlyArray<JournalRow>
}

const EVENTS = 1_000

const repeat = (text: string, times: number, glue: string): string => Array.from({ length: times }, () => text).join(glue)

/** The statements of a slice, by number of rows: each text is made once. */
const cached = (make: (rows: number) => string) => {
  const texts = new Map<number, string>()
  return (rows: number): string => {
    let text = texts.get(rows)
    if (text === undefined) texts.set(rows, text = make(rows))
    return text
  }
}

/**
 * A row that a later statement has already named is left alone (D2): later by whole seconds, as the image keeps times.
 */
const upsert = (dialect: SqlDialect, table: string, key: string, figure: string, more = "", values = "") => {
  const conflict = dialect.name === "sqlite"
    ? `on conflict (${key}) do update set ${figure} = excluded.${figure}, as_of = excluded.as_of where ${table}.as_of <= ?`
    : `on duplicate key update ${figure} = if(as_of <= ?, values(${figure}), ${figure}), as_of = if(as_of <= ?, values(as_of), as_of)`
  return cached((n) =>
    `insert into ${table} (${key}, ${figure}, as_of${more}) values ${repeat(`(?, ?, ?${values})`, n, ", ")} ${conflict}`
  )
}

/** The last millisecond of an instant's second: two statements of one second are equal, and an equal one applies. */
const endOfSecond = (asOf: number): number => Math.floor(asOf / 1000) * 1000 + 999

export const bulkOps = (dialect: SqlDialect) => {
  const { db } = dialect
  const putRun = putRunProgram(dialect)
  const writeStock = upsert(dialect, "stock_levels", "cell", "on_hand", ", reserved", ", 0")
  const writePrices = upsert(dialect, "prices", "id", "amount")
  const fenced = fenceProgram(dialect)
  const anyLater = statement(
    db.selectFrom("stock_movements").select("cell").where("occurred_at", ">", param("asOf")).limit(1)
  )
  const allLater = statement(
    db.selectFrom("stock_movements").select((eb) => ["cell", eb.fn.sum("quantity").as("units")])
      .where("occurred_at", ">", param("asOf")).groupBy("cell")
  )
  const addLater = statement(
    db.updateTable("stock_levels").set((eb) => ({ on_hand: eb("on_hand", "+", param("units")) }))
      .where("cell", "=", param("cell")).where("as_of", "<=", param("end"))
  )
  const journal = statement(
    db.selectFrom("sync_journal").selectAll().where("run_id", "=", param("run")).orderBy("part")
  )
  const putJournal = statement(
    db.replaceInto("sync_journal").values({
      run_id: param("run_id"),
      part: param("part"),
      kind: param("kind"),
      price_type: param("price_type"),
      as_of: param("as_of"),
      data: param("data")
    })
  )
  const putStated = statement(
    db.replaceInto("stated_times").values({
      kind: param("kind"),
      block: param("block"),
      width: param("width"),
      data: param("data")
    })
  )
  const stated = statement(db.selectFrom("stated_times").selectAll())
  const order = statement(db.selectFrom("feed").select(["moves", "statements"]).where("id", "=", 1))
  const nextStatement = statement(
    db.updateTable("feed").set((eb) => ({ statements: eb("statements", "+", 1) })).where("id", "=", 1).where("moves", "=", param("moves"))
  )
  const nextAnyway = statement(db.updateTable("feed").set((eb) => ({ statements: eb("statements", "+", 1) })).where("id", "=", 1))
  const foreign = foreignEvents(dialect)
  const runState = statement(db.selectFrom("sync_runs").select("state").where("id", "=", param("id")))
  const priceTypes = statement(db.selectFrom("price_types").selectAll().orderBy("slot"))
  const newPriceType = statement(db.insertInto("price_types").values({ slot: param("slot"), id: param("id") }))
  const levels = inPieces<{ cell: number; on_hand: number; reserved: number; as_of: number }>((cells) =>
    db.selectFrom("stock_levels").selectAll().where("cell", "in", cells as Array<number>)
  )
  const laterOf = cached((n) =>
    `select cell, sum(quantity) as units from stock_movements where occurred_at > ? and cell in (${repeat("?", n, ", ")}) group by cell`
  )
  const awaited = statement(
    db.selectFrom("fulfilments as f").innerJoin("order_lines as l", (on) =>
      on.onRef("l.order_id", "=", "f.order_id").onRef("l.part", "=", "f.part"))
      .select((eb) => [
        "l.product_id as productId",
        "f.branch_id as branchId",
        eb.fn.sum(eb("l.quantity", "-", eb("l.held", "+", eb.ref("l.sold")))).as("units")
      ])
      .where("f.status", "=", "awaiting").where("l.tracked", "=", 1).where("l.product_id", "is not", null)
      .where("f.branch_id", "is not", null).groupBy(["l.product_id", "f.branch_id"])
  )

  function* writeRows(slice: Slice, from: number, n: number): Program<void> {
    const { kind, type, asOf, products, branches, figures } = slice
    const values: Array<number> = []
    for (let i = from; i < from + n; i++) {
      const key = kind === "stock" ? cellOf(products[i]!, branches[i]!) : priceKey(type, products[i]!, branches[i]!)
      values.push(key, figures[i]!, asOf)
    }
    values.push(endOfSecond(asOf))
    if (dialect.name === "mariadb") values.push(endOfSecond(asOf))
    yield* raw("run", kind === "stock" ? writeStock(n) : writePrices(n), values)
  }

  /**
   * onHand = Q + Σ movements later than T, made where the rows are written and after they are locked, so that no sale
   * slips in between the sum and its row (D1).
   */
  function* withLater({ asOf, products, branches }: Slice): Program<ReadonlyArray<number>> {
    if ((yield* one(anyLater, { asOf })) === null) return []
    const moved: Array<number> = []
    for (let i = 0; i < products.length; i += dialect.bulkRows) {
      const n = Math.min(dialect.bulkRows, products.length - i)
      const cells = Array.from({ length: n }, (_, r) => cellOf(products[i + r]!, branches[i + r]!))
      const { rows } = yield* raw("all", laterOf(n), [asOf, ...cells])
      for (const { cell, units } of rows as unknown as ReadonlyArray<{ cell: number; units: number | string }>) {
        yield* run(addLater, { cell, units: Number(units), end: endOfSecond(asOf) })
        moved.push(cell)
      }
    }
    return (yield* levels(moved)).flatMap((level) => [level.cell, level.on_hand])
  }

  /** Cells. With the feed's row locked: until this ends nobody commits. */
  function* movedByOthers({ after, origin }: OthersMoved): Program<ReadonlyArray<number>> {
    const cells: Array<number> = []
    for (let from = after, more = true; more;) {
      const events = yield* all<ForeignEvent>(foreign, { after: from, origin, limit: EVENTS })
      for (const { levels } of events) for (const [cell] of JSON.parse(levels ?? "[]") as CommitResult["levels"]) cells.push(cell)
      more = events.length === EVENTS
      if (more) from = events.at(-1)!.seq
    }
    return cells
  }

  return {
    *journal(id: string): Program<ReadonlyArray<JournalRow>> {
      return yield* all(journal, { run: id })
    },
    /** How many commits moved stock, and how many runs were journalled, until now. */
    *statementOrder(): Program<StatementOrder> {
      return (yield* one<StatementOrder>(order))!
    },
    /**
     * The compared rows, the times of all named ones and the run's state in one transaction: now it will be finished (D4).
     * Refused where stock has moved that the comparison does not know of. Gives the number of statements, for those who
     * judge movements by them; refused for good where another hub took this one for dead. Written already, nothing is written again: an answer was lost.
     */
    *journalRun({ row, parts, blocks, fence, moves, others }: RunJournal): Program<number> {
      yield* fenced(fence)
      const known = yield* one<{ state: string }>(runState, { id: row.id })
      if (known?.state === row.state) return (yield* one<StatementOrder>(order))!.statements
      if (known?.state !== "receiving") throw new Refusal("RunEnded", { id: row.id })
      for (const part of parts) yield* run(putJournal, { ...part })
      for (const block of blocks) yield* run(putStated, { ...block })
      yield* putRun(row)
      // Every commit needs the feed's row: nothing large is written while this one has it.
      if ((yield* run(others === null ? nextStatement : nextAnyway, { moves })) === 0) throw new Refusal("MovedSince", {})
      if (others !== null) for (const part of others.late(yield* movedByOthers(others))) yield* run(putJournal, { ...part })
      return (yield* one<StatementOrder>(order))!.statements
    },
    /** One more part, before the run says that it is journalled: so that no order waits for all of them. */
    *journalPart([part, fence]: readonly [JournalRow, Fence | null]): Program<null> {
      yield* fenced(fence)
      yield* run(putJournal, { ...part })
      return null
    },
    *anyMovedAfter(asOf: number): Program<boolean> {
      return (yield* one(anyLater, { asOf })) !== null
    },
    /** Cells with movements after T and their sums: cell, units, cell, units… */
    *movedAfter(asOf: number): Program<Float64Array> {
      const rows = yield* all<{ cell: number; units: number | string }>(allLater, { asOf })
      const sums = new Float64Array(rows.length * 2)
      rows.forEach((row, i) => sums.set([row.cell, Number(row.units)], i * 2))
      return sums
    },
    /** Writes rows; gives on hand of those that had movements after T: cell, units, cell, units… */
    *slice(slice: Slice): Program<ReadonlyArray<number>> {
      yield* fenced(slice.fence)
      for (let i = 0; i < slice.products.length; i += dialect.bulkRows) {
        yield* writeRows(slice, i, Math.min(dialect.bulkRows, slice.products.length - i))
      }
      return slice.kind === "stock" ? yield* withLater(slice) : []
    },
    *statedTimes(): Program<ReadonlyArray<StatedBlock>> {
      return yield* all(stated)
    },
    *priceTypes(): Program<ReadonlyArray<{ slot: number; id: string }>> {
      return yield* all(priceTypes)
    },
    *addPriceType(id: string): Program<number> {
      const known = yield* all<{ slot: number; id: string }>(priceTypes)
      const found = known.find((type) => type.id === id)
      if (found !== undefined) return found.slot
      const slot = known.length
      yield* run(newPriceType, { slot, id })
      return slot
    },
    levels,
    *awaitedDemand(): Program<ReadonlyArray<{ productId: string; branchId: string; units: number | string }>> {
      return yield* all(awaited)
    }
  }
}
