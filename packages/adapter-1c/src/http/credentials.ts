import { hash, timingSafeEqual } from "node:crypto"
import { Redacted } from "effect"

const CYRILLIC = new TextDecoder("windows-1251")

/** Older platforms send Basic in the code page of Windows. */
const inWindows1251 = (text: string): Buffer | undefined => {
  const codes = new Map(Array.from({ length: 256 }, (_, code) => [CYRILLIC.decode(Uint8Array.of(code)), code] as const))
  const bytes = Array.from(text, (letter) => codes.get(letter))
  return bytes.every((code) => code !== undefined) ? Buffer.from(bytes) : undefined
}

const digest = (bytes: Uint8Array): Buffer => hash("sha256", bytes, "buffer")

export type Verdict = "none" | "right" | "wrong"

/** Checks Basic credentials; comparing digests takes the same time whatever was sent. */
export class Credentials {
  readonly #accepted: ReadonlyArray<Buffer>

  constructor(login: string, password: Redacted.Redacted) {
    const pair = `${login}:${Redacted.value(password)}`
    const windows = inWindows1251(pair)
    this.#accepted = [Buffer.from(pair, "utf8"), ...(windows === undefined ? [] : [windows])].map(digest)
  }

  check(header: string | null): Verdict {
    if (header === null || header.trim() === "") return "none"
    const encoded = /^Basic +([A-Za-z0-9+/]+={0,2}) *$/iu.exec(header)?.[1]
    if (encoded === undefined) return "wrong"
    const given = digest(Buffer.from(encoded, "base64"))
    // No early return: how many forms there are must not show.
    return this.#accepted.filter((known) => timingSafeEqual(known, given)).length > 0 ? "right" : "wrong"
  }
}
