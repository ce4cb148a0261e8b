import { setImmediate } from "node:timers/promises"

/** Longer than that the event loop is not held at a stretch: orders are answered in it. */
const SLICE_MS = 3

/** Long work in slices: `if (slices.due) await slices.rest()`, often, for asking costs little. */
export class Slices {
  #until = performance.now() + SLICE_MS

  get due(): boolean {
    return performance.now() >= this.#until
  }

  /** Lets the others have their turn. */
  async rest(): Promise<void> {
    await setImmediate()
    this.#until = performance.now() + SLICE_MS
  }
}
