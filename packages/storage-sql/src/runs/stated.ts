import { type ImportBatch, type StockImage, toStated } from "@aptekit/core"
import type { StatedBlock } from "../ops/bulk.ts"

/** Products of one block of statement times. */
export const STATED_BLOCK = 4096
const BLOCK_BITS = 12

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
  for (let i = 1; i < times.length; i++) {
    const time = times[i]!
    if (time !== last) {
      last = time
      place = known.indexOf(time)
      if (place < 0) place = known.push(time) - 1
      if (known.length > MOST_TIMES) return asTheyAre(times)
    }
    places[i] = place
  }
  const bits = [1, 2, 4, 8].find((one) => known.length <= 2 ** one)!
  const head = new Uint8Array(Int32Array.of(bits, known.length, ...known).buffer)
  const packed = new Uint8Array(head.length + Math.ceil((times.length * bits) / 8))
  packed.set(head)
  squeeze(places, bits, packed.subarray(head.length))
  return packed
}

const asTheyAre = (times: Int32Array): Uint8Array => {
  const raw = new Int32Array(times.length + 2)
  raw[0] = 32
  raw.set(times, 2)
  return new Uint8Array(raw.buffer)
}

const squeeze = (places: Uint8Array, bits: number, to: Uint8Array): void => {
  for (let i = 0, byte = 0; i < places.length; byte++) {
    let packed = 0
    for (let shift = 0; shift < 8 && i < places.length; shift += bits) packed |= places[i++]! << shift
    to[byte] = packed
  }
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

/** Times of one kind as a run will leave them: a copy of the image's, so that nobody sees them before they are kept. */
export class StatedTimes {
  readonly #image: StockImage
  readonly #priceType: string | null
  readonly #cells: Int32Array
  readonly #network: Int32Array
  readonly #width: number
  readonly #blocks: Uint8Array

  constructor(image: StockImage, priceType: string | null) {
    this.#image = image
    this.#priceType = priceType
    this.#width = image.width
    const { cellsStated, networkStated } = image.figuresOf(priceType, false)
    // Not `from`: that goes over the elements one by one.
    this.#cells = new Int32Array(cellsStated)
    this.#network = new Int32Array(networkStated)
    this.#blocks = new Uint8Array(Math.ceil(image.onHand.length / image.width / STATED_BLOCK))
  }

  /** These rows were named at that time; a later one stays. */
  name(batch: ImportBatch, from: number, to: number): void {
    nameRows(batch, from, to, toStated(batch.asOf), this.#cells, this.#network, this.#width)
    const { products } = batch
    for (let i = from; i < to; i++) this.#blocks[products[i]! >>> BLOCK_BITS] = 1
  }

  /** One block after the other, as bytes. */
  *packed(): Generator<StatedBlock> {
    const kind = statedKind(this.#priceType)
    for (const [block, named] of this.#blocks.entries()) {
      if (named === 0) continue
      const columns = this.#cells.length > 0 ? this.#image.branchCount + 1 : 1
      yield { kind, block, width: columns, data: pack(this.#block(block * STATED_BLOCK, columns)) }
    }
  }

  #block(first: number, columns: number): Int32Array {
    const times = new Int32Array(STATED_BLOCK * columns)
    const cells = this.#cells
    const network = this.#network
    const width = this.#width
    for (let p = 0; p < STATED_BLOCK; p++) {
      const row = p * columns
      const cell = (first + p) * width - 1
      if (network.length > 0) times[row] = network[first + p]!
      for (let column = 1; column < columns; column++) times[row + column] = cells[cell + column]!
    }
    return times
  }
}

/** Lets the image know when the rows of a batch were named (D2). */
export const tellTimes = (image: StockImage, batch: ImportBatch): void => {
  const { cellsStated, networkStated } = image.figuresOf(batch.kind === "stock" ? null : batch.priceType, false)
  nameRows(batch, 0, batch.products.length, toStated(batch.asOf), cellsStated, networkStated, image.width)
}

const nameRows = (
  { products, branches }: ImportBatch,
  from: number,
  to: number,
  stated: number,
  cells: Int32Array,
  network: Int32Array,
  width: number
): void => {
  for (let i = from; i < to; i++) {
    const branch = branches[i]!
    if (branch < 0) {
      if (network[products[i]!]! < stated) network[products[i]!] = stated
    } else {
      const cell = products[i]! * width + branch
      if (cells[cell]! < stated) cells[cell] = stated
    }
  }
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
