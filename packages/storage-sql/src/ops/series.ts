import type { Selectable } from "kysely"
import type { SqlDialect } from "../dialect.ts"
import { inPieces, param, type Program, raw, run, statement } from "../program.ts"
import { cellOf, type Schema } from "../schema.ts"

export type SeriesRow = Selectable<Schema["stock_series"]>

/** Rows of whole cells: each cell's series, all of one statement. */
export interface SeriesPiece {
  readonly asOf: number
  readonly cells: ReadonlyArray<{ readonly cell: number; readonly rows: ReadonlyArray<Omit<SeriesRow, "cell" | "as_of">> }>
}

const ROW = "(?, ?, ?, ?, ?)"

export const seriesOps = ({ db, bulkRows, name }: SqlDialect) => {
  const stated = inPieces<{ cell: number; as_of: number }>((cells) => {
    const query = db.selectFrom("stock_series").select(["cell", "as_of"]).where("cell", "in", cells as Array<number>)
    // Two statements of one cell at once: the second reads what the first has written.
    return name === "mariadb" ? query.forUpdate() : query
  })
  const clear = statement(db.deleteFrom("stock_series").where("cell", "=", param("cell")))

  return {
    /** Puts the series of these cells in the place of what stood there; gives how many a later statement had named. */
    *putSeries({ asOf, cells }: SeriesPiece): Program<number> {
      const known = new Map((yield* stated(cells.map(({ cell }) => cell))).map((row) => [row.cell, row.as_of]))
      const fresh = cells.filter(({ cell }) => (known.get(cell) ?? asOf) <= asOf)
      for (const { cell } of fresh) if (known.has(cell)) yield* run(clear, { cell })
      const values = fresh.flatMap(({ cell, rows }) =>
        rows.map((row): ReadonlyArray<unknown> => [cell, row.series, row.expires_at, row.units, asOf]))
      for (let at = 0; at < values.length; at += bulkRows) {
        const piece = values.slice(at, at + bulkRows)
        const text = piece.map(() => ROW).join(", ")
        yield* raw("run", `insert into stock_series (cell, series, expires_at, units, as_of) values ${text}`, piece.flat())
      }
      return cells.length - fresh.length
    },
    /** The series of these products, of all branches, by product slot. */
    *seriesOf(slots: ReadonlyArray<number>): Program<ReadonlyArray<SeriesRow>> {
      const ranges = slots.map(() => "cell between ? and ?").join(" or ")
      const values = slots.flatMap((slot) => [cellOf(slot, 0), cellOf(slot + 1, 0) - 1])
      const found = yield* raw("all", `select * from stock_series where units > 0 and (${ranges})`, values)
      return found.rows as unknown as ReadonlyArray<SeriesRow>
    }
  }
}
