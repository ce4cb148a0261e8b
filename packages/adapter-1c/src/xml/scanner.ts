import { XmlAttributes } from "./attributes.ts"
import { checkTextByte, endsName } from "./checks.ts"
import { AMP, BANG, GT, isControl, isSpace, LF, LT, QUESTION, SLASH, SPACE, TAB, TEXT_STOP } from "./classes.ts"
import { TEXT, type TextKind } from "./decode.ts"
import { EncodingGate, type XmlEncoding } from "./encoding.ts"
import { AT_END, XmlError, XmlFault } from "./error.ts"
import { INCOMPLETE, Misc } from "./misc.ts"
import { nameEnd, VIEW_SLACK, XmlNames } from "./names.ts"
import { referenceEnd } from "./reference.ts"
import type { Shape } from "./shape.ts"
import { type ShapeHandler, Shapes } from "./shapes.ts"

export const MAX_DEPTH = 100
/** Longest text, tag, comment or instruction, in bytes. */
export const MAX_TOKEN = 1 << 20

const WINDOW = 65_536
/** Four of them. */
const TABS = 0x09090909
/** Those of a tag that has none. */
export const NO_ATTRIBUTES = new XmlAttributes()

/** Slices are valid only during the call: copy or read what is needed. */
export interface XmlHandler {
  open(name: number, attributes: XmlAttributes): void
  /** A piece of text: CDATA sections and comments cut text into pieces. White space between two tags is left out. */
  text(buffer: Uint8Array, start: number, end: number, kind: TextKind): void
  close(name: number): void
  /** For elements that are written alike again and again: taken as a whole instead of event by event. */
  readonly shapes?: ShapeHandler | undefined
}

/**
 * Streaming XML 1.0 scanner over bytes. Chunks may be cut anywhere; events are the same for every cut, though they may
 * come a chunk later. Names are integers of `names`, text comes as raw slices (`decodeText` makes strings of them).
 *
 * It checks nesting, encoding, references, attribute and name syntax, and refuses with `XmlError` whatever it does not
 * read: DOCTYPE, entities other than the five, UTF-16, more than 100 levels, tokens above 1 MiB. It knows no
 * namespaces (a prefix is part of the name). After an error every further call throws the same error.
 */
export class XmlScanner {
  readonly names: XmlNames
  readonly #handler: XmlHandler
  readonly #gate = new EncodingGate((bytes) => this.#feed(bytes))
  readonly #attributes = new XmlAttributes()
  readonly #misc = new Misc()
  readonly #stack = new Int32Array(MAX_DEPTH)
  #depth = 0
  #rootSeen = false
  #buffer: Uint8Array = new Uint8Array(4096)
  #view = new DataView(this.#buffer.buffer)
  #pos = 0
  #end = 0
  /** Source bytes no longer in the buffer. */
  #dropped = 0
  #line = 1
  /** Bytes that must be there before an unfinished token is tried again: keeps tiny chunks linear. */
  #retryAt = 0
  /** Which name followed the last tag before: documents repeat themselves, so the guess saves hashing. */
  readonly #guesses = new Int16Array(2 * 1024).fill(-1)
  #last = 0
  /** The token before was no tag. */
  #mixed = false
  readonly #shapes: Shapes | undefined
  #failure: unknown

  constructor(handler: XmlHandler, names: XmlNames = new XmlNames()) {
    this.#handler = handler
    this.names = names
    this.#shapes = handler.shapes === undefined ? undefined : new Shapes(names, handler.shapes, MAX_DEPTH)
  }

  /** 1-based line where the current tag or text begins. */
  get line(): number {
    return this.#line
  }

  /** Undefined until a byte beyond ASCII has been seen. */
  get encoding(): XmlEncoding | undefined {
    return this.#gate.encoding
  }

