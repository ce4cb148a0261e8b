import { createHash } from "node:crypto"
import { constants, existsSync, readdirSync, readFileSync } from "node:fs"
import { copyFile, mkdir, open, rm } from "node:fs/promises"
import { join } from "node:path"
import { setImmediate } from "node:timers/promises"
import { AdapterFault } from "@aptekit/core"
import { replaceFile } from "../import/memory.ts"
import { seriesOf } from "./file-name.ts"
import { syncFolder } from "./journal.ts"

/** Files that wait for a person, and words of theirs that are remembered. */
const MOST_HELD = 20
const MOST_DECIDED = 100
const CHUNK = 128 * 1024
/** The root's attributes lie in front. */
const HEAD = 2048

/** A file that was stopped. */
export interface HeldFile {
  /** Its run in the hub. */
  readonly run: string
  /** As 1C called it. */
  readonly name: string
  readonly sessionStartedAt: number
  /** Of its content without the time at which it was formed. */
  readonly sha256: string
  /** What 1C is told. */
  readonly text: string
  readonly state: "held" | "released"
  /** Order of arrival. */
  readonly at: number
  /** The run of another file of its name that has been applied since. */
  readonly overtakenBy?: string
}

/** A file that has been applied. */
export interface AppliedFile {
  readonly name: string
  readonly run: string
}

const RECORD = "held.json"
const CONTENT = "file.xml"

/**
 * SHA-256 of a file without its `ДатаФормирования`: 1C forms a file anew for each attempt, and it is still the same one.
 */
export const contentDigest = async (path: string): Promise<string> => {
  const handle = await open(path, "r")
  try {
    const digest = createHash("sha256")
    const buffer = new Uint8Array(CHUNK)
    for (let at = 0; ;) {
      const { bytesRead } = await handle.read(buffer, 0, CHUNK, at)
      if (bytesRead === 0) return digest.digest("hex")
      const bytes = buffer.subarray(0, bytesRead)
      digest.update(at === 0 ? withoutTime(bytes) : bytes)
      at += bytesRead
      await setImmediate()
    }
  } finally {
    await handle.close()
  }
}

/** The attribute's name as its bytes, in UTF-8 and in windows-1251, each byte a character. */
const NAMES = [
  Buffer.from("ДатаФормирования", "utf8").toString("latin1"),
  String.fromCharCode(
    0xc4, 0xe0, 0xf2, 0xe0, 0xd4, 0xee, 0xf0, 0xec, 0xe8, 0xf0, 0xee, 0xe2, 0xe0, 0xed, 0xe8, 0xff
  )
]
const TIME = new RegExp(`(?:${NAMES.join("|")})\\s*=\\s*(?:"[^"]*"|'[^']*')`, "u")

const withoutTime = (bytes: Uint8Array): Uint8Array => {
  const head = Buffer.from(bytes.subarray(0, HEAD)).toString("latin1").replace(TIME, "")
  return Buffer.concat([Buffer.from(head, "latin1"), bytes.subarray(HEAD)])
}

/** Files that were stopped and wait for a person, in the connection's folder: a restart loses none. */
export class HeldFiles {
  readonly #root: string
  readonly #files = new Map<string, HeldFile>()

  private constructor(root: string) {
    this.#root = root
  }

  static async open(directory: string): Promise<HeldFiles> {
    const held = new HeldFiles(join(directory, "held"))
    await mkdir(held.#root, { recursive: true })
    for (const run of readdirSync(held.#root)) {
      const path = join(held.#root, run, RECORD)
      // Cut off before its record was there: it was never told to anyone.
      if (!existsSync(path)) await rm(join(held.#root, run), { recursive: true, force: true })
      else held.#files.set(run, JSON.parse(readFileSync(path, "utf8")) as HeldFile)
    }
    return held
  }

  /** The same content that is held, or was released; newest first. */
  async find(name: string, path: string): Promise<HeldFile | undefined> {
    const known = this.#named(name).sort((a, b) => b.at - a.at)
    if (known.length === 0) return undefined
    const sha256 = await contentDigest(path)
    return known.find((file) => file.sha256 === sha256)
  }

  /** Copies a file and remembers it; both are on disk when the promise resolves. */
  async keep(path: string, file: Omit<HeldFile, "sha256" | "state" | "at" | "overtakenBy">): Promise<void> {
    const folder = join(this.#root, file.run)
    await mkdir(folder, { recursive: true })
    await copyFile(path, join(folder, CONTENT), constants.COPYFILE_FICLONE)
    const handle = await open(join(folder, CONTENT), "r+")
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
    await syncFolder(this.#root)
    await this.#write({ ...file, sha256: await contentDigest(path), state: "held", at: Date.now() })
    await this.#tidy()
  }

  /** @throws AdapterFault the file is not kept any more */
  get(run: string): HeldFile {
    const file = this.#files.get(run)
    if (file !== undefined) return file
    throw new AdapterFault(
      "The file of this run is not kept any more: a newer one of its kind waits, or the run was held while the hub " +
        "was killed. Discard this run; 1C sends the file again with its next exchange.",
      { outcome: "rejected" }
    )
  }

  path(run: string): string {
    return join(this.#root, run, CONTENT)
  }

  /** The file has been applied; the same content sent again needs no second word of a person. */
  async released(run: string): Promise<void> {
    await this.#write({ ...this.get(run), state: "released" })
    await rm(this.path(run), { force: true })
    await this.#tidy()
  }

  /**
   * A file has been applied. Those of its name that came `before` are a step back now: what was released is to be looked at
   * again, and what is held is not to be released unseen.
   */
  async overtaken({ name, run }: AppliedFile, before = Number.POSITIVE_INFINITY): Promise<void> {
    for (const file of this.#named(name).filter((file) => file.run !== run && file.at < before)) {
      if (file.state === "released") await this.discard(file.run)
      else if (file.overtakenBy === undefined) await this.#write({ ...file, overtakenBy: run })
    }
  }

  #named(name: string): Array<HeldFile> {
    return [...this.#files.values()].filter((file) => seriesOf(file.name) === seriesOf(name))
  }

  async discard(run: string): Promise<void> {
    this.#files.delete(run)
    await rm(join(this.#root, run), { recursive: true, force: true })
  }

  async #write(file: HeldFile): Promise<void> {
    await replaceFile(join(this.#root, file.run), RECORD, JSON.stringify(file))
    this.#files.set(file.run, file)
  }

  async #tidy(): Promise<void> {
    const all = [...this.#files.values()].sort((a, b) => a.at - b.at)
    const spare = (state: HeldFile["state"], most: number) => {
      const some = all.filter((file) => file.state === state)
      return some.slice(0, Math.max(0, some.length - most))
    }
    for (const { run } of [...spare("held", MOST_HELD), ...spare("released", MOST_DECIDED)]) await this.discard(run)
  }
}
