import { execFileSync } from "node:child_process"
import { closeSync, existsSync, openSync, readSync } from "node:fs"
import { join } from "node:path"
import { StringDecoder } from "node:string_decoder"
import { Parser } from "htmlparser2"

const CHUNK = 64 * 1024

/** Builds the C program; undefined where there is no compiler or no libexpat1-dev. */
export const buildExpat = (folder: string): string | undefined => {
  const program = join(folder, "expat")
  try {
    execFileSync("cc", ["-O2", "-o", program, join(import.meta.dirname, "expat.c"), "-lexpat"], { stdio: "ignore" })
  } catch {
    return undefined
  }
  return existsSync(program) ? program : undefined
}

/** Milliseconds. */
export const timeExpat = (program: string, files: ReadonlyArray<string>): { readonly wall: number; readonly cpu: number } => {
  const [wall, cpu] = execFileSync(program, files, { encoding: "utf8" }).split(" ").map(Number)
  return { wall: wall!, cpu: cpu! }
}

/** Hands the text of a file out in pieces. */
export const eachText = (path: string, take: (text: string) => void): void => {
  const handle = openSync(path, "r")
  const decoder = new StringDecoder("utf8")
  const buffer = Buffer.allocUnsafe(CHUNK)
  for (;;) {
    const bytes = readSync(handle, buffer)
    if (bytes === 0) break
    take(decoder.write(buffer.subarray(0, bytes)))
  }
  closeSync(handle)
}

/** htmlparser2 over the same files with handlers that count. Milliseconds. */
export const timeHtmlparser2 = (files: ReadonlyArray<string>): number => {
  const started = performance.now()
  let events = 0
  const count = (): void => void events++
  for (const file of files) {
    const parser = new Parser({ onopentag: count, onclosetag: count, ontext: count }, { xmlMode: true, decodeEntities: true })
    eachText(file, (text) => parser.write(text))
    parser.end()
  }
  if (events === 0) throw new Error("htmlparser2 saw nothing")
  return performance.now() - started
}
