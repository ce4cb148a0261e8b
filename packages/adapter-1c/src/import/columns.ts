/** Rows of integers side by side in one growing array: hundreds of thousands of rows without an object each. */
export class Columns {
  readonly width: number
  #data: Int32Array
  #size = 0

  constructor(width: number, rows = 256) {
    this.width = width
    this.#data = new Int32Array(rows * width)
  }

  get size(): number {
    return this.#size
  }

  push(...row: ReadonlyArray<number>): void {
    const at = this.#size++ * this.width
    if (at + this.width > this.#data.length) {
      const larger = new Int32Array(this.#data.length * 2)
      larger.set(this.#data)
      this.#data = larger
    }
    for (let i = 0; i < this.width; i++) this.#data[at + i] = row[i]!
  }

  at(row: number, column: number): number {
    return this.#data[row * this.width + column]!
  }

  set(row: number, column: number, value: number): void {
    this.#data[row * this.width + column] = value
  }

  /** The values of one column in these rows. */
  column(column: number, rows: Int32Array): Int32Array {
    return rows.map((row) => this.#data[row * this.width + column]!)
  }
}
