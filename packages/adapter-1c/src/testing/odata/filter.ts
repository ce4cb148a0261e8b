import type { SimulatedRow } from "./model.ts"

const VALUE = /guid'[^']*'|datetime'[^']*'|'(?:[^']|'')*'|true|false|-?\d+(?:\.\d+)?/u
const TERM = new RegExp(String.raw`^\s*([\p{L}_][\p{L}\p{N}_]*)\s+(eq|ne|gt|ge|lt|le)\s+(${VALUE.source})\s*$`, "u")

const literal = (text: string): string | number | boolean => {
  if (text === "true" || text === "false") return text === "true"
  if (text.startsWith("guid'") || text.startsWith("datetime'")) return text.slice(text.indexOf("'") + 1, -1)
  return text.startsWith("'") ? text.slice(1, -1).replaceAll("''", "'") : Number(text)
}

const test = (row: SimulatedRow, term: RegExpExecArray): boolean => {
  const [, field, operator, raw] = term as unknown as [string, string, string, string]
  const value = literal(raw)
  const own = row[field] as typeof value
  switch (operator) {
    case "eq": return own === value
    case "ne": return own !== value
    case "gt": return own > value
    case "ge": return own >= value
    case "lt": return own < value
    default: return own <= value
  }
}

/**
 * `$filter` of the kind that clients need: comparisons joined by `and`, and those by `or`, without brackets. Undefined:
 * not understood (code 14).
 */
export const filterOf = (text: string | null): ((row: SimulatedRow) => boolean) | undefined => {
  if (text === null) return () => true
  const any = text.split(/\s+or\s+/u).map((part) => part.split(/\s+and\s+/u).map((term) => TERM.exec(term)))
  if (any.some((all) => all.includes(null))) return undefined
  return (row) => any.some((all) => all.every((term) => test(row, term!)))
}
