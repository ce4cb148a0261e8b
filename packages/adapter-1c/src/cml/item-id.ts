import type { Field } from "./field.ts"

const HASH = 0x23
const MAX_ID_BYTES = 255
/** How 1C writes an empty reference. */
const EMPTY_REFERENCE = new TextEncoder().encode("00000000-0000-0000-0000-000000000000")

/** Whether the id, or what stands behind its `#`, is an empty reference. */
const endsWithEmpty = ({ bytes, start, end }: Field): boolean => {
  const from = end - EMPTY_REFERENCE.length
  if (from < start || bytes[end - 1] !== EMPTY_REFERENCE[0] || (from > start && bytes[from - 1] !== HASH)) return false
  return EMPTY_REFERENCE.every((byte, i) => bytes[from + i] === byte)
}

/** The id of an item: `Ид`, which may hold `#characteristic`, and `ИдХарактеристики` beside it (facts 33, 40 b). */
export class ItemId {
  #start = 0
  #end = 0
  #characteristicStart = 0
  #characteristicEnd = 0
  #conflict = false

  reset(): void {
    this.#start = this.#end = this.#characteristicStart = this.#characteristicEnd = 0
    this.#conflict = false
  }

  readId(field: Field): void {
    field.keep()
    this.#setId(field, endsWithEmpty(field) ? field.end - EMPTY_REFERENCE.length : field.end)
  }

  readCharacteristic(field: Field): void {
    if (endsWithEmpty(field)) return
    field.keep()
    this.#characteristicStart = field.start
    this.#characteristicEnd = field.end
  }

  /** Makes the whole id the field's current value; the reason in Russian if there is none. */
  compose(field: Field): string | undefined {
    if (this.#conflict) return "указаны два разных Ид"
    const nameless = this.#end === this.#start || field.bytes[this.#start] === HASH
    if (nameless) return "не указан Ид"
    const apart = this.#characteristicEnd > this.#characteristicStart
    if (apart && !field.bytes.subarray(this.#start, this.#end).includes(HASH))
      field.join(this.#start, this.#end, this.#characteristicStart, this.#characteristicEnd)
    else {
      field.start = this.#start
      field.end = this.#end
    }
    return field.end - field.start > MAX_ID_BYTES ? "слишком длинный Ид" : undefined
  }

  #setId(field: Field, to: number): void {
    const { bytes, start } = field
    const end = to > start && bytes[to - 1] === HASH ? to - 1 : to
    if (this.#end > this.#start) this.#conflict ||= !this.#sameAs(field, end)
    this.#start = start
    this.#end = end
  }

  #sameAs(field: Field, end: number): boolean {
    const before = field.bytes.subarray(this.#start, this.#end)
    return before.length === end - field.start && before.every((byte, i) => byte === field.bytes[field.start + i])
  }
}
