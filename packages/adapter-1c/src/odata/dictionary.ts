/** Texts as dense numbers, in the order of first sight. */
export class Dictionary {
  readonly #numbers = new Map<string, number>()
  readonly texts: Array<string> = []

  of(text: string): number {
    let number = this.#numbers.get(text)
    if (number === undefined) {
      number = this.texts.length
      this.#numbers.set(text, number)
      this.texts.push(text)
    }
    return number
  }

  find(text: string): number | undefined {
    return this.#numbers.get(text)
  }
}
