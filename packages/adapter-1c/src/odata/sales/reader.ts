import type { InboundHub } from "@aptekit/core"
import { WallClock } from "../../sale/clock.ts"
import type { ODataClient } from "../client.ts"
import { datetime, guid, instantOf, refOf, type Row, textOf } from "../values.ts"
import type { SalesCursor } from "./cursor.ts"
import { levelOf } from "./once.ts"
import { isElsewhere, kindOf, type ReceiptWorld, receiptOf } from "./receipt.ts"
import type { ODataSales } from "./settings.ts"

const HOUR_MS = 3_600_000
/** Numbers of order documents that are remembered. */
const KNOWN_NUMBERS = 10_000
const MOST_REJECTS = 1_000

export interface SalesParts {
  readonly hub: Pick<InboundHub, "sales" | "stock" | "log">
  readonly client: ODataClient
  readonly settings: ODataSales
  readonly cursor: SalesCursor
  readonly world: ReceiptWorld
  /** The order's document and its field with the number; null where this connection knows none. */
  readonly orders: { readonly document: string; readonly number: string } | null
  /** The instant of the last statement of this base's stock; null: there was none since the hub has started. */
  readonly statedAt: () => number | null
  readonly pageSize: number
  readonly now: () => number
}

export interface SalesReport {
  readonly recorded: number
  /** Recorded before: here, or by a hub that was killed before it could note so. */
  readonly known: number
  readonly rejected: number
}

/**
 * Retail sales of one kind of document, from where they were last read, with an overlap (documents come late).
 * Pages go on from the last date instead of by `$skip`: registers go on selling meanwhile.
 */
export class SalesReader {
  readonly #parts: SalesParts
  readonly #clock: WallClock
  readonly #numbers = new Map<string, string | null>()
  /** Said already, in the life of this process: a document that cannot be taken is looked at again, not told again. */
  readonly #told = new Set<string>()
  /** Reports of shifts that wait for a statement of stock: when each was first seen. */
  readonly #waiting = new Map<string, number>()
  /** One was met in this look: what is behind it does not move the window. */
  #waits = false

  constructor(parts: SalesParts) {
    this.#parts = parts
    this.#clock = new WallClock(parts.world.zone)
  }

  async read(signal: AbortSignal): Promise<SalesReport> {
    const { settings, cursor } = this.#parts
    const from = this.#from()
    cursor.seen(settings.document, from)
    const report = { recorded: 0, known: 0, rejected: 0 }
    const rejects: Array<string> = []
    this.#waits = false
    try {
      for await (const rows of this.#pages(from, signal)) {
        for (const row of rows) await this.#take(row, report, rejects)
      }
    } finally {
      await cursor.save(settings.document, this.#floor())
      if (report.recorded + rejects.length > 0) await this.#tell(report, rejects)
    }
    return report
  }

  #from(): string {
    const { settings, cursor, now } = this.#parts
    if (cursor.until(settings.document) !== undefined) return this.#floor()
    return settings.since === undefined ? this.#wall(now()) : `${settings.since}T00:00:00`
  }

