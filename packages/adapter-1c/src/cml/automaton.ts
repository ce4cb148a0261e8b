import type { XmlAttributes } from "../xml/attributes.ts"
import type { TextKind } from "../xml/decode.ts"
import { XmlNames } from "../xml/names.ts"
import type { XmlHandler } from "../xml/scanner.ts"
import { MAX_DEPTH, NO_ATTRIBUTES } from "../xml/scanner.ts"
import type { ShapeAction, ShapeEvent } from "../xml/shape.ts"
import type { ShapeHandler } from "../xml/shapes.ts"
import type { Field } from "./field.ts"

/** How one element is read. Elements that no rule names are skipped with all they contain. */
export interface Rule {
  /** Name of a child element → name of its rule. */
  readonly children?: Readonly<Record<string, string>>
  readonly open?: (attributes: XmlAttributes) => void
  /** Wants the element's own text; called at its end, before `close`. */
  readonly value?: (field: Field) => void
  readonly close?: () => void
}
export type Rules = Readonly<Record<string, Rule>>

const NO_RULE = -1
const UNKNOWN = -1
/** In an element that no rule names. */
const SKIPPING = -1
const UNSEEN = -2
const MAX_NAMES = 1024

/**
 * Reads a document by rules that are data: they are compiled into one table (rule, name) → rule, so that the way of an
 * element through the grammar costs one look-up. A name's prefix is dropped when it is the root's.
 */
export class Automaton implements XmlHandler {
  readonly names: XmlNames
  readonly shapes: ShapeHandler = this.#shapeHandler()
  readonly #field: Field
  readonly #words: number
  readonly #wordNumbers: ReadonlyMap<string, number>
  readonly #table: Int16Array
  readonly #opens: Array<Rule["open"]>
  readonly #values: Array<Rule["value"]>
  readonly #closes: Array<Rule["close"]>
  readonly #strange: (root: string) => never
  readonly #aliases = new Int16Array(MAX_NAMES).fill(UNSEEN)
  readonly #stack = new Int16Array(MAX_DEPTH + 1)
  readonly #begins = new Int32Array(MAX_DEPTH + 1)
  #depth = 0
  #rule = 0
  #skip = 0
  #prefix = ""

  /** Rule `start` names the roots; `attributes` get the numbers 0, 1, 2…; `strange` is called for another root. */
  constructor(rules: Rules, attributes: ReadonlyArray<string>, field: Field, strange: (root: string) => never) {
    this.#field = field
    const order = ["start", ...Object.keys(rules).filter((name) => name !== "start")]
    const inOrder = order.map((name) => rules[name]!)
    const words = new Set([...attributes, ...inOrder.flatMap((rule) => Object.keys(rule.children ?? {}))])
    this.#wordNumbers = new Map(Array.from(words, (word, number) => [word, number]))
    this.#words = words.size
    this.names = new XmlNames(words)
    this.#table = this.#compile(inOrder, order)
    this.#opens = inOrder.map((rule) => rule.open)
    this.#values = inOrder.map((rule) => rule.value)
    this.#closes = inOrder.map((rule) => rule.close)
    this.#strange = strange
  }

  open(name: number, attributes: XmlAttributes): void {
    if (this.#skip > 0) {
      this.#skip++
      return
    }
    const next = this.#next(name)
    if (next === NO_RULE) {
      if (this.#depth === 0) this.#strange(this.names.text(name))
      this.#skip = 1
      return
    }
    this.#stack[this.#depth++] = this.#rule
    this.#rule = next
    this.#opens[next]?.(attributes)
    this.#begins[this.#depth] = this.#field.begin()
  }

  text(buffer: Uint8Array, start: number, end: number, kind: TextKind): void {
    if (this.#skip === 0 && this.#values[this.#rule] !== undefined) this.#field.append(buffer, start, end, kind)
  }

  close(): void {
    if (this.#skip > 0) {
      this.#skip--
      return
    }
    const value = this.#values[this.#rule]
    if (value !== undefined) {
      const begin = this.#begins[this.#depth]!
      this.#field.trim(begin)
      value(this.#field)
      this.#field.release(begin)
    }
    this.#closes[this.#rule]?.()
    this.#rule = this.#stack[--this.#depth]!
  }

  #shapeHandler(): ShapeHandler {
    const stateOf = (): number => (this.#skip > 0 ? SKIPPING : this.#rule)
    return {
      get state() {
        return stateOf()
      },
      plan: (events) => (this.#skip > 0 ? [] : this.#plan(events))
    }
  }

  /** The calls that `open`, `text` and `close` would make, without the way to them. */
  #plan(events: ReadonlyArray<ShapeEvent>): ReadonlyArray<ShapeAction> | undefined {
    const actions: Array<ShapeAction> = []
    const rules = [this.#rule]
    let skip = 0
    for (const event of events) {
      if (skip > 0) skip += event.kind === "open" ? 1 : -1
      else if (event.kind === "close") {
        const some = this.#closing(rules.pop()!, event.slot, event.line)
        if (some === undefined) return undefined
        actions.push(...some)
      } else {
        const next = this.#next(event.name, rules.at(-1))
        const open = this.#opens[next]
        if (open !== undefined) actions.push({ line: event.line, slot: 0, run: () => open(NO_ATTRIBUTES) })
        if (next === NO_RULE) skip = 1
        else rules.push(next)
      }
    }
    return actions
  }

  #closing(rule: number, slot: number, line: number): ReadonlyArray<ShapeAction> | undefined {
    const value = this.#values[rule]
    // Its text would be that before, between and behind its children.
    if (value !== undefined && slot < 0) return undefined
    const close = this.#closes[rule]
    return [
      ...(value === undefined ? [] : [{ line, slot, run: this.#reading(value) }]),
      ...(close === undefined ? [] : [{ line, slot: 0, run: close }])
    ]
  }

  #reading(value: NonNullable<Rule["value"]>): ShapeAction["run"] {
    const field = this.#field
    return (buffer, start, end) => {
      field.lend(buffer, start, end)
      value(field)
      field.giveBack()
    }
  }

  #next(name: number, rule = this.#rule): number {
    const word = name < this.#words ? name : this.#alias(name)
    return word === UNKNOWN ? NO_RULE : this.#table[rule * this.#words + word]!
  }

  /** The known name behind `prefix:name`, found once per name. */
  #alias(name: number): number {
    const text = this.names.text(name)
    if (this.#depth === 0) this.#prefix = text.slice(0, text.indexOf(":") + 1)
    if (this.#aliases[name] === UNSEEN) {
      const own = this.#prefix !== "" && text.startsWith(this.#prefix)
      this.#aliases[name] = own ? this.#wordNumbers.get(text.slice(this.#prefix.length)) ?? UNKNOWN : UNKNOWN
    }
    return this.#aliases[name]!
  }

  #compile(rules: ReadonlyArray<Rule>, order: ReadonlyArray<string>): Int16Array {
    const ruleNumbers = new Map(order.map((name, index) => [name, index]))
    const table = new Int16Array(rules.length * this.#words).fill(NO_RULE)
    for (const [index, rule] of rules.entries())
      for (const [child, target] of Object.entries(rule.children ?? {})) {
        const next = ruleNumbers.get(target)
        if (next === undefined) throw new Error(`[adapter-1c] rule ${order[index]} names an unknown rule: ${target}`)
        table[index * this.#words + this.#wordNumbers.get(child)!] = next
      }
    return table
  }
}
