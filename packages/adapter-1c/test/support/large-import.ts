import { fork } from "node:child_process"
import { once } from "node:events"
import { writeFileSync } from "node:fs"

/** What the import of a file took in a process of its own. */
export interface LargeResult {
  readonly error: string | null
  readonly products: number
  readonly rows: number
  readonly seconds: number
  /** Megabytes that the process took at most, over what it had before. */
  readonly peak: number
}

export interface LargeJob {
  readonly path: string
  readonly folder: string
}

/** Imports a file with a small heap: what does not fit into it ends the process. */
export const importApart = async (job: LargeJob): Promise<LargeResult> => {
  const child = fork(new URL("./large-import-process.ts", import.meta.url), {
    execArgv: ["--conditions=@aptekit/source", "--max-old-space-size=96", "--expose-gc"]
  })
  child.send(job)
  const [result] = await Promise.race([once(child, "message"), once(child, "exit").then(() => [undefined])])
  return (result as LargeResult | undefined) ?? { error: "the process ended", products: 0, rows: 0, seconds: 0, peak: 0 }
}

/** A file that is made of the same parts again and again, written piece by piece. */
export const writeLarge = (
  path: string,
  head: string,
  tail: string,
  part: (i: number) => string,
  bytes: number
): number => {
  writeFileSync(path, `<?xml version="1.0" encoding="UTF-8"?>\n<КоммерческаяИнформация ВерсияСхемы="2.07">\n${head}`)
  let [written, count] = [0, 0]
  while (written < bytes) {
    let text = ""
    while (text.length < 1_000_000) text += part(count++)
    const piece = Buffer.from(text)
    written += piece.length
    writeFileSync(path, piece, { flag: "a" })
  }
  writeFileSync(path, `${tail}\n</КоммерческаяИнформация>`, { flag: "a" })
  return count
}
