/** Local short forms (fact 43), without case and points. */
const SHORT: Readonly<Record<string, string>> = {
  руб: "RUB", р: "RUB", rur: "RUB", "643": "RUB", "810": "RUB", "₽": "RUB",
  тг: "KZT", тнг: "KZT", тенге: "KZT", "398": "KZT", "₸": "KZT",
  сом: "KGS", сум: "UZS", бр: "BYN", грн: "UAH",
  "$": "USD", долл: "USD", "840": "USD", евро: "EUR", "€": "EUR", "978": "EUR"
}

const plain = (text: string): string => text.trim().toLowerCase().replace(/\.$/u, "")

/** Tells ISO codes from what a base writes. */
export class Currencies {
  readonly #known: ReadonlyMap<string, string>

  constructor(own: Readonly<Record<string, string>>) {
    this.#known = new Map([...Object.entries(SHORT), ...Object.entries(own)].map(([from, to]) => [plain(from), to]))
  }

  iso(written: string): string {
    return this.#known.get(plain(written)) ?? written.trim().toUpperCase()
  }
}
