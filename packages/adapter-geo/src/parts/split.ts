/** What a service answers at once. */
export interface MatrixLimits {
  /** Cells: points from × points to. */
  readonly cells?: number
  /** Points from and to together. */
  readonly locations?: number
  readonly from?: number
  readonly to?: number
}

/** A block of a matrix: rows and columns, the ends not included. */
export interface Block {
  readonly rows: readonly [number, number]
  readonly columns: readonly [number, number]
}

const fits = (rows: number, columns: number, limits: MatrixLimits): boolean =>
  rows * columns <= (limits.cells ?? Infinity) && rows + columns <= (limits.locations ?? Infinity) &&
  rows <= (limits.from ?? Infinity) && columns <= (limits.to ?? Infinity)

const cuts = (length: number, size: number): ReadonlyArray<readonly [number, number]> =>
  Array.from({ length: Math.ceil(length / size) }, (_, i) => [i * size, Math.min(length, (i + 1) * size)] as const)

/** The fewest equal blocks that fit the limits. A limit that does not let one cell through is taken as one cell. */
export const splitMatrix = (rows: number, columns: number, limits: MatrixLimits): ReadonlyArray<Block> => {
  let best = { height: 1, width: 1, blocks: rows * columns }
  let width = columns
  for (let height = 1; height <= rows; height++) {
    // The taller the block, the narrower it may be.
    while (width > 0 && !fits(height, width, limits)) width--
    if (width === 0) break
    const blocks = Math.ceil(rows / height) * Math.ceil(columns / width)
    if (blocks < best.blocks) best = { height, width, blocks }
  }
  return cuts(rows, best.height).flatMap((r) => cuts(columns, best.width).map((c) => ({ rows: r, columns: c })))
}

/** The whole from its blocks. */
export const joinMatrix = <Cell>(
  rows: number,
  columns: number,
  parts: ReadonlyArray<{ readonly block: Block; readonly cells: ReadonlyArray<ReadonlyArray<Cell | null>> }>
): ReadonlyArray<ReadonlyArray<Cell | null>> => {
  const whole = Array.from({ length: rows }, () => Array<Cell | null>(columns).fill(null))
  for (const { block, cells } of parts) {
    cells.forEach((row, i) => row.forEach((cell, j) => {
      whole[block.rows[0] + i]![block.columns[0] + j] = cell
    }))
  }
  return whole
}
