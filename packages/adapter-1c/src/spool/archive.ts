import { type FileHandle, open } from "node:fs/promises"
import { join } from "node:path"
import { Writable } from "node:stream"
import { type Entry, type FileEntry, Reader, ZipReader } from "@zip.js/zip.js"
import type { Limits } from "../config.ts"
import { ExchangeFailure, failureOf } from "../failure.ts"
import { safeName } from "./file-name.ts"

/** Small files may be packed as well as they like. */
const RATIO_FROM = 10 * 1024 * 1024

class FileReader extends Reader<FileHandle> {
  readonly #handle: FileHandle

  constructor(handle: FileHandle, size: number) {
    super(handle)
    this.#handle = handle
    this.size = size
  }

  override async readUint8Array(index: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, this.size - index)))
    let done = 0
    while (done < bytes.length) {
      const { bytesRead } = await this.#handle.read(bytes, done, bytes.length - done, index + done)
      if (bytesRead === 0) break
      done += bytesRead
    }
    return bytes.subarray(0, done)
  }
}

const broken = (name: string, cause: unknown): ExchangeFailure =>
  new ExchangeFailure(
    "archive-broken",
    `Архив «${name}» повреждён или передан не полностью. Повторите обмен; если не поможет, отключите сжатие.`,
    { cause }
  )

/** A refusal of ours, or the system's own: neither is the archive's fault. */
const isOurs = (error: unknown): boolean =>
  error instanceof ExchangeFailure || (error instanceof Error && "syscall" in error)

/** What archives are told by: their file, and the name under which 1C sent it. */
export interface ArchiveFile {
  readonly path: string
  readonly name: string
}

const withArchive = async <A>(file: ArchiveFile, use: (archive: ZipReader<FileHandle>) => Promise<A>): Promise<A> => {
  const handle = await open(file.path, "r")
  try {
    const { size } = await handle.stat()
    const archive = new ZipReader(new FileReader(handle, size), {
      useWebWorkers: false,
      checkCrc32: true,
      checkOverlappingEntry: true,
      // Checked by us, with a text that 1C's administrator understands.
      filenameValidation: "tolerant"
    })
    return await use(archive)
  } catch (error) {
    throw isOurs(error) ? failureOf(error) : broken(file.name, error)
  } finally {
    await handle.close()
  }
}

const entriesOf = async (
  archive: ZipReader<FileHandle>,
  file: ArchiveFile,
  limits: Limits
): Promise<ReadonlyArray<Entry>> => {
  const entries: Array<Entry> = []
  for await (const entry of archive.getEntriesGenerator()) {
    if (entries.length === limits.entries) {
      throw new ExchangeFailure(
        "archive-too-large",
        `В архиве «${file.name}» больше ${limits.entries} файлов. Уменьшите размер порции в настройках обмена 1С.`
      )
    }
    checkName(entry.filename, file)
    entries.push(entry)
  }
  return entries
}

const checkName = (name: string, file: ArchiveFile): void => {
  try {
    safeName(name.replace(/\/$/u, ""))
  } catch (cause) {
    const shown = name.replace(/[\u0000-\u001f\u007f]/gu, "?").slice(0, 80)
    throw new ExchangeFailure(
      "archive-unsafe-name",
      `В архиве «${file.name}» недопустимое имя «${shown}». Архив не принят целиком: проверьте, чем он создан.`,
      { cause }
    )
  }
}

const isXml = (entry: Entry): entry is FileEntry => !entry.directory && /\.xml$/iu.test(entry.filename)

/** Counts what comes out and stops a bomb before it fills the disk. */
const guard = (target: Writable, entry: Entry, file: ArchiveFile, limits: Limits, room: number) => {
  const most = Math.min(room, Math.max(RATIO_FROM, entry.compressedSize * limits.ratio))
  let size = 0
  return new Writable({
    write(chunk: Uint8Array, _encoding, done) {
      size += chunk.byteLength
      if (size <= most) return void target.write(chunk, done)
      done(new ExchangeFailure(
        "archive-too-large",
        `Файл «${entry.filename.slice(0, 80)}» в архиве «${file.name}» распаковывается больше чем в ${most} байт. ` +
          "Уменьшите размер порции в настройках обмена 1С."
      ))
    },
    final(done) {
      target.end(done)
    },
    destroy(error, done) {
      target.destroy()
      done(error)
    }
  })
}

/** Unpacks one file; its checksum is checked. Gives its size. */
const unpackEntry = async (
  entry: FileEntry,
  to: string,
  file: ArchiveFile,
  limits: Limits,
  room: number
): Promise<number> => {
  if (entry.encrypted) {
    throw new ExchangeFailure(
      "archive-encrypted",
      `Архив «${file.name}» закрыт паролем. Отключите пароль в обмене 1С.`
    )
  }
  let refused: unknown
  // Opened first: a stream that cannot open its file ends the process, whoever waits for its bytes.
  const target = (await open(to, "w")).createWriteStream()
  const sink = guard(target, entry, file, limits, room)
  sink.once("error", (error) => {
    refused = error
  })
  try {
    await entry.getData(Writable.toWeb(sink) as WritableStream<Uint8Array>)
  } catch (error) {
    throw refused ?? error
  }
  return target.bytesWritten
}

/**
 * Unpacks those XML files of an archive that `choose` names, in its order, into files of `folder` with numbers for
 * names: all files of a name, if it comes more than once. What is left there by a failure nobody reads.
 * @throws ExchangeFailure archive-…
 */
export const unpack = (
  file: ArchiveFile,
  choose: (names: ReadonlyArray<string>) => ReadonlyArray<string>,
  folder: string,
  limits: Limits
): Promise<ReadonlyArray<ArchiveFile>> =>
  withArchive(file, async (archive) => {
    const entries = Map.groupBy((await entriesOf(archive, file, limits)).filter(isXml), ({ filename }) => filename)
    const files: Array<ArchiveFile> = []
    // Many small bombs are a large one: they share the room.
    let room = limits.unpacked
    for (const name of choose([...entries.keys()])) {
      for (const entry of entries.get(name) ?? []) {
        const path = join(folder, String(files.length))
        room -= await unpackEntry(entry, path, file, limits, room)
        files.push({ name, path })
      }
    }
    return files
  })
