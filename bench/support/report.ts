/** One measured figure, always beside what it was measured against in the same run. */
export interface Result {
  readonly bench: string
  readonly store?: string
  readonly case: string
  readonly value: number
  readonly unit: string
  readonly reference?: string
  readonly ratio?: number
  /** Seconds of processor time of the hub's whole process, and to that of C libexpat; of the same meaning under any load. */
  readonly cpu?: number
  readonly cpuRatioToExpat?: number
  readonly note?: string
}

const short = (n: number): number => Number(n.toPrecision(4))

export const report = (result: Result): void => {
  const rounded = Object.entries(result).map(([key, value]) => [key, typeof value === "number" ? short(value) : value])
  process.stdout.write(`${JSON.stringify(Object.fromEntries(rounded))}\n`)
}

export const say = (text: string): void => void process.stderr.write(`${text}\n`)

export const median = (values: ReadonlyArray<number>): number => {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]!
}
