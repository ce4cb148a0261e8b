import { GT, isSpace, LF, LT, NAME_STOP, PLAIN_STOP, SLASH } from "./classes.ts"
import type { XmlNames } from "./names.ts"

/** No element of the usual rows is longer. */
const MOST_BYTES = 4096
const MISMATCH = -1

/** What happens in an element of a known shape. `line`: line feeds before it. A `value` lies before the close of its element. */
export type ShapeEvent =
  | { readonly kind: "open"; readonly name: number; readonly line: number }
  /** `slot`: which value is the element's text, −1 where it has children. */
  | { readonly kind: "close"; readonly slot: number; readonly line: number }

/** What a handler does at one place of a shape; `start` and `end`: the value of the slot. */
export interface ShapeAction {
  readonly line: number
  readonly slot: number
  readonly run: (buffer: Uint8Array, start: number, end: number) => void
}

/**
 * Bytes that are the same in every element of the shape, eight at a time and then four, of the last four only what the
 * mask says. Eight bytes of text are a number like any other: never zero, and if they were no number they would only
 * never match.
 */
interface Literal {
  readonly bytes: number
  readonly eights: Float64Array
  readonly four: number
  readonly hasFour: boolean
  readonly tail: number
  readonly tailMask: number
}

/** In every byte of a word. */
const TOP_BITS = 0x80808080 | 0
const ONES = 0x01010101
const BRACKETS_DIFFER = 0x02020202
const BRACKETS = 0x3e3e3e3e
const FIRST_USUAL = 0x28282828

/**
 * Behind words of four bytes that hold none below `(`, no `<` and no `>`, which ids and numbers are made of. For a word
 * w, a top bit of `(w − n) & ~w` is set if and only if some byte is below n.
 */
const behindUsual = (view: DataView, at: number): number => {
  let i = at
  for (; ; i += 4) {
    const word = view.getInt32(i, true)
    const brackets = (word | BRACKETS_DIFFER) ^ BRACKETS
    if (((((word - FIRST_USUAL) & ~word) | ((brackets - ONES) & ~brackets)) & TOP_BITS) !== 0) return i
  }
}

const literalOf = (bytes: Uint8Array): Literal => {
  const padded = new Uint8Array(bytes.length + 8)
  padded.set(bytes)
  const view = new DataView(padded.buffer)
  const eights = Float64Array.from({ length: bytes.length >> 3 }, (_, i) => view.getFloat64(8 * i, true))
  const hasFour = (bytes.length & 4) !== 0
  const rest = bytes.length & ~7
  const tailMask = (1 << (8 * (bytes.length & 3))) - 1
  return {
    bytes: bytes.length,
    eights,
    four: view.getInt32(rest, true),
    hasFour,
    tail: view.getInt32(bytes.length & ~3, true) & tailMask,
    tailMask
  }
}

/**
 * An element as its sisters were written: the same tags and the same layout, only other texts in its leaves. Files of
 * 1C are hundreds of thousands of such elements, and comparing their fixed bytes is several times as fast as scanning
 * them. What fits is exactly what the scanner would have read, byte by byte; what does not fit, it reads itself.
 */
export class Shape {
  readonly depth: number
  readonly state: number
  readonly lines: number
  readonly actions: ReadonlyArray<ShapeAction>
  /** Where the values of the last match lie. */
  readonly starts: Int32Array
  readonly ends: Int32Array
  readonly #literals: ReadonlyArray<Literal>

  constructor(outline: Outline, depth: number, state: number, actions: ReadonlyArray<ShapeAction>) {
    this.depth = depth
    this.state = state
    this.actions = actions
    this.lines = outline.lines
    this.#literals = outline.literals.map(literalOf)
    this.starts = new Int32Array(outline.literals.length)
    this.ends = new Int32Array(outline.literals.length)
  }

  /** The index behind the element that begins at `at`, or −1. `view` is over `buffer`, which ends at `end` with a `<`. */
  match(buffer: Uint8Array, view: DataView, at: number, end: number): number {
    const literals = this.#literals
    const last = literals.length - 1
    let pos = at
    for (let l = 0; ; l++) {
      const { bytes, eights, four, hasFour, tail, tailMask } = literals[l]!
      if (pos + bytes > end) return MISMATCH
      let j = pos
      for (let w = 0; w < eights.length; w++, j += 8) if (eights[w] !== view.getFloat64(j, true)) return MISMATCH
      if (hasFour) {
        if (four !== view.getInt32(j, true)) return MISMATCH
        j += 4
      }
      if ((view.getInt32(j, true) & tailMask) !== tail) return MISMATCH
      pos += bytes
      if (l === last) return pos
      this.starts[l] = pos
      pos = behindUsual(view, pos)
      while (PLAIN_STOP[buffer[pos]!] === 0) pos++
      if (buffer[pos] !== LT) return MISMATCH
      this.ends[l] = pos
    }
  }
}

/** What the bytes of an element say of its shape. */
export interface Outline {
  readonly name: number
  readonly events: ReadonlyArray<ShapeEvent>
  /** One more than there are values. */
  readonly literals: ReadonlyArray<Uint8Array>
  readonly lines: number
}

/**
 * Reads the outline of one element, with the layout before it, from bytes that the scanner has found to be in order.
 * Undefined where they hold anything but plain tags, layout, and plain text in leaves.
 */
export const outlineOf = (buffer: Uint8Array, from: number, to: number, names: XmlNames): Outline | undefined => {
  if (to - from > MOST_BYTES) return undefined
  const events: Array<ShapeEvent> = []
  const literals: Array<Uint8Array> = []
  const open: Array<number> = []
  let literalFrom = from
  let lines = 0
  let leaf = false
  for (let i = from; i < to;) {
    const textFrom = i
    while (isSpace(buffer[i]!)) if (buffer[i++] === LF) lines++
    let value = false
    while (buffer[i] !== LT) {
      if (PLAIN_STOP[buffer[i]!] !== 0) return undefined
      value = true
      i++
    }
    const closes = buffer[i + 1] === SLASH
    // Attributes, comments and the like are not looked for: their tags do not end where their names do.
    if (value && !(leaf && closes)) return undefined
    const nameFrom = i + (closes ? 2 : 1)
    let nameTo = nameFrom
    while (NAME_STOP[buffer[nameTo]!] === 0) nameTo++
    if (buffer[nameTo] !== GT) return undefined
    if (closes) {
      if (open.pop() === undefined) return undefined
      let slot = -1
      if (leaf) {
        if (hasLine(buffer, textFrom, i)) return undefined
        slot = literals.push(buffer.slice(literalFrom, textFrom)) - 1
        literalFrom = i
      }
      events.push({ kind: "close", slot, line: lines })
    } else {
      if (events.length > 0 && open.length === 0) return undefined
      const name = names.intern(buffer, nameFrom, nameTo)
      open.push(name)
      events.push({ kind: "open", name, line: lines })
    }
    leaf = !closes
    i = nameTo + 1
  }
  const [first] = events
  if (open.length > 0 || first?.kind !== "open") return undefined
  literals.push(buffer.slice(literalFrom, to))
  return { name: first.name, events, literals, lines }
}

const hasLine = (buffer: Uint8Array, from: number, to: number): boolean => {
  const at = buffer.indexOf(LF, from)
  return at >= 0 && at < to
}
