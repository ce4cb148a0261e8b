import type { XmlNames } from "./names.ts"
import { outlineOf, Shape, type ShapeAction, type ShapeEvent } from "./shape.ts"

const NOWHERE = -1
/** An element that did not fit so often in a row is learned anew… */
const MISSES = 8
/** …so often at most: a document without a rhythm costs nothing more. */
const LESSONS = 64

/** What a handler must know to take elements of a known shape. */
export interface ShapeHandler {
  /** Where it is in its grammar, and with that what it does with the next element. */
  readonly state: number
  /** What it does at an element of this shape that comes in its present state; undefined: it wants to be told as usual. */
  plan(events: ReadonlyArray<ShapeEvent>): ReadonlyArray<ShapeAction> | undefined
}

/** Learns how elements that come again and again are written. */
export class Shapes {
  readonly #names: XmlNames
  readonly #handler: ShapeHandler
  /** By name. */
  readonly #known: Array<Shape | undefined> = []
  readonly #misses: Array<number> = []
  readonly #lessons: Array<number> = []
  /** By depth: where the last close tag ended, and whose it was. */
  readonly #ends: Int32Array
  readonly #closed: Int32Array

  constructor(names: XmlNames, handler: ShapeHandler, maxDepth: number) {
    this.#names = names
    this.#handler = handler
    this.#ends = new Int32Array(maxDepth + 1).fill(NOWHERE)
    this.#closed = new Int32Array(maxDepth + 1).fill(NOWHERE)
  }

  /** Places in the buffer mean nothing any more. */
  moved(): void {
    this.#ends.fill(NOWHERE)
  }

  /** The shape that an element of this name had, where it stands now. */
  expected(name: number, depth: number): Shape | undefined {
    const shape = this.#known[name]
    return shape !== undefined && shape.depth === depth && shape.state === this.#handler.state ? shape : undefined
  }

  tried(name: number, fitted: boolean): void {
    const misses = fitted ? 0 : this.#misses[name]! + 1
    this.#misses[name] = misses
    if (misses >= MISSES) this.#known[name] = undefined
  }

  /** An element has been read, up to `end`; `depth`: that of its parent's content. */
  closed(name: number, depth: number, buffer: Uint8Array, end: number): void {
    const from = this.#ends[depth]!
    if (from !== NOWHERE && this.#closed[depth] === name && this.#known[name] === undefined) {
      this.#learn(name, depth, buffer, from, end)
    }
    this.#ends[depth] = end
    this.#closed[depth] = name
  }

  #learn(name: number, depth: number, buffer: Uint8Array, from: number, end: number): void {
    const lessons = (this.#lessons[name] ?? 0) + 1
    if (lessons > LESSONS) return
    this.#lessons[name] = lessons
    const outline = outlineOf(buffer, from, end, this.#names)
    const actions = outline?.name === name ? this.#handler.plan(outline.events) : undefined
    if (outline === undefined || actions === undefined) return
    this.#known[name] = new Shape(outline, depth, this.#handler.state, actions)
    this.#misses[name] = 0
  }
}
