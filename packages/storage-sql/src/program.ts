import type { Compilable } from "kysely"

/** SQL text with its parameters' names in order: compiled once, bound many times. */
export interface Statement {
  readonly sql: string
  readonly bind: (values: Readonly<Record<string, unknown>>) => Array<unknown>
}

class Named {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

/** A parameter of a statement, by name. Typed as whatever the column wants. */
// oxlint-disable-next-line typescript/no-explicit-any -- a placeholder stands where Kysely wants a value of any column
export const param = (name: string): any => new Named(name)

/** Compiles a Kysely query whose values are `param`s. */
export const statement = (query: Compilable): Statement => {
  const { sql, parameters } = query.compile()
  const names = parameters.map((value) => (value instanceof Named ? value.name : null))
  return {
    sql,
    bind: (values) =>
      names.map((name, i) => {
        if (name === null) return parameters[i]
        const value = values[name]
        if (value === undefined) throw new Error(`statement: no value for ${name} in: ${sql.slice(0, 80)}`)
        return value
      })
  }
}

export interface Step {
  readonly kind: "run" | "all"
  readonly sql: string
  readonly values: ReadonlyArray<unknown>
}

export interface StepResult {
  readonly changes: number
  readonly rows: ReadonlyArray<Record<string, unknown>>
}

/**
 * A piece of database work that does not care whether its driver is synchronous (SQLite) or not (MariaDB): it yields
 * its statements and is given their results. One text of every rule for both databases.
 */
export type Program<A> = Generator<Step, A, StepResult>

/** Runs a writing statement; gives the number of rows it touched. */
export function* run(s: Statement, values: Readonly<Record<string, unknown>> = {}): Program<number> {
  return (yield { kind: "run", sql: s.sql, values: s.bind(values) }).changes
}

/** Runs a reading statement. */
export function* all<Row>(s: Statement, values: Readonly<Record<string, unknown>> = {}): Program<ReadonlyArray<Row>> {
  return (yield { kind: "all", sql: s.sql, values: s.bind(values) }).rows as unknown as ReadonlyArray<Row>
}

export function* one<Row>(s: Statement, values: Readonly<Record<string, unknown>> = {}): Program<Row | null> {
  return (yield* all<Row>(s, values))[0] ?? null
}

const LIST = 500

/** `… in (?, ?, …)` over a list of any length, in pieces; the text for each length is compiled once. */
export const inPieces = <Row>(query: (list: ReadonlyArray<unknown>) => Compilable) => {
  const read = inPiecesWith<Row>(query)
  return (values: ReadonlyArray<unknown>): Program<ReadonlyArray<Row>> => read(values, {})
}

/** The same for a query with other parameters beside the list. */
export const inPiecesWith = <Row>(query: (list: ReadonlyArray<unknown>) => Compilable) => {
  const texts = new Map<number, Statement>()
  return function*(
    values: ReadonlyArray<unknown>,
    rest: Readonly<Record<string, unknown>>
  ): Program<ReadonlyArray<Row>> {
    const rows: Array<Row> = []
    for (let i = 0; i < values.length; i += LIST) {
      const piece = values.slice(i, i + LIST)
      let text = texts.get(piece.length)
      if (text === undefined) texts.set(piece.length, text = statement(query(piece.map((_, n) => param(`v${n}`)))))
      rows.push(...(yield* all<Row>(text, { ...rest, ...Object.fromEntries(piece.map((value, n) => [`v${n}`, value])) })))
    }
    return rows
  }
}

/** A writing statement over a list of any length, in pieces; `rest`: its parameters beside the list. */
export const updatePieces = (query: (list: ReadonlyArray<unknown>) => Compilable) => {
  const texts = new Map<number, Statement>()
  return function*(values: ReadonlyArray<unknown>, rest: Readonly<Record<string, unknown>>): Program<void> {
    for (let i = 0; i < values.length; i += LIST) {
      const piece = values.slice(i, i + LIST)
      let text = texts.get(piece.length)
      if (text === undefined) texts.set(piece.length, text = statement(query(piece.map((_, n) => param(`v${n}`)))))
      yield* run(text, { ...rest, ...Object.fromEntries(piece.map((value, n) => [`v${n}`, value])) })
    }
  }
}

/** Raw text for the few statements whose shape depends on their rows. */
export function* raw(kind: Step["kind"], sql: string, values: ReadonlyArray<unknown>): Program<StepResult> {
  return yield { kind, sql, values }
}

/** A refusal crosses threads as plain data and is rebuilt on the other side (D20). */
export class Refusal extends Error {
  readonly tag: string
  readonly fields: Readonly<Record<string, unknown>>
  constructor(tag: string, fields: Readonly<Record<string, unknown>>) {
    super(tag)
    this.tag = tag
    this.fields = fields
  }
}

/** Drives a program over a synchronous connection. */
export const runSync = <A>(program: Program<A>, step: (step: Step) => StepResult): A => {
  let next = program.next()
  while (next.done !== true) {
    let result: StepResult
    try {
      result = step(next.value)
    } catch (error) {
      next = program.throw(error)
      continue
    }
    next = program.next(result)
  }
  return next.value
}

/** Drives a program over an asynchronous connection. */
export const runAsync = async <A>(program: Program<A>, step: (step: Step) => Promise<StepResult>): Promise<A> => {
  let next = program.next()
  while (next.done !== true) {
    let result: StepResult
    try {
      result = await step(next.value)
    } catch (error) {
      next = program.throw(error)
      continue
    }
    next = program.next(result)
  }
  return next.value
}
