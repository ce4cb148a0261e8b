import { existsSync, readdirSync, readFileSync, statSync } from "node:fs"
import { mkdir, open, readdir, rename, rm } from "node:fs/promises"
import { join } from "node:path"
import { syncFolder } from "../spool/journal.ts"
import { NOTHING, type Saved, type SavedChange } from "./remembered.ts"

const FILE = "orders.json"
const JOURNAL = /^orders\.(\d+)\.jsonl$/u
/** A journal shorter than this is not worth gathering. */
const LEAST_JOURNAL = 1024 * 1024

const journalOf = (generation: number): string => `orders.${generation}.jsonl`

const generationsIn = (names: ReadonlyArray<string>): ReadonlyArray<number> =>
  names.flatMap((name) => JOURNAL.exec(name)?.[1] ?? []).map(Number).toSorted((a, b) => a - b)

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

const sizeOf = (path: string): number => (existsSync(path) ? statSync(path).size : 0)

interface Whole extends Saved {
  /** The first journal that is newer than this. Written by older versions: none. */
  readonly generation?: number
}

const apply = (saved: Saved, { state, parts = {} }: SavedChange): void => {
  Object.assign(saved, state)
  for (const [number, part] of Object.entries(parts)) {
    if (part === null) delete saved.parts[number]
    else saved.parts[number] = part
  }
}

/**
 * The ledger on disk: the whole of it, and a journal of what changed since, a line a save. A journal that has outgrown
 * the whole is gathered into it: from then on a new journal is written, the whole is replaced, the old journals go. A
 * crash anywhere in between leaves the former whole with all journals since.
 */
export class LedgerFile {
  readonly #folder: string
  #generation: number
  /** Bytes. */
  #journal: number
  #whole: number
  #turn: Promise<unknown> = Promise.resolve()

  private constructor(folder: string, generation: number) {
    this.#folder = folder
    this.#generation = generation
    this.#journal = sizeOf(join(folder, journalOf(generation)))
    this.#whole = sizeOf(join(folder, FILE))
  }

  static open(folder: string): { readonly file: LedgerFile; readonly saved: Saved } {
    const path = join(folder, FILE)
    // It is replaced whole, so damage is no crash of ours. Without it orders are offered again, under their numbers.
    const whole = existsSync(path) ? parsed(readFileSync(path, "utf8")) as Whole | undefined : undefined
    const { generation: first = 0, ...known } = { ...NOTHING, parts: {}, ...whole }
    const saved: Saved = known
    const generations = generationsIn(existsSync(folder) ? readdirSync(folder) : []).filter((one) => one >= first)
    for (const generation of generations) {
      for (const line of readFileSync(join(folder, journalOf(generation)), "utf8").split("\n")) {
        // A last line that a crash cut off was never answered for.
        if (line !== "") apply(saved, parsed(line) ?? {})
      }
    }
    return { file: new LedgerFile(folder, generations.at(-1) ?? first), saved }
  }

  get outgrown(): boolean {
    return this.#journal > Math.max(LEAST_JOURNAL, this.#whole)
  }

  /** Adds a line (a `SavedChange`); it is on disk when the promise resolves. */
  append(line: string): Promise<void> {
    return this.#inTurn(async () => {
      const isNew = this.#journal === 0
      if (isNew) await mkdir(this.#folder, { recursive: true })
      // A torn line in front must not swallow this one.
      const text = `\n${line}\n`
      const handle = await open(join(this.#folder, journalOf(this.#generation)), "a")
      try {
        await handle.appendFile(text)
        await handle.sync()
      } finally {
        await handle.close()
      }
      if (isNew) await syncFolder(this.#folder)
      this.#journal += Buffer.byteLength(text)
    })
  }

  /**
   * Replaces the whole by these pieces of its JSON, without the first brace. They are taken one by one, with room for
   * other work in between, and must hold everything that was appended before the first is taken.
   */
  async replace(pieces: Iterable<string>): Promise<void> {
    const generation = await this.#inTurn(async () => {
      this.#journal = 0
      return ++this.#generation
    })
    const draft = join(this.#folder, `${FILE}.new`)
    const handle = await open(draft, "w")
    try {
      await handle.appendFile(`{"generation":${generation},`)
      for (const piece of pieces) await handle.appendFile(piece)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(draft, join(this.#folder, FILE))
    await syncFolder(this.#folder)
    this.#whole = sizeOf(join(this.#folder, FILE))
    const old = generationsIn(await readdir(this.#folder)).filter((one) => one < generation)
    for (const one of old) await rm(join(this.#folder, journalOf(one)), { force: true })
  }

  #inTurn<A>(work: () => Promise<A>): Promise<A> {
    const turn = this.#turn.then(work)
    this.#turn = turn.catch(() => undefined)
    return turn
  }
}
