import type { Driver } from "../driver.ts"
import type { UnfinishedRun } from "../ops/runs.ts"

/** Longer than any pause of a living hub between two beats. */
const LEASE_MS = 30_000

/**
 * Whose runs are: a hub that shares its database holds a lease while it receives any, by the database's clock. Only what
 * nobody holds is a dead hub's.
 */
export class RunOwner {
  readonly name: string
  readonly #driver: Driver
  readonly #now: () => number
  readonly #receiving = new Set<string>()
  /** One change of the lease at a time. */
  #turn: Promise<unknown> = Promise.resolve()

  constructor(driver: Driver, origin: string, now: () => number) {
    this.name = `hub/${origin}`
    this.#driver = driver
    this.#now = now
  }

  /** Before the run is written, so that nobody finds it without its owner. */
  async begins(run: string): Promise<void> {
    this.#receiving.add(run)
    await this.#inTurn(() => this.#renew())
  }

  async ends(run: string): Promise<void> {
    if (!this.#receiving.delete(run)) return
    await this.#inTurn(async () => {
      if (this.#driver.alone !== null && this.#receiving.size === 0) await this.#driver.write("dropLease", this.name, "lease")
    })
  }

  beat(): Promise<void> {
    return this.#inTurn(() => this.#renew())
  }

  /** Does nobody receive it any more? Where only one hub can be, what it finds at its start is its predecessor's. */
  isDead({ id, lease_until: until }: UnfinishedRun): boolean {
    if (this.#receiving.has(id)) return false
    return this.#driver.alone === null || until === null || until <= this.#now()
  }

  async #renew(): Promise<void> {
    if (this.#driver.alone === null || this.#receiving.size === 0) return
    const now = this.#now()
    await this.#driver.write("acquireLease", { name: this.name, owner: this.name, now, until: now + LEASE_MS }, "lease")
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(work)
    this.#turn = turn.catch(() => undefined)
    return turn
  }
}
