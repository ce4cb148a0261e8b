import type { BranchId, ProductId } from "../kernel/ids.ts"

/** Branch columns come in multiples of this, so that a new branch seldom means a new image (D5). */
export const WIDTH_STEP = 16
/** Products are added in steps too: an image grows by copying. */
const PRODUCT_STEP = 4096

/** A price that nobody has stated. */
export const NO_PRICE = -1

const int32 = (length: number): Int32Array => new Int32Array(new SharedArrayBuffer(length * 4))

/** Times of statements are kept in seconds since this instant: 32 bits last until 2088. */
const STATED_EPOCH = Date.UTC(2020, 0, 1)

/** A statement's as-of time as the image keeps it: whole seconds, rounded down (too early only undersells, D2). */
export const toStated = (asOf: number): number => Math.max(0, Math.floor((asOf - STATED_EPOCH) / 1000))
export const fromStated = (stated: number): number => (stated === 0 ? 0 : STATED_EPOCH + stated * 1000)

/** Arrays of the image as a bulk run looks at them. Replaced when the image grows: do not keep them. */
export interface ImageFigures {
  /** By `productSlot * width + branchSlot`. */
  readonly cells: Int32Array
  readonly cellsStated: Int32Array
  /** By product slot: prices of the whole network; empty for stock. */
  readonly network: Int32Array
  readonly networkStated: Int32Array
  /** What stands for "not there": 0 units, or NO_PRICE. */
  readonly none: number
}

const NO_FIGURES = new Int32Array(0)

/** Figures of one price type, with the time of the statement that named each. */
interface PriceColumn {
  /** One price for the whole network, by product slot. */
  network: Int32Array
  networkStated: Int32Array
  /** Prices of single branches, product-major; made when the first one comes. */
  branch: Int32Array | null
  branchStated: Int32Array | null
}

/**
 * Stock and prices of the whole network in memory: product-major arrays of 32-bit integers (D5).
 *
 * It *proposes*: the guarded update in the database decides. Storage fills it and keeps it, by deltas of each
 * commit and by the rows of each import; planner and reads only look. A product and a branch have a dense slot,
 * given by storage and never used again.
 */
export class StockImage {
  #width = WIDTH_STEP
  #products = PRODUCT_STEP
  #onHand = int32(WIDTH_STEP * PRODUCT_STEP)
  #reserved = int32(WIDTH_STEP * PRODUCT_STEP)
  /** When a statement last named each cell (D2): also for rows that it left as they were. */
  #stated = int32(WIDTH_STEP * PRODUCT_STEP)
  readonly #prices = new Map<string, PriceColumn>()
  readonly #productSlots = new Map<ProductId, number>()
  readonly #branchSlots = new Map<BranchId, number>()
  /** Units that waiting orders (`awaiting`) will take first when goods arrive, by cell (D11). */
  readonly #awaited = new Map<number, number>()

  /** Statements shown so far: who looks for what they took away need not look twice (D7). */
  statements = 0

  get width(): number {
    return this.#width
  }
  /** Units on hand by cell: `productSlot * width + branchSlot`. Replaced when the image grows: do not keep it. */
  get onHand(): Int32Array {
    return this.#onHand
  }
  get reserved(): Int32Array {
    return this.#reserved
  }
  get stated(): Int32Array {
    return this.#stated
  }
  get productCount(): number {
    return this.#productSlots.size
  }

  /** Slots are dense: those of branches are below this. */
  get branchCount(): number {
    return this.#branchSlots.size
  }

  productSlot(id: ProductId): number | undefined {
    return this.#productSlots.get(id)
  }
  branchSlot(id: BranchId): number | undefined {
    return this.#branchSlots.get(id)
  }