  push(chunk: Uint8Array): void {
    this.#guard(() => {
      for (let at = 0; at < chunk.length; at += WINDOW) this.#gate.push(chunk.subarray(at, at + WINDOW))
    })
  }

  /** No more bytes will come: throws if the document is not complete. */
  end(): void {
    this.#guard(() => {
      this.#gate.end()
      this.#scan()
      if (this.#pos < this.#end || this.#depth > 0) throw new XmlFault("truncated", AT_END, this.#openElement())
      if (!this.#rootSeen) throw new XmlFault("empty", AT_END)
    })
  }

  #openElement(): string | undefined {
    return this.#depth === 0 ? undefined : `не закрыт элемент <${this.names.text(this.#stack[this.#depth - 1]!)}>`
  }

  #guard(work: () => void): void {
    if (this.#failure !== undefined) throw this.#failure
    try {
      work()
    } catch (cause) {
      this.#failure = cause instanceof XmlFault ? this.#report(cause) : cause
      throw this.#failure
    }
  }

  #report(fault: XmlFault): XmlError {
    const at = fault.at === AT_END ? this.#end : fault.at
    let line = this.#line
    for (let i = this.#pos; i < at; i++) if (this.#buffer[i] === LF) line++
    const offset = this.#gate.skipped + this.#dropped + this.#sourceLength(at)
    return new XmlError({ code: fault.code, line, offset, ...(fault.detail !== undefined && { detail: fault.detail }) })
  }

  /** Bytes of the source behind the first `length` bytes of the buffer. */
  #sourceLength(length: number): number {
    if (this.#gate.encoding !== "windows-1251") return length
    let letters = 0
    for (let i = 0; i < length; i++) if ((this.#buffer[i]! & 0xc0) !== 0x80) letters++
    return letters
  }

  #feed(bytes: Uint8Array): void {
    if (this.#pos > 0) this.#compact()
    const size = this.#end + bytes.length + VIEW_SLACK
    if (size > this.#buffer.length) this.#grow(size)
    this.#buffer.set(bytes, this.#end)
    this.#end += bytes.length
    // The scanning loops stop at "<" without looking at the end of the data.
    this.#buffer[this.#end] = LT
    if (this.#end >= this.#retryAt) this.#scan()
  }

  #compact(): void {
    this.#dropped += this.#sourceLength(this.#pos)
    this.#buffer.copyWithin(0, this.#pos, this.#end)
    this.#end -= this.#pos
    this.#pos = 0
    this.#shapes?.moved()
  }

  #grow(size: number): void {
    const larger = new Uint8Array(Math.max(size, 2 * this.#buffer.length))
    larger.set(this.#buffer.subarray(0, this.#end))
    this.#buffer = larger
    this.#view = new DataView(larger.buffer)
  }

  #scan(): void {
    while (this.#pos < this.#end) {
      if (this.#depth > 0) this.#run()
      if (this.#pos === this.#end) break
      const start = this.#pos
      const next = this.#buffer[start] === LT ? this.#markup(start) : this.#text(start)
      if (next === INCOMPLETE) break
      if (next - start > MAX_TOKEN) throw new XmlFault("token-too-long", start)
      this.#pos = next
    }
    const pending = this.#end - this.#pos
    if (pending > MAX_TOKEN) throw new XmlFault("token-too-long", this.#pos)
    this.#retryAt = 2 * pending
  }

  /**
   * The usual tokens in one loop over locals, which is twice as fast: a tag without attributes that was foreseen, the
   * close of the open element, layout, text without references. Stops in front of everything else, and judges nothing.
   */
  #run(): void {
    const [buffer, view, end, names, stack, guesses] =
      [this.#buffer, this.#view, this.#end, this.names, this.#stack, this.#guesses]
    const handler = this.#handler
    const shapes = this.#shapes
    let pos = this.#pos
    let line = this.#line
    let depth = this.#depth
    let last = this.#last
    let mixed = this.#mixed
    while (depth > 0) {
      if (shapes !== undefined && !mixed) {
        const name = guesses[last]!
        const shape = name < 0 ? undefined : shapes.expected(name, depth)
        const behind = shape === undefined ? -1 : shape.match(buffer, view, pos, end)
        if (shape !== undefined) shapes.tried(name, behind >= 0)
        if (behind >= 0) {
          this.#take(shape!, line)
          line += shape!.lines
          pos = behind
          last = 2 * name + 1
          continue
        }
      }
      let i = pos
      let lines = 0
      let byte = buffer[i]!
      if (!mixed) {
        while (isSpace(byte)) {
          if (byte === LF) lines++
          // Most bytes between tags are tabs.
          else if (byte === TAB) while (view.getInt32(i + 1, true) === TABS) i += 4
          byte = buffer[++i]!
        }
      }
      if (byte !== LT) {
        while (TEXT_STOP[byte] === 0 || byte === LF) {
          if (byte === LF) lines++
          byte = buffer[++i]!
        }
        if (byte !== LT || i === end || i - pos > MAX_TOKEN) break
        this.#line = line
        handler.text(buffer, pos, i, TEXT.plain)
        mixed = true
        line += lines
        pos = i
        continue
      }
      if (i === end) break
      const next = buffer[i + 1]!
      if (i > pos && (i + 1 >= end || next === BANG || next === QUESTION)) break
      line += lines
      pos = i
      if (next === SLASH) {
        const name = stack[depth - 1]!
        if (!names.follows(name, view, i + 2)) break
        i += 2 + names.byteLength(name)
        if (buffer[i] !== GT) break
        depth--
        last = 2 * name + 1
        this.#line = line
        handler.close(name)
        shapes?.closed(name, depth, buffer, i + 1)
      } else {
        const guess = guesses[last]!
        if (guess < 0 || depth === MAX_DEPTH || !names.follows(guess, view, i + 1)) break
        i += 1 + names.byteLength(guess)
        if (buffer[i] !== GT) break
        stack[depth++] = guess
        last = 2 * guess
        this.#line = line
        handler.open(guess, NO_ATTRIBUTES)
      }
      mixed = false
      pos = i + 1
    }
    this.#pos = pos
    this.#line = line
    this.#depth = depth
    this.#last = last
    this.#mixed = mixed
  }

  /** Tells the handler of an element that has just matched. */
  #take({ actions, starts, ends }: Shape, line: number): void {
    for (let i = 0; i < actions.length; i++) {
      const action = actions[i]!
      this.#line = line + action.line
      action.run(this.#buffer, starts[action.slot]!, ends[action.slot]!)
    }
  }

  #markup(start: number): number {
    const byte = this.#buffer[start + 1]!
    if (byte === SLASH) return this.#close(start)
    if (byte === BANG || byte === QUESTION) return this.#other(start)
    return start + 1 === this.#end ? INCOMPLETE : this.#open(start)
  }

  #text(start: number): number {
    const buffer = this.#buffer
    let lines = 0
    let i = start
    let first = buffer[i]!
    while (first <= SPACE) {
      if (first === LF) lines++
      else if (isControl(first)) throw new XmlFault("control-character", i)
      first = buffer[++i]!
    }
    if (first === LT) {
      if (this.#depth > 0 && i + 1 >= this.#end) return INCOMPLETE
      if (this.#depth === 0 || !this.#isMixed(buffer[i + 1]!)) {
        this.#line += lines
        return i
      }
    } else if (this.#depth === 0) throw new XmlFault("text-outside-root", i)
    return this.#content(start, i, lines)
  }

  /** White space beside text, CDATA or a comment is part of the text; between two tags it is layout. */
  #isMixed(next: number): boolean {
    return this.#mixed || next === BANG || next === QUESTION
  }

  /** Text that begins at `start` and has been looked at as far as `from`. */
  #content(start: number, from: number, linesBefore: number): number {
    const buffer = this.#buffer
    let lines = linesBefore
    let i = from
    let kind: TextKind = TEXT.plain
    for (; ; i++) {
      while (TEXT_STOP[buffer[i]!] === 0) i++
      const byte = buffer[i]!
      if (byte === LT) break
      if (byte === LF) lines++
      else if (byte === AMP) {
        kind = TEXT.escaped
        i = referenceEnd(buffer, i, this.#end)
        if (i === INCOMPLETE) return INCOMPLETE
      } else checkTextByte(buffer, i, start)
    }
    if (i === this.#end) return INCOMPLETE
    if (i - start <= MAX_TOKEN) this.#handler.text(buffer, start, i, kind)
    this.#mixed = true
    this.#line += lines
    return i
  }

  #open(start: number): number {
    const buffer = this.#buffer
    const name = this.#readName(start + 1)
    if (name === INCOMPLETE) return INCOMPLETE
    const attributes = this.#attributes
    let next = start + 1 + this.names.byteLength(name)
    if (buffer[next] === GT) {
      attributes.clear()
      next++
    } else {
      next = attributes.read(buffer, next, this.#end, this.names)
      if (next === INCOMPLETE) return INCOMPLETE
    }
    if (next - start <= MAX_TOKEN) this.#enter(name, start)
    this.#line += attributes.lines
    return next
  }

  #enter(name: number, start: number): void {
    if (this.#depth === 0) {
      if (this.#rootSeen) throw new XmlFault("two-roots", start)
      this.#rootSeen = true
    }
    if (this.#depth === MAX_DEPTH) throw new XmlFault("too-deep", start)
    this.#handler.open(name, this.#attributes)
    if (this.#attributes.selfClosing) this.#handler.close(name)
    else this.#stack[this.#depth++] = name
    this.#mixed = false
    this.#last = this.#attributes.selfClosing ? 2 * name + 1 : 2 * name
  }

  #readName(at: number): number {
    const guess = this.#guesses[this.#last]!
    if (guess >= 0 && this.names.follows(guess, this.#view, at)) {
      const behind = this.#buffer[at + this.names.byteLength(guess)]!
      if (endsName(behind)) return guess
    }
    const end = nameEnd(this.#buffer, at)
    if (end === this.#end) return INCOMPLETE
    const behind = this.#buffer[end]!
    if (end === at || !endsName(behind)) throw new XmlFault("malformed-tag", end)
    return (this.#guesses[this.#last] = this.names.intern(this.#buffer, at, end))
  }

  #close(start: number): number {
    if (this.#depth === 0) throw new XmlFault("unexpected-close", start)
    const buffer = this.#buffer
    const name = this.#stack[this.#depth - 1]!
    const fits = this.names.follows(name, this.#view, start + 2)
    let i = fits ? start + 2 + this.names.byteLength(name) : nameEnd(buffer, start + 2)
    let lines = 0
    while (isSpace(buffer[i]!)) if (buffer[i++] === LF) lines++
    if (i === this.#end) return INCOMPLETE
    if (!fits || buffer[i] !== GT) throw new XmlFault("mismatched-tag", start, this.#openElement())
    this.#depth--
    this.#mixed = false
    this.#last = 2 * name + 1
    this.#handler.close(name)
    this.#line += lines
    return i + 1
  }

  #other(start: number): number {
    const misc = this.#misc
    const next = misc.read(this.#buffer, start, this.#end, this.#dropped === 0 && start === 0)
    if (next === INCOMPLETE) return INCOMPLETE
    if (misc.isCdata) {
      if (this.#depth === 0) throw new XmlFault("text-outside-root", start)
      const length = misc.contentEnd - misc.contentStart
      if (length > 0 && next - start <= MAX_TOKEN)
        this.#handler.text(this.#buffer, misc.contentStart, misc.contentEnd, TEXT.cdata)
    }
    this.#mixed = true
    this.#line += misc.lines
    return next
  }
}
