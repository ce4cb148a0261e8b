import { LedgerFile } from "./ledger-file.ts"
import { type LedgerState, type PartMemory, UNKNOWN, upgraded } from "./remembered.ts"
import { without } from "./turns.ts"

const DAY = 24 * 3_600_000
const KEPT_PART_MS = 180 * DAY
/** 1C repeats a document when it is touched there once more, or its answer was lost: mostly in the next exchanges. */
const KEPT_ENDED_MS = 7 * DAY
/** Parts that wait for their goods to be linked. */
const KEPT_ASIDE = 200
/** Parts that are written without letting other work in. */
const PIECE = 500

/** What 1C was offered and what is known of its documents: on disk before an answer leaves. */
export class Ledger {
  readonly state: LedgerState
  readonly #file: LedgerFile
  /** By number. */
  readonly #parts: Map<string, PartMemory>
  /** Our id of a part, and 1C's id of its document → number. */
  readonly #numbers = new Map<string, string>()
  /** Numbers of which the disk does not know the latest. */
  readonly #changed = new Set<string>()
  /** The state as it was last handed to the disk. */
  #stateText: string
  #saved: Promise<void> = Promise.resolve()
  #turn: Promise<unknown> = Promise.resolve()
  #gathering: Promise<void> | undefined

  constructor(folder: string) {
    const { file, saved: { parts, ...state } } = LedgerFile.open(folder)
    this.#file = file
    this.state = { ...state, offers: state.offers.map(upgraded) }
    this.#stateText = JSON.stringify(state)
    this.#parts = new Map(Object.entries(parts).map(([number, part]) => [number, { ...UNKNOWN, ...part }]))
    for (const [number, part] of this.#parts) this.#index(number, part)
  }

  get parts(): ReadonlyMap<string, PartMemory> {
    return this.#parts
  }

  /** An order that was put aside is in no offer any more: whoever confirms one does not mean it. */
  withdraw(order: string): void {
    const { [order]: _, ...alone } = this.state.alone
    Object.assign(this.state, { alone, offers: without(this.state.offers, ({ orderId }) => orderId === order) })
  }

  /** A part that cannot be told: its case is ours to close. */
  putAside(order: string, part: string): void {
    this.withdraw(order)
    this.state.aside = [...this.state.aside.filter((one) => one !== part), part].slice(-KEPT_ASIDE)
  }

  takeUp(part: string): void {
    if (this.state.aside.includes(part)) this.state.aside = this.state.aside.filter((one) => one !== part)
  }

  remember(number: string, known: Partial<PartMemory> & { readonly fulfilmentId: string; readonly at: number }): void {
    const before = this.#parts.get(number)
    const part = { ...UNKNOWN, ...before, ...known }
    this.#parts.set(number, part)
    this.#changed.add(number)
    if (before !== undefined) this.#unindex(before)
    this.#index(number, part)
  }

  /**
   * Nothing more is to be told of these; but of one that has come to life again since, an open offer speaks, and one that
   * left is waited for.
   */
  forgetEnded(numbers: ReadonlyArray<string>): void {
    const open = new Set(this.state.offers.flatMap(({ orders }) => orders).flatMap(({ documents }) => Object.keys(documents)))
    for (const number of numbers) {
      if (!open.has(number) && this.#parts.get(number)?.left !== true) this.forget(number)
    }
  }

  forget(number: string): void {
    const part = this.#parts.get(number)
    if (part === undefined) return
    this.#parts.delete(number)
    this.#changed.add(number)
    this.#unindex(part)
  }

  /** The number under which a document's id is known: ours or the one 1C gave. */
  numberOf(id: string): string | undefined {
    return this.#numbers.get(id)
  }

  /** One after another: what is judged by what is remembered must not change meanwhile. */
  exclusive<A>(work: () => Promise<A>): Promise<A> {
    const turn = this.#turn.then(work)
    this.#turn = turn.catch(() => undefined)
    return turn
  }

  /** Resolves when what is remembered now is on disk. Costs what has changed since the last time. */
  save(now: number): Promise<void> {
    const state = JSON.stringify(this.state)
    if (state === this.#stateText && this.#changed.size === 0) return this.#saved
    const changed = [...this.#changed]
    const parts = Object.fromEntries(changed.map((number) => [number, this.#parts.get(number) ?? null]))
    const fields = [
      ...(state === this.#stateText ? [] : [`"state":${state}`]),
      ...(changed.length === 0 ? [] : [`"parts":${JSON.stringify(parts)}`])
    ]
    this.#changed.clear()
    this.#stateText = state
    this.#saved = this.#file.append(`{${fields.join()}}`).catch((error: unknown) => {
      for (const number of changed) this.#changed.add(number)
      this.#stateText = ""
      throw error
    })
    if (this.#file.outgrown) this.#gather(now)
    return this.#saved
  }

  /** Nothing of it writes any more. */
  async close(): Promise<void> {
    await this.#saved.catch(() => undefined)
    await this.#gathering
  }

  /** Beside all else. What fails is tried again when the journal has grown as much once more. */
  #gather(now: number): void {
    this.#gathering ??= this.#file.replace(this.#pieces(now))
      .catch(() => undefined)
      .finally(() => {
        this.#gathering = undefined
      })
  }

  *#pieces(now: number): Generator<string> {
    yield `${JSON.stringify(this.state).slice(1, -1)},"parts":{`
    let [piece, separator]: [Array<string>, string] = [[], ""]
    for (const [number, part] of this.#parts) {
      if (isOver(part, now)) {
        this.forget(number)
        continue
      }
      piece.push(`${JSON.stringify(number)}:${JSON.stringify(part)}`)
      if (piece.length < PIECE) continue
      yield separator + piece.join()
      ;[piece, separator] = [[], ","]
    }
    yield `${piece.length === 0 ? "" : separator}${piece.join()}}}`
  }

  #index(number: string, { fulfilmentId, documentId }: PartMemory): void {
    this.#numbers.set(fulfilmentId, number)
    if (documentId !== null) this.#numbers.set(documentId, number)
  }

  #unindex({ fulfilmentId, documentId }: PartMemory): void {
    this.#numbers.delete(fulfilmentId)
    if (documentId !== null) this.#numbers.delete(documentId)
  }
}

const isOver = ({ at, ended }: PartMemory, now: number): boolean =>
  now - at >= KEPT_PART_MS || (ended !== null && now - ended >= KEPT_ENDED_MS)
