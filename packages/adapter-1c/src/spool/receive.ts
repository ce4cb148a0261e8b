import { createHash } from "node:crypto"
import { open } from "node:fs/promises"
import { ExchangeFailure } from "../failure.ts"

export interface Received {
  readonly length: number
  readonly sha256: string
}

const cut = (cause?: unknown): ExchangeFailure =>
  new ExchangeFailure("body-cut", "Соединение оборвалось, часть файла не дошла. Повторите обмен.", { cause })

async function* chunksOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body
  } catch (error) {
    throw cut(error)
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
  room: number
): Promise<Received> => {
  const handle = await open(path, offset === 0 ? "w" : "r+")
  try {
    await handle.truncate(offset)
    const digest = createHash("sha256")
    let length = 0
    for await (const chunk of body === null ? [] : chunksOf(body)) {
      if (length + chunk.byteLength > room) {
        throw new ExchangeFailure(
          "file-too-large",
          "Файл больше, чем принимает хаб. Уменьшите размер порции в настройках обмена 1С."
        )
      }
      await writeAll(handle, chunk, offset + length)
      digest.update(chunk)
      length += chunk.byteLength
    }
    if (expected !== null && expected !== length) throw cut()
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
