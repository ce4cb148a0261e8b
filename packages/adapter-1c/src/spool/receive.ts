import { createHash } from "node:crypto"
import { open } from "node:fs/promises"
import { ExchangeFailure } from "../failure.ts"

export interface Received {
  readonly length: number
  readonly sha256: string
}

/** `name`: of the file, where it is known. */
const cut = (name: string | undefined, cause?: unknown): ExchangeFailure => {
  const what = name === undefined ? "часть файла не дошла" : `часть файла «${name}» не дошла`
  return new ExchangeFailure("body-cut", `Соединение оборвалось, ${what}. Повторите обмен.`, { cause })
}

async function* chunksOf(body: ReadableStream<Uint8Array>, name?: string): AsyncGenerator<Uint8Array> {
  try {
    yield* body
  } catch (error) {
    throw cut(name, error)
  }
}

/** Reads a body to its end without keeping it; at most `limit` bytes of it. */
export const drain = async (body: ReadableStream<Uint8Array> | null, limit: number): Promise<number> => {
  let length = 0
  for await (const chunk of body === null ? [] : chunksOf(body)) {
    length += chunk.byteLength
    if (length > limit) break
  }
  return length
}

/**
 * Writes a body into a file from `offset` on, cutting off what lay behind, and waits until it is on disk. After a
 * failure the file is as long as before.
 * @throws ExchangeFailure body-cut, file-too-large
 */
export const receive = async (
  path: string,
  offset: number,
  body: ReadableStream<Uint8Array> | null,
  expected: number | null,
  room: number,
  name: string
): Promise<Received> => {
  const handle = await open(path, offset === 0 ? "w" : "r+")
  try {
    await handle.truncate(offset)
    const digest = createHash("sha256")
    let length = 0
    for await (const chunk of body === null ? [] : chunksOf(body, name)) {
      if (length + chunk.byteLength > room) {
        throw new ExchangeFailure(
          "file-too-large",
          `Файл «${name}» больше, чем принимает хаб. Уменьшите размер порции в настройках обмена 1С.`
        )
      }
      await writeAll(handle, chunk, offset + length)
      digest.update(chunk)
      length += chunk.byteLength
    }
    if (expected !== null && expected !== length) throw cut(name)
    await handle.sync()
    return { length, sha256: digest.digest("hex") }
  } catch (error) {
    await handle.truncate(offset).catch(() => undefined)
    throw error
  } finally {
    await handle.close()
  }
}

const writeAll = async (
  handle: { write: (chunk: Uint8Array, from: number, length: number, at: number) => Promise<{ bytesWritten: number }> },
  chunk: Uint8Array,
  at: number
): Promise<void> => {
  for (let done = 0; done < chunk.byteLength;) {
    done += (await handle.write(chunk, done, chunk.byteLength - done, at + done)).bytesWritten
  }
}