  /** Where the window of what may still come late begins. */
  #floor(): string {
    const { settings, cursor, world, now } = this.#parts
    const until = instantOf(cursor.until(settings.document) ?? null, world.zone) ?? now()
    // A register whose clock runs ahead must not move the window beyond what others will still write.
    const floor = this.#wall(Math.min(until, now()) - settings.overlapHours * HOUR_MS)
    const start = cursor.start(settings.document)
    return start !== undefined && floor < start ? start : floor
  }

  #wall(instant: number): string {
    const { date, time } = this.#clock.at(instant)
    return `${date}T${time}`
  }

  async *#pages(start: string, signal: AbortSignal): AsyncGenerator<ReadonlyArray<Row>> {
    const { client, settings, pageSize } = this.#parts
    let from = start
    let skip = 0
    while (!signal.aborted) {
      let count = 0
      let newest: Row | undefined
      const page = client.flow(settings.document, {
        $filter: `Date ge ${datetime(from)}`,
        $orderby: "Date,Ref_Key",
        $top: pageSize,
        ...(skip === 0 ? {} : { $skip: skip }),
        allowedOnly: true
      }, () => undefined)
      for await (const rows of page) {
        count += rows.length
        newest = rows.at(-1) ?? newest
        yield rows
      }
      if (count < pageSize || newest === undefined) return
      const last = textOf(newest, "Date") ?? from
      skip = last === from ? skip + count : 0
      from = last
    }
  }

  async #take(
    row: Row,
    report: { recorded: number; known: number; rejected: number },
    rejects: Array<string>
  ): Promise<void> {
    const { hub, settings, cursor, world } = this.#parts
    const key = refOf(row, "Ref_Key") ?? ""
    const wall = textOf(row, "Date") ?? ""
    // What is no sale moves the window too: else it would grow until the next sale comes.
    if (!this.#waits) cursor.seen(settings.document, wall)
    if (kindOf(settings, row) === undefined || isElsewhere(settings, row, world) || cursor.isRecorded(settings.document, key)) return
    const statedAt = levelOf(settings) === "shift" ? this.#statement(key) : Number.POSITIVE_INFINITY
    this.#waits ||= statedAt === null
    if (statedAt === null) return
    const { sales, rejected } = receiptOf(settings, row, { number: await this.#number(row), statedAt }, world)
    const refused: Array<string> = [...rejected]
    for (const sale of sales) {
      try {
        report[(await hub.sales.record(sale)).created ? "recorded" : "known"]++
      } catch (error) {
        // One document that the hub cannot read must not keep those behind it.
        if (!isMalformed(error)) throw error
        refused.push(`${settings.document} ${key}: ${error.message}`)
      }
    }
    if (sales.length > 0) cursor.recorded(settings.document, key, wall)
    report.rejected += refused.length
    for (const reason of refused) {
      if (this.#told.has(reason) || this.#told.size >= MOST_REJECTS) continue
      this.#told.add(reason)
      rejects.push(reason)
    }
  }

  /**
   * What a shift sold left the shelf while it lasted, and the balance as it did: dated by its report it would be taken off
   * what is left, and reservations let go. So it waits for a statement of stock that began when the report was there. Null: not yet.
   */
  #statement(key: string): number | null {
    const { statedAt, now } = this.#parts
    const [seen, stated] = [this.#waiting.get(key) ?? now(), statedAt()]
    if (stated !== null && stated > seen) {
      this.#waiting.delete(key)
      return stated
    }
    this.#waiting.set(key, seen)
    return null
  }

  /** The part's number that a document names, itself or by the order's document. */
  async #number(row: Row): Promise<string | null> {
    const { settings, client, orders } = this.#parts
    const text = settings.number === null ? null : textOf(row, settings.number)
    const ref = settings.order === null ? null : refOf(row, settings.order)
    if (text !== null || ref === null || orders === null) return text
    const known = this.#numbers.get(ref)
    if (known !== undefined) return known
    const { value } = await client.get(orders.document, {
      $filter: `Ref_Key eq ${guid(ref)}`, $select: `Ref_Key,${orders.number}`, $top: 1, allowedOnly: true
    })
    const found = Array.isArray(value) && value.length > 0 ? textOf(value[0] as Row, orders.number) : null
    if (this.#numbers.size >= KNOWN_NUMBERS) this.#numbers.clear()
    this.#numbers.set(ref, found)
    return found
  }

  async #tell({ recorded, known }: SalesReport, rejects: ReadonlyArray<string>): Promise<void> {
    const run = await this.#parts.hub.stock.openRun(this.#parts.settings.document)
    if (rejects.length > 0) await run.reject(rejects.map((reason, i) => ({ line: i + 1, reason })))
    await run.finish({ new: recorded, unchanged: known })
  }
}

const isMalformed = (error: unknown): error is Error =>
  (error as { readonly _tag?: string } | null)?._tag === "InvalidInput"
