/** What `get` answers for a key that the map does not hold. */
export const ABSENT = -1

const encoder = new TextEncoder()

const hash = (bytes: Uint8Array, start: number, end: number): number => {
  let value = end - start
  let i = start
  for (; i + 3 < end; i += 4) {
    const word = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24)
    value = Math.imul(value ^ word, 0x9e3779b1)
    value ^= value >>> 15
  }
  for (; i < end; i++) value = Math.imul(value ^ bytes[i]!, 0x01000193)
  return value ^ (value >>> 13)
}

const copied = <A extends Int32Array | Uint8Array>(from: A, to: A): A => {
  to.set(from)
  return to
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/**
 * A map from byte strings (ids as they stand in a file, UTF-8) to integers from 0 up. Open addressing, all keys in one
 * array: looking up a slice makes no JS string. Keys are compared byte by byte.
 */
export class ByteMap {
  #slots = new Int32Array(64)
  #hashes = new Int32Array(32)
  #values = new Int32Array(32)
  #starts = new Int32Array(33)
  #keys = new Uint8Array(1024)
  #keysView = viewOf(this.#keys)
  /** The bytes asked for last: mostly those of one buffer. */
  #asked: Uint8Array = this.#keys
  #askedView = this.#keysView
  #size = 0
  /** The entry behind the one found last: files name things in one order again and again. */
  #guess = 0

  static of(entries: Iterable<readonly [key: string, value: number]>): ByteMap {
    const map = new ByteMap()
    for (const [key, value] of entries) map.set(key, value)
    return map
  }

  get size(): number {
    return this.#size
  }

  /** Adds the key or gives it another value. Throws RangeError unless the value is an integer 0…2,147,483,647. */
  set(key: string, value: number): void {
    const bytes = encoder.encode(key)
    this.setBytes(bytes, 0, bytes.length, value)
  }

  setBytes(bytes: Uint8Array, start: number, end: number, value: number): void {
    if (value !== (value | 0) || value < 0) throw new RangeError(`[adapter-1c] ByteMap value is out of range: ${value}`)
    const code = hash(bytes, start, end)
    const slot = this.#slot(bytes, start, end, code)
    const found = this.#slots[slot]! - 1
    if (found >= 0) this.#values[found] = value
    else this.#add(bytes, start, end, code, slot, value)
  }

  /** The value of the key in `bytes[start…end)`, or `ABSENT`. */
  get(bytes: Uint8Array, start: number, end: number): number {
    const guess = this.#guess
    if (guess < this.#size && this.#equals(guess, bytes, start, end)) {
      this.#guess = guess + 1
      return this.#values[guess]!
    }
    const found = this.#slots[this.#slot(bytes, start, end, hash(bytes, start, end))]!
    if (found === 0) return ABSENT
    this.#guess = found
    return this.#values[found - 1]!
  }

  /** The value of a key given as a string, or `ABSENT`. */
  find(key: string): number {
    const bytes = encoder.encode(key)
    return this.get(bytes, 0, bytes.length)
  }

  #slot(bytes: Uint8Array, start: number, end: number, code: number): number {
    const mask = this.#slots.length - 1
    let slot = code & mask
    for (let found = this.#slots[slot]!; found !== 0; found = this.#slots[slot]!) {
      if (this.#hashes[found - 1] === code && this.#equals(found - 1, bytes, start, end)) break
      slot = (slot + 1) & mask
    }
    return slot
  }

  #equals(entry: number, bytes: Uint8Array, start: number, end: number): boolean {
    const from = this.#starts[entry]!
    if (this.#starts[entry + 1]! - from !== end - start) return false
    if (bytes !== this.#asked) {
      this.#asked = bytes
      this.#askedView = viewOf(bytes)
    }
    const [keys, view, asked] = [this.#keys, this.#keysView, this.#askedView]
    let i = start
    let j = from
    for (; i + 3 < end; i += 4, j += 4) if (asked.getInt32(i, true) !== view.getInt32(j, true)) return false
    for (; i < end; i++, j++) if (bytes[i] !== keys[j]) return false
    return true
  }

  #add(bytes: Uint8Array, start: number, end: number, code: number, slot: number, value: number): void {
    const entry = this.#size++
    const from = this.#starts[entry]!
    const to = from + end - start
    if (to > this.#keys.length) {
      this.#keys = copied(this.#keys, new Uint8Array(2 * to))
      this.#keysView = viewOf(this.#keys)
    }
    this.#keys.set(bytes.subarray(start, end), from)
    this.#starts[entry + 1] = to
    this.#hashes[entry] = code
    this.#values[entry] = value
    this.#slots[slot] = entry + 1
    if (this.#size === this.#values.length) this.#enlarge()
  }

  #enlarge(): void {
    const capacity = this.#values.length * 2
    this.#hashes = copied(this.#hashes, new Int32Array(capacity))
    this.#values = copied(this.#values, new Int32Array(capacity))
    this.#starts = copied(this.#starts, new Int32Array(capacity + 1))
    this.#slots = new Int32Array(capacity * 2)
    for (let entry = 0; entry < this.#size; entry++) {
      let slot = this.#hashes[entry]! & (this.#slots.length - 1)
      while (this.#slots[slot] !== 0) slot = (slot + 1) & (this.#slots.length - 1)
      this.#slots[slot] = entry + 1
    }
  }
}
