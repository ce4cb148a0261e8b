import type { StockImage } from "@aptekit/core"
import type { StatedBlock } from "../ops/bulk.ts"
import type { Group } from "./group.ts"

/** Products of one block of statement times. */
export const STATED_BLOCK = 4096

const STOCK_KIND = "stock"
export const statedKind = (priceType: string | null): string => (priceType === null ? STOCK_KIND : `price/${priceType}`)
const priceTypeOf = (kind: string): string | null => (kind === STOCK_KIND ? null : kind.slice("price/".length))

const MOST_TIMES = 256

/**
 * Times of a block as bytes. A block knows few different times, so each row takes 1, 2, 4 or 8 bits: bits, number of
 * times, the times themselves, then the rows' places in them. Bits 32: the times as they are.
 */
const pack = (times: Int32Array): Uint8Array => {
  const known: Array<number> = [times[0]!]
  const places = new Uint8Array(times.length)
  let last = known[0]!
  let place = 0
  for (let i = 0; i < times.length; i++) {
    const time = times[i]!
    if (time !== last) {
      last = time
      place = known.indexOf(time)
      if (place < 0) place = known.push(time) - 1
      if (known.length > MOST_TIMES) return new Uint8Array(Int32Array.of(32, 0, ...times).buffer)
    }
    places[i] = place
  }
  const bits = [1, 2, 4, 8].find((one) => known.length <= 2 ** one)!
  const perByte = 8 / bits
  const head = 8 + known.length * 4
  const packed = new Uint8Array(head + Math.ceil(times.length / perByte))
  packed.set(new Uint8Array(Int32Array.of(bits, known.length, ...known).buffer))
  for (let i = 0; i < places.length; i++) packed[head + Math.floor(i / perByte)]! |= places[i]! << ((i % perByte) * bits)
  return packed
}

const unpack = (data: Uint8Array, length: number): Int32Array => {
  const head = new DataView(data.buffer, data.byteOffset, data.byteLength)
  const bits = head.getInt32(0, true)
  const count = head.getInt32(4, true)
  const times = new Int32Array(length)
  if (bits === 32) {
    for (let i = 0; i < length; i++) times[i] = head.getInt32(8 + i * 4, true)
    return times
  }
  const known = Int32Array.from({ length: count }, (_, i) => head.getInt32(8 + i * 4, true))
  const perByte = 8 / bits
  const mask = 2 ** bits - 1
  const start = 8 + count * 4
  for (let i = 0; i < length; i++) times[i] = known[(data[start + Math.floor(i / perByte)]! >> ((i % perByte) * bits)) & mask]!
  return times
}

/** The times of a block as they will be: those of the image, later where a group of the run names the row. */
export const statedBlock = (image: StockImage, groups: ReadonlyArray<Group>, block: number): StatedBlock => {
  const { priceType } = groups[0]!
  const { cellsStated, networkStated } = image.figuresOf(priceType, false)
  const { width } = image
  const columns = cellsStated.length > 0 ? width + 1 : 1
  const times = new Int32Array(STATED_BLOCK * columns)
  const first = block * STATED_BLOCK
  const last = Math.min(first + STATED_BLOCK, image.onHand.length / width)
  for (let p = first; p < last; p++) {
    const row = (p - first) * columns
    if (networkStated.length > 0) times[row] = networkStated[p]!
    for (let column = 1; column < columns; column++) times[row + column] = cellsStated[p * width + column - 1]!
  }
  for (const group of groups) group.latest(times, columns, first)
  return { kind: statedKind(priceType), block, width: columns, data: pack(times) }
}

/** Lets the image know the times of a block. */
export const restoreStated = (image: StockImage, { kind, block, width: columns, data }: StatedBlock): void => {
  const times = unpack(data, STATED_BLOCK * columns)
  const { cellsStated, networkStated } = image.figuresOf(priceTypeOf(kind), columns > 1)
  const { width } = image
  const first = block * STATED_BLOCK
  const last = Math.min(first + STATED_BLOCK, image.onHand.length / width)
  for (let p = first; p < last; p++) {
    for (let column = 0; column < Math.min(columns, width + 1); column++) {
      const time = times[(p - first) * columns + column]!
      if (time === 0) continue
      // A row written since the block was saved knows its own, later time.
      if (column > 0) cellsStated[p * width + column - 1] = Math.max(time, cellsStated[p * width + column - 1]!)
      else networkStated[p] = Math.max(time, networkStated[p]!)
    }
  }
}
