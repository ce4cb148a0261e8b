import type { Effect } from "effect"
import type { LogEntry } from "../exchange/log.ts"
import { fold } from "../kernel/text.ts"
import type { Instant } from "../kernel/time.ts"
import type { StorageUnavailable } from "./errors.ts"

type Read<A> = Effect.Effect<A, StorageUnavailable>

/** Which calls to list; what is left out does not limit. */
export interface LogQuery {
  /** From this instant on. */
  readonly from?: Instant | undefined
  /** Before this instant. */
  readonly to?: Instant | undefined
  readonly connection?: string | undefined
  readonly direction?: "in" | "out" | undefined
  readonly orderId?: string | undefined
  readonly errorsOnly?: boolean | undefined
  /** A fragment of operation, bodies or error, folded (D23). */
  readonly text?: string | undefined
  readonly limit: number
  /** `next` of the page before. */
  readonly after?: string | undefined
}

export interface LogPage {
  /** Newest first. */
  readonly items: ReadonlyArray<LogEntry>
  readonly next: string | null
}

/** The exchange log (EXP-4). Nothing else waits for it: its writes are the least urgent ones (D17). */
export interface LogStore {
  /** An entry that is there already is left as it is. */
  readonly write: (entries: ReadonlyArray<LogEntry>) => Read<void>
  readonly list: (query: LogQuery) => Read<LogPage>
  /** Deletes what is older, so many at most; gives how many. */
  readonly prune: (before: Instant, limit: number) => Read<number>
}

/** What a fragment is looked for in. */
export const logText = (entry: LogEntry): string =>
  fold([entry.operation, entry.request, entry.response, entry.error].filter((part) => part !== null).join("\n"))

export const isLogError = ({ outcome }: LogEntry): boolean => outcome !== "done" && outcome !== "dropped"

/** Place in the list: newest first, then by id. */
export const logCursor = (entry: LogEntry): string => `${entry.at}.${entry.id}`

export const logPlace = (cursor: string): readonly [number, string] => {
  const dot = cursor.indexOf(".")
  return [Number(cursor.slice(0, dot)), cursor.slice(dot + 1)]
}
