import { type LogEntry, LogEntryView, type LogQuery, toIso } from "@aptekit/core"
import { stringify } from "csv-stringify/sync"
import { DateTime, Option } from "effect"
import type { Context } from "hono"
import { choicesOf, cursorOf, cursorText, flagOf, limitOf, textOf, unknownValue } from "../http/query.ts"
import type { Operation, Parameter, Services } from "../operation.ts"
import { CURSOR, json, LIMIT, page } from "./shared.ts"

const CSV_PAGE = 500
/** A spreadsheet takes a million rows; nobody reads so many. */
const CSV_MOST = 100_000

const view = (entry: LogEntry): typeof LogEntryView.Encoded => ({ ...entry, at: toIso(entry.at) })

/** `Date` takes the 31st of February for the 3rd of March. */
const isDay = (text: string): boolean => {
  const midnight = Date.parse(`${text}T00:00:00Z`)
  return /^\d{4}-\d{2}-\d{2}$/u.test(text) && !Number.isNaN(midnight) && toIso(midnight).startsWith(text)
}

const instantOf = (c: Context, name: string): number | undefined => {
  const text = textOf(c, name, 40)
  if (text === undefined) return undefined
  const [, day = ""] = /^(.{10})T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})$/u.exec(text) ?? []
  const at = isDay(day) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(at)) throw unknownValue(name, "an ISO 8601 instant with its zone, such as 2026-11-21T10:00:00Z")
  return at
}

/** From midnight to midnight by the clocks of a zone: 23 or 25 hours where they are changed that day. */
const dayOf = (c: Context): { readonly from?: number; readonly to?: number } => {
  const day = textOf(c, "day", 10)
  if (day === undefined) return {}
  const zone = DateTime.zoneMakeNamed(textOf(c, "zone", 60) ?? "UTC")
  if (Option.isNone(zone)) throw unknownValue("zone", "an IANA time zone, such as Asia/Almaty")
  if (!isDay(day)) throw unknownValue("day", "a day, such as 2026-11-21")
  const midnight = DateTime.makeUnsafe(`${day}T00:00:00Z`)
  const start = (days: number): number =>
    DateTime.toEpochMillis(
      DateTime.makeZonedUnsafe(DateTime.toPartsUtc(DateTime.add(midnight, { days })), {
        timeZone: zone.value,
        adjustForTimeZone: true
      })
    )
  return { from: start(0), to: start(1) }
}

const queryOf = (c: Context): Omit<LogQuery, "limit" | "after"> => ({
  from: instantOf(c, "from"),
  to: instantOf(c, "to"),
  ...dayOf(c),
  connection: textOf(c, "connection", 100),
  direction: choicesOf(c, "direction", ["in", "out"])?.[0],
  orderId: textOf(c, "orderId", 100),
  errorsOnly: flagOf(c, "errorsOnly"),
  text: textOf(c, "text", 200)
})

const COLUMNS = [
  "at", "connection", "direction", "operation", "orderId", "outcome", "durationMs", "sentBytes", "receivedBytes", "error",
  "request", "response", "step", "workplace"
] as const

/** RFC 4180 with a mark of UTF-8 for spreadsheets; a cell that would be a formula is made text. */
const csvOf = (entries: ReadonlyArray<LogEntry>, first: boolean): string =>
  stringify(entries.map(view), {
    bom: first,
    header: first,
    columns: [...COLUMNS],
    record_delimiter: "windows",
    escape_formulas: true
  })

/** Page by page as the client takes it: the memory is one page's. */
const csv = ({ hub, storage }: Services, query: Omit<LogQuery, "limit" | "after">): Response => {
  let after: string | undefined
  let [rows, first] = [0, true]
  const encoder = new TextEncoder()
  const body = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const found = await hub.run(storage.log.list({ ...query, limit: CSV_PAGE, after }))
      controller.enqueue(encoder.encode(csvOf(found.items, first)))
      first = false
      rows += found.items.length
      after = found.next ?? undefined
      if (after === undefined || rows >= CSV_MOST) controller.close()
    }
  })
  return new Response(body, {
    headers: {
      "content-type": "text/csv; charset=utf-8; header=present",
      "content-disposition": "attachment; filename=\"exchange-log.csv\"",
      "cache-control": "no-store"
    }
  })
}

const parameter = (name: string, description: string, schema: Parameter["schema"] = { type: "string" }): Parameter =>
  ({ in: "query", name, description, schema })

const listExchangeLog: Operation = {
  id: "listExchangeLog",
  method: "get",
  path: "/exchange-log",
  tag: "exchange",
  summary: "List calls to and from partners, newest first",
  description: "Bodies are kept without phones, names, addresses, texts to buyers and secrets, 4 kB of each. " +
    `\`format=csv\` gives the whole list for a spreadsheet, ${CSV_MOST} rows at most.`,
  parameters: [
    parameter("from", "From this instant on.", { type: "string", format: "date-time" }),
    parameter("to", "Before this instant.", { type: "string", format: "date-time" }),
    parameter("day", "One day, instead of `from` and `to`.", { type: "string", format: "date" }),
    parameter("zone", "The zone by whose clocks the day is meant: IANA, `UTC` if left out."),
    parameter("connection", "Calls of one partner."),
    parameter("direction", "`out`: we called. `in`: we were called.", { type: "string", enum: ["in", "out"] }),
    parameter("orderId", "Calls about one order."),
    parameter("errorsOnly", "Only calls that failed.", { type: "boolean", default: false }),
    parameter("text", "A fragment of operation, bodies or error, in any case.", { type: "string", maxLength: 200 }),
    parameter("format", "`json`: a page. `csv`: all of it.", { type: "string", enum: ["json", "csv"], default: "json" }),
    LIMIT(200, 50),
    CURSOR
  ],
  answers: { 200: { description: "A page of calls.", schema: page(LogEntryView) } },
  problems: ["invalidInput"],
  handle: async (call) => {
    const { c, hub, storage } = call
    const query = queryOf(c)
    if (choicesOf(c, "format", ["json", "csv"])?.[0] === "csv") return csv(call, query)
    const limit = limitOf(c, 50, 200)
    const found = await hub.run(storage.log.list({ ...query, limit, after: cursorOf(c, "exchange-log", /^\d{1,15}\.[\w:.-]{1,100}$/u) }))
    return json({ items: found.items.map(view), next: cursorText("exchange-log", found.next) })
  }
}

export const exchangeLogOperations: ReadonlyArray<Operation> = [listExchangeLog]
