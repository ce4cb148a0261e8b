import { Dictionary } from "./dictionary.ts"

const FIRST_ROWS = 1024

/** Prices of one type, or of one branch, side by side in typed arrays. */
export class PriceColumn {
  goods = new Int32Array(FIRST_ROWS)
  lines = new Int32Array(FIRST_ROWS)
  minors = new Int32Array(FIRST_ROWS)
  size = 0

  push(goods: number, line: number, minor: number): void {
    if (this.size === this.goods.length) {
      const grown = (old: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> => {
        const larger = new Int32Array(2 * old.length)
        larger.set(old)
        return larger
      }
      this.goods = grown(this.goods)
      this.lines = grown(this.lines)
      this.minors = grown(this.minors)
    }
    this.goods[this.size] = goods
    this.lines[this.size] = line
    this.minors[this.size++] = minor
  }
}

/** What a table of prices says, by where the prices go: 700,000 rows take some ten megabytes. */
export class PriceTable<Target> {
  /** Ids of the base, as the columns number them. */
  readonly goods = new Dictionary()
  readonly columns = new Map<Target, PriceColumn>()

  add(target: Target, externalId: string, line: number, minor: number): void {
    let column = this.columns.get(target)
    if (column === undefined) this.columns.set(target, column = new PriceColumn())
    column.push(this.goods.of(externalId), line, minor)
  }
}
