import type { Point, RoadWay, SetupContext } from "@aptekit/core"
import { Schema } from "@aptekit/core"
import { Budget, openBudget } from "./budget.ts"
import type { Outside } from "./outside.ts"
import { knownWays, type RoadCache } from "./road-cache.ts"
import { joinMatrix, type MatrixLimits, splitMatrix } from "./split.ts"

/** A day's budget of a matrix: services count requests, or the cells of their answers. */
export const MatrixBudget = Schema.Struct({
  ...Budget.fields,
  count: Schema.optionalKey(Schema.Literals(["requests", "cells"]))
})

/** So many requests of one matrix are under way at once. */
const AT_ONCE = 4

export type Cells = ReadonlyArray<ReadonlyArray<RoadWay | null>>

export interface MatrixOptions {
  readonly service: string
  readonly limits: MatrixLimits
  readonly cache: RoadCache
  readonly budget: typeof MatrixBudget.Type | undefined
  readonly ask: (from: ReadonlyArray<Point>, to: ReadonlyArray<Point>, signal: AbortSignal) => Promise<Cells>
}

interface Question {
  readonly from: ReadonlyArray<Point>
  readonly to: ReadonlyArray<Point>
}

/** Of a question what nobody has answered yet: the rows and columns that hold it. Indexes; none where all is known. */
const unknownIn = (known: ReadonlyArray<ReadonlyArray<RoadWay | null | undefined>>) => {
  const rows = known.flatMap((row, i) => (row.includes(undefined) ? [i] : []))
  const columns = (known[0] ?? []).flatMap((_, j) => (known.some((row) => row[j] === undefined) ? [j] : []))
  return { rows, columns }
}

/**
 * What all matrices have in common: what is known is not asked, the rest is split to the limit, counted, joined. One
 * block that fails fails the whole.
 */
export const matrixWith = (options: MatrixOptions, { hub, onClose }: SetupContext, outside: Outside) => {
  const { service, limits } = options
  const ways = knownWays(options.cache, outside.now)
  const budget = openBudget(options.budget, { service, directory: hub.files.directory, now: outside.now, log: hub.log })
  onClose(budget.close)

  const asked = async ({ from, to }: Question, signal: AbortSignal): Promise<Cells> => {
    const blocks = splitMatrix(from.length, to.length, limits)
    await budget.spend(options.budget?.count === "cells" ? from.length * to.length : blocks.length)
    const left = [...blocks]
    const parts: Array<{ readonly block: (typeof blocks)[number]; readonly cells: Cells }> = []
    const work = async (): Promise<void> => {
      for (let block = left.shift(); block !== undefined; block = left.shift()) {
        const cells = await options.ask(from.slice(...block.rows), to.slice(...block.columns), signal)
        parts.push({ block, cells })
      }
    }
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, blocks.length) }, work))
    return joinMatrix(from.length, to.length, parts)
  }

  return async ({ from, to }: Question, { signal }: { readonly signal: AbortSignal }) => {
    const known = from.map((a) => to.map((b) => ways.get(a, b)))
    const { rows, columns } = unknownIn(known)
    if (rows.length > 0) {
      const found = await asked({ from: rows.map((i) => from[i]!), to: columns.map((j) => to[j]!) }, signal)
      found.forEach((row, i) => row.forEach((way, j) => {
        known[rows[i]!]![columns[j]!] = way
        ways.set(from[rows[i]!]!, to[columns[j]!]!, way)
      }))
    }
    return { cells: known as Cells, source: service }
  }
}
