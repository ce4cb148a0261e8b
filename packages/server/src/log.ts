import { Cause, Logger } from "effect"

/** From the most talkative on. */
export type LogLevel = "debug" | "info" | "warn" | "error"
/** One line of the log: short facts. Never a body, a key, a name, a phone or an address. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>

/** Takes a line; fields must hold neither personal data nor secrets. */
export type Log = (level: LogLevel, message: string, fields?: LogFields) => void

const RANK: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 }

/** JSON lines to stderr: stdout is for what people read at the start. */
export const jsonLog =
  (minimum: LogLevel = "info", write: (line: string) => void = (line) => void process.stderr.write(line)): Log =>
  (level, message, fields = {}) => {
    if (RANK[level] < RANK[minimum]) return
    write(`${JSON.stringify({ time: new Date().toISOString(), level, message, ...fields })}\n`)
  }

/**
 * What may be said of an error that nobody foresaw: its kind and where it was thrown. Not its text: a driver or a
 * partner may have put a person's data into it.
 */
export const describeError = (error: unknown): LogFields => {
  if (!(error instanceof Error)) return { error: typeof error }
  const frames = (error.stack ?? "")
    .split("\n")
    .filter((line) => /^\s+at /u.test(line))
    .slice(0, 8)
  const tag = (error as { readonly _tag?: unknown })._tag
  return { error: typeof tag === "string" ? tag : error.name, stack: frames.map((line) => line.trim()).join(" | ") }
}

const levelOf = (level: string): LogLevel => {
  if (level === "Fatal" || level === "Error") return "error"
  if (level === "Warn") return "warn"
  return level === "Info" ? "info" : "debug"
}

/** The hub's own log lines (jobs, lanes) in the same form. */
export const hubLogger = (log: Log): Logger.Logger<unknown, void> =>
  Logger.make(({ logLevel, message, cause }) => {
    const texts = (Array.isArray(message) ? message : [message]).filter((part) => typeof part === "string")
    log(levelOf(logLevel), texts.join(" "), cause.reasons.length === 0 ? {} : describeError(Cause.squash(cause)))
  })
