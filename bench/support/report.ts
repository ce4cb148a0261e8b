/** One measured figure, always beside what it was measured against in the same run. */
export interface Result {
  readonly bench: string
  readonly store?: string
  readonly case: string
  readonly value: number
  readonly unit: string
  readonly reference?: string
  readonly ratio?: number
  readonly note?: string
}

const short = (n: number): number => Number(n.toPrecision(4))

export const report = (result: Result): void => {
  const ratio = result.ratio === undefined ? {} : { ratio: short(result.ratio) }
  process.stdout.write(`${JSON.stringify({ ...result, value: short(result.value), ...ratio })}\n`)
}

export const say = (text: string): void => void process.stderr.write(`${text}\n`)

export const median = (values: ReadonlyArray<number>): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]!
}
