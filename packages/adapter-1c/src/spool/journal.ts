import { existsSync, readFileSync } from "node:fs"
import { open, type FileHandle } from "node:fs/promises"

/** Where a piece lies. `disk` is the file's name on our disk: a number, never the client's name. */
export interface PieceLine {
  readonly t: "piece"
  readonly name: string
  readonly disk: string
  readonly offset: number
  readonly length: number
  readonly sha256: string
}

/** A file in which the XML that is to be imported lies: itself or an archive. */
export interface Source {
  readonly name: string
  readonly disk: string
}

/** An import was asked for. */
export interface AskedLine {
  readonly t: "asked"
  readonly name: string
  readonly at: number
  readonly sources: ReadonlyArray<Source>
  /** Of its exchange. */
  readonly startedAt?: number
  /** Of what the sources held then; null: one had been replaced already. */
  readonly digest?: string | null
}

/** What is optional was not written by hubs of before. */
export type JournalLine =
  /** `unannounced`: neither checkauth nor init came before. */
  | { readonly t: "open"; readonly token: string; readonly startedAt: number; readonly unannounced?: true }
  /** `version`: of the protocol, where the client names one. */
  | { readonly t: "init"; readonly startedAt?: number; readonly version?: string }
  | PieceLine
  | AskedLine
  /** `at`: of the question that ended. */
  | { readonly t: "done"; readonly name: string; readonly at: number; readonly sha256: string }
  | { readonly t: "failed"; readonly name: string; readonly at: number }

const parse = (text: string): JournalLine | undefined => {
  try {
    return JSON.parse(text) as JournalLine
  } catch {
    return undefined
  }
}

/** The lines of a journal. A last line that a crash cut off was never answered for: it is let go. */
export const readJournal = (path: string): ReadonlyArray<JournalLine> => {
  if (!existsSync(path)) return []
  const lines: Array<JournalLine> = []
  for (const text of readFileSync(path, "utf8").split("\n")) {
    const line = text === "" ? undefined : parse(text)
    if (line !== undefined) lines.push(line)
  }
  return lines
}

/** Makes a new name in a folder durable. Where the system cannot (Windows), the file itself has been synced. */
export const syncFolder = async (folder: string): Promise<void> => {
  let handle: FileHandle | undefined
  try {
    handle = await open(folder, "r")
    await handle.sync()
  } catch {
    return
  } finally {
    await handle?.close()
  }
}

/** Adds a line and waits until it is on disk. */
export const appendJournal = async (path: string, line: JournalLine): Promise<void> => {
  const handle = await open(path, "a")
  try {
    // A torn line in front must not swallow this one.
    await handle.appendFile(`\n${JSON.stringify(line)}\n`)
    await handle.sync()
  } finally {
    await handle.close()
  }
}
