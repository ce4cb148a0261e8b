import type { Selectable } from "kysely"
import type { SqlDialect } from "../dialect.ts"
import { all, inPieces, param, type Program, raw, run, statement } from "../program.ts"
import type { Schema } from "../schema.ts"
import { putRunProgram, type RunRow } from "./runs.ts"

export type JournalRow = Selectable<Schema["sync_journal"]>

/** Rows to write, as they lie in the journal: keys and figures side by side. */
export interface Slice {
  readonly kind: "stock" | "price"
  readonly asOf: number
  /** Cells, or price keys. */
  readonly keys: Float64Array
  /** Units on hand by the statement, or amounts. */
  readonly figures: Int32Array
}

export interface StatedBlock {
  readonly kind: string
  readonly block: number
  readonly width: number
  readonly data: Uint8Array
}

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
 * onHand = Q + Σ movements later than T, worked out where the rows are written (D1). A row that a later statement has
 * already named is left alone (D2).
 */
const stockText = (dialect: SqlDialect) => {
  const later = "coalesce((select sum(m.quantity) from stock_movements m where m.cell = v.c and m.occurred_at > ?), 0)"
  const rows = (n: number): string =>
    dialect.name === "sqlite"
      ? `(select column1 as c, column2 as q from (values ${repeat("(?, ?)", n, ", ")})) v where true`
      : `(select ? as c, ? as q${n > 1 ? ` union all ${repeat("select ?, ?", n - 1, " union all ")}` : ""}) v`
  const conflict = dialect.name === "sqlite"
    ? "on conflict (cell) do update set on_hand = excluded.on_hand, as_of = excluded.as_of where stock_levels.as_of <= excluded.as_of"
    : "on duplicate key update on_hand = if(as_of <= values(as_of), values(on_hand), on_hand), as_of = greatest(as_of, values(as_of))"
  return cached((n) =>
    `insert into stock_levels (cell, on_hand, reserved, as_of) select v.c, v.q + ${later}, 0, ? from ${rows(n)} ${conflict}`
  )
}

const priceText = (dialect: SqlDialect) => {
  const conflict = dialect.name === "sqlite"
    ? "on conflict (id) do update set amount = excluded.amount, as_of = excluded.as_of where prices.as_of <= excluded.as_of"
    : "on duplicate key update amount = if(as_of <= values(as_of), values(amount), amount), as_of = greatest(as_of, values(as_of))"
  return cached((n) => `insert into prices (id, amount, as_of) values ${repeat("(?, ?, ?)", n, ", ")} ${conflict}`)
}

export const bulkOps = (dialect: SqlDialect) => {
  const { db } = dialect
  const putRun = putRunProgram(dialect)
  const writeStock = stockText(dialect)
  const writePrices = priceText(dialect)
  /** Locks the rows, there or not yet, so that no sale slips in between its sum and its row (MariaDB). */
  const lockRows = cached((n) =>
    `insert into stock_levels (cell, on_hand, reserved, as_of) values ${repeat("(?, 0, 0, 0)", n, ", ")} on duplicate key update cell = cell`
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
  const priceTypes = statement(db.selectFrom("price_types").selectAll().orderBy("slot"))
  const newPriceType = statement(db.insertInto("price_types").values({ slot: param("slot"), id: param("id") }))
  const levels = inPieces<{ cell: number; on_hand: number; reserved: number; as_of: number }>((cells) =>
    db.selectFrom("stock_levels").selectAll().where("cell", "in", cells as Array<number>)
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

  return {
    *journal(id: string): Program<ReadonlyArray<JournalRow>> {
      return yield* all(journal, { run: id })
    },
    /** The compared rows, the times of all named ones and the run's state in one transaction: now it will be finished (D4). */
    *journalRun([row, parts, blocks]: readonly [RunRow, ReadonlyArray<JournalRow>, ReadonlyArray<StatedBlock>]): Program<null> {
      for (const part of parts) yield* run(putJournal, { ...part })
      for (const block of blocks) yield* run(putStated, { ...block })
      yield* putRun(row)
      return null
    },
    *slice(slice: Slice): Program<null> {
      for (let i = 0; i < slice.keys.length; i += dialect.bulkRows) {
        const n = Math.min(dialect.bulkRows, slice.keys.length - i)
        const values: Array<number> = []
        if (slice.kind === "price") {
          for (let r = i; r < i + n; r++) values.push(slice.keys[r]!, slice.figures[r]!, slice.asOf)
          yield* raw("run", writePrices(n), values)
          continue
        }
        if (dialect.name === "mariadb") yield* raw("run", lockRows(n), [...slice.keys.subarray(i, i + n)])
        values.push(slice.asOf, slice.asOf)
        for (let r = i; r < i + n; r++) values.push(slice.keys[r]!, slice.figures[r]!)
        yield* raw("run", writeStock(n), values)
      }
      return null
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
