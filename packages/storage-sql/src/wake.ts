/** A way between the replicas of one database: who commits tells, the others look at once. Correctness never needs it. */
export interface Wake {
  /** `database` names what the replicas share; `heard` is called when another one (or this one) told. Never rejects. */
  readonly open: (database: string, heard: () => void) => Promise<WakeLine>
}
export interface WakeLine {
  /** Something was committed here. At once, and never throws. */
  readonly tell: () => void
  readonly close: () => void
}

/** Opens the way to the other replicas; `heard`: one of them has told. */
export type OpenWake = (heard: () => void) => Promise<WakeLine>

/** However often it is asked for: one run at a time, and one more after it if it was asked for meanwhile. */
export const oneAtATime = (work: () => Promise<void>): () => void => {
  let [asked, running] = [false, false]
  const go = async (): Promise<void> => {
    running = true
    while (asked) {
      asked = false
      await work().catch(() => undefined)
    }
    running = false
  }
  return () => {
    asked = true
    if (!running) void go()
  }
}
