/** An integer per number from 0 up, 0 where none was set; grows as needed. */
export class Marks {
  #values = new Int32Array(1024)

  get length(): number {
    return this.#values.length
  }

  get(number: number): number {
    return this.#values[number] ?? 0
  }

  set(number: number, value: number): void {
    if (number >= this.#values.length) {
      const larger = new Int32Array(2 * number)
      larger.set(this.#values)
      this.#values = larger
    }
    this.#values[number] = value
  }

  /** Only where nothing is set. */
  setFirst(number: number, value: number): void {
    if (this.get(number) === 0) this.set(number, value)
  }
}
