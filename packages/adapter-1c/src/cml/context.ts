import type { Counted, CommerceMlSink, RejectedKind } from "./records.ts"

const DELETED = new Set(["удален", "удалён"])
const YES = new Set(["true", "1", "да", "истина"])
const NO = new Set(["false", "0", "нет", "ложь", ""])

/** What every part of the reader shares: where the records go, where we are, what was counted. */
export interface Context {
  readonly sink: CommerceMlSink
  readonly counts: Record<Counted, number>
  /** Line of the element being opened or closed. */
  line(): number
  reject(kind: RejectedKind, line: number, reason: string): void
}

/** A switch of CommerceML ("true", "1", "да"…); undefined if it is neither yes nor no. */
export const parseSwitch = (text: string): boolean | undefined => {
  const word = text.trim().toLowerCase()
  return YES.has(word) ? true : NO.has(word) ? false : undefined
}

/** The three marks of deletion (fact 36). `Статус` has other values that mean nothing to us. */
export class DeletionMark {
  deleted = false
  /** A `ПометкаУдаления` that is neither yes nor no. */
  unclear = false

  reset(): void {
    this.deleted = false
    this.unclear = false
  }

  status(text: string): void {
    if (DELETED.has(text.trim().toLowerCase())) this.deleted = true
  }

  mark(text: string): void {
    const marked = parseSwitch(text)
    if (marked === undefined) this.unclear = true
    else if (marked) this.deleted = true
  }
}
