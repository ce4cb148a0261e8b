import type { DecimalProblem } from "./decimal.ts"

const SHOWN = 24

const decoder = new TextDecoder("utf-8", { ignoreBOM: true })

const shown = (bytes: Uint8Array, start: number, end: number): string => {
  const text = decoder.decode(bytes.subarray(start, end))
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text
}

/** Why a number was not taken, in Russian; `what` is a neuter or feminine noun in the nominative ("количество"). */
export const numberReason = (
  problem: DecimalProblem | "negative", what: string, bytes: Uint8Array, start: number, end: number
): string => {
  if (problem === "empty") return `${what}: значение пусто`
  const value = `${what} «${shown(bytes, start, end)}»`
  switch (problem) {
    case "not-a-number":
      return `${value} — не число`
    case "too-precise":
      return `${value}: слишком много знаков после запятой`
    case "too-large":
      return `${value}: слишком большое число`
    case "negative":
      return `${value}: отрицательное число`
  }
}