  addProduct(id: ProductId, slot: number): void {
    this.#productSlots.set(id, slot)
    if (slot >= this.#products) this.#grow(Math.max(slot + 1, this.#products * 2), this.#width)
  }
  addBranch(id: BranchId, slot: number): void {
    this.#branchSlots.set(id, slot)
    if (slot >= this.#width) this.#grow(this.#products, Math.ceil((slot + 1) / WIDTH_STEP) * WIDTH_STEP)
  }

  cell(productSlot: number, branchSlot: number): number {
    return productSlot * this.#width + branchSlot
  }

  /**
   * What a reservation would get now: on hand less reserved less what waiting orders take first; never below 0.
   * `due`: reserved units whose time is up, which count as free.
   */
  availableAt(productSlot: number, branchSlot: number, due = 0): number {
    const cell = this.cell(productSlot, branchSlot)
    const free = (this.#onHand[cell] ?? 0) - (this.#reserved[cell] ?? 0) + due
    const left = this.#awaited.size === 0 ? free : free - (this.#awaited.get(cell) ?? 0)
    return left > 0 ? left : 0
  }
  available(product: ProductId, branch: BranchId, due = 0): number {
    const p = this.#productSlots.get(product)
    const b = this.#branchSlots.get(branch)
    return p === undefined || b === undefined ? 0 : this.availableAt(p, b, due)
  }

  /** The same before waiting orders take theirs. */
  free(product: ProductId, branch: BranchId): number {
    const p = this.#productSlots.get(product)
    const b = this.#branchSlots.get(branch)
    if (p === undefined || b === undefined) return 0
    const cell = this.cell(p, b)
    return Math.max(0, (this.#onHand[cell] ?? 0) - (this.#reserved[cell] ?? 0))
  }

  /** The instant of the last statement that named this row; 0 before the first (D2). */
  statedAt(productSlot: number, branchSlot: number): number {
    return fromStated(this.#stated[this.cell(productSlot, branchSlot)] ?? 0)
  }

  /** The price in minor units: the branch's own, else the network's, else null. */
  price(priceType: string, product: ProductId, branch: BranchId | null): number | null {
    const column = this.#prices.get(priceType)
    const p = this.#productSlots.get(product)
    if (column === undefined || p === undefined) return null
    const b = branch === null ? undefined : this.#branchSlots.get(branch)
    const own = b === undefined || column.branch === null ? NO_PRICE : column.branch[this.cell(p, b)]!
    const found = own === NO_PRICE ? column.network[p]! : own
    return found === NO_PRICE ? null : found
  }

  /** Rows of which more is reserved than there is: facts may do that (D7). */
  short(): ReadonlyArray<{ readonly productId: ProductId; readonly branchId: BranchId }> {
    const found: Array<{ readonly productId: ProductId; readonly branchId: BranchId }> = []
    for (const [productId, p] of this.#productSlots) {
      const row = p * this.#width
      for (let b = 0; b < this.#width; b++) {
        if (this.#reserved[row + b]! <= Math.max(0, this.#onHand[row + b]!)) continue
        for (const [branchId, slot] of this.#branchSlots) if (slot === b) found.push({ productId, branchId })
      }
    }
    return found
  }

  setLevel(productSlot: number, branchSlot: number, onHand: number, reserved: number): void {
    const cell = this.cell(productSlot, branchSlot)
    this.#onHand[cell] = onHand
    this.#reserved[cell] = reserved
  }
  addLevel(productSlot: number, branchSlot: number, onHand: number, reserved: number): void {
    const cell = this.cell(productSlot, branchSlot)
    this.#onHand[cell]! += onHand
    this.#reserved[cell]! += reserved
  }
  /** Rows of which waiting orders will take some first: product and branch slots. */
  awaitedCells(): ReadonlyArray<readonly [product: number, branch: number]> {
    return [...this.#awaited.keys()].map((cell) => [Math.floor(cell / this.#width), cell % this.#width])
  }
  addAwaited(productSlot: number, branchSlot: number, units: number): void {
    const cell = this.cell(productSlot, branchSlot)
    const left = (this.#awaited.get(cell) ?? 0) + units
    if (left > 0) this.#awaited.set(cell, left)
    else this.#awaited.delete(cell)
  }
  setAwaited(productSlot: number, branchSlot: number, units: number): void {
    this.addAwaited(productSlot, branchSlot, units - (this.#awaited.get(this.cell(productSlot, branchSlot)) ?? 0))
  }
  /** `branchSlot` null: the network's price. `amount` NO_PRICE takes a price back. */
  setPrice(priceType: string, productSlot: number, branchSlot: number | null, amount: number): void {
    const column = this.#priceColumn(priceType)
    if (branchSlot === null) column.network[productSlot] = amount
    else this.#branchPrices(column)[this.cell(productSlot, branchSlot)] = amount
  }
  /** The price of exactly this row, without falling back on the network's. */
  ownPrice(priceType: string, productSlot: number, branchSlot: number | null): number {
    const column = this.#priceColumn(priceType)
    if (branchSlot === null) return column.network[productSlot]!
    return column.branch === null ? NO_PRICE : column.branch[this.cell(productSlot, branchSlot)]!
  }
  priceStated(priceType: string, productSlot: number, branchSlot: number | null): number {
    const column = this.#priceColumn(priceType)
    if (branchSlot === null) return column.networkStated[productSlot]!
    return column.branchStated === null ? 0 : column.branchStated[this.cell(productSlot, branchSlot)]!
  }
  setPriceStated(priceType: string, productSlot: number, branchSlot: number | null, stated: number): void {
    const column = this.#priceColumn(priceType)
    if (branchSlot === null) column.networkStated[productSlot] = stated
    else {
      this.#branchPrices(column)
      column.branchStated![this.cell(productSlot, branchSlot)] = stated
    }
  }

  /** Stock (null) or a price type; prices of single branches only where they are wanted or there already. */
  figuresOf(priceType: string | null, branches: boolean): ImageFigures {
    if (priceType === null) {
      const stock = { cells: this.#onHand, cellsStated: this.#stated }
      return { ...stock, network: NO_FIGURES, networkStated: NO_FIGURES, none: 0 }
    }
    const column = this.#priceColumn(priceType)
    if (branches) this.#branchPrices(column)
    return {
      cells: column.branch ?? NO_FIGURES,
      cellsStated: column.branchStated ?? NO_FIGURES,
      network: column.network,
      networkStated: column.networkStated,
      none: NO_PRICE
    }
  }

  /** Takes over the figures of another image of the same network, all at once (D4); waiting demand stays. */
  adopt(fresh: StockImage): void {
    if (fresh.#width < this.#width || fresh.#products < this.#products) {
      fresh.#grow(Math.max(fresh.#products, this.#products), Math.max(fresh.#width, this.#width))
    }
    if (fresh.#width > this.#width || fresh.#products > this.#products) this.#grow(fresh.#products, fresh.#width)
    this.#onHand = fresh.#onHand
    this.#reserved = fresh.#reserved
    this.#stated = fresh.#stated
    this.#prices.clear()
    for (const [type, column] of fresh.#prices) this.#prices.set(type, column)
  }

  #branchPrices(column: PriceColumn): Int32Array {
    column.branchStated ??= int32(this.#products * this.#width)
    return (column.branch ??= int32(this.#products * this.#width).fill(NO_PRICE))
  }

  #priceColumn(priceType: string): PriceColumn {
    let column = this.#prices.get(priceType)
    if (column === undefined) {
      column = {
        network: int32(this.#products).fill(NO_PRICE),
        networkStated: int32(this.#products),
        branch: null,
        branchStated: null
      }
      this.#prices.set(priceType, column)
    }
    return column
  }

  #grow(products: number, width: number): void {
    const widen = (old: Int32Array, empty: number): Int32Array => {
      const wide = int32(products * width)
      if (empty !== 0) wide.fill(empty)
      if (width === this.#width) {
        wide.set(old)
        return wide
      }
      for (let p = 0; p < this.#products; p++) {
        wide.set(old.subarray(p * this.#width, (p + 1) * this.#width), p * width)
      }
      return wide
    }
    this.#onHand = widen(this.#onHand, 0)
    this.#reserved = widen(this.#reserved, 0)
    this.#stated = widen(this.#stated, 0)
    for (const column of this.#prices.values()) {
      const lengthen = (old: Int32Array, empty: number): Int32Array => {
        const long = int32(products).fill(empty)
        long.set(old)
        return long
      }
      column.network = lengthen(column.network, NO_PRICE)
      column.networkStated = lengthen(column.networkStated, 0)
      if (column.branch !== null) column.branch = widen(column.branch, NO_PRICE)
      if (column.branchStated !== null) column.branchStated = widen(column.branchStated, 0)
    }
    const awaited = [...this.#awaited].map(([cell, units]) => {
      return [Math.floor(cell / this.#width) * width + (cell % this.#width), units] as const
    })
    this.#awaited.clear()
    for (const [cell, units] of awaited) this.#awaited.set(cell, units)
    this.#products = products
    this.#width = width
  }
}
