import { setTimeout as sleep } from "node:timers/promises"
import type { InboundHub, PulledOrder } from "@aptekit/core"
import { ODataFault } from "../fault.ts"
import { type BackParts, readBack } from "./back.ts"
import type { Delivery, ODataOrderDesk } from "./desk.ts"
import type { ODataOrders } from "./settings.ts"
import { WaitingOrders } from "./waiting.ts"

/** Orders in a row that the base did not answer: it is away, and the rest would only wait too. */
const AWAY = 3
/** News come in bursts: one look for all. */
const GATHER_MS = 200
/** Between two looks that no news ask for. */
const SOONEST_MS = 1000
const LONGEST_PAUSE_MS = 300_000

export type RoundReport = Readonly<Record<Delivery, number>>

const NOTHING: RoundReport = { done: 0, aside: 0, later: 0, setup: 0 }

export interface LaneParts {
  readonly hub: InboundHub
  readonly settings: ODataOrders
  readonly desk: ODataOrderDesk
  readonly back: BackParts
  /** Is it this hub that works for the connection? Asked before each order. */
  readonly mine: () => Promise<boolean>
}

/** Orders to the base and what became of them back, for as long as the hub runs. */
export class OrderLane {
  readonly #parts: LaneParts
  readonly #stop = new AbortController()
  #wake: (() => void) | null = null
  readonly #waiting = new WaitingOrders()
  #failures = 0
  /** The last delivery was given up: the base is away, or the connection is wrong. */
  #givenUp = false
  #turn: Promise<unknown> = Promise.resolve()
  #running: Promise<void> | null = null
  #said: string | null = null

  constructor(parts: LaneParts) {
    this.#parts = parts
  }

  start(): void {
    const leave = this.#parts.hub.orders.onNews(() => this.#wake?.())
    this.#running = this.#run().finally(leave)
  }

  async close(): Promise<void> {
    this.#stop.abort()
    this.#wake?.()
    await this.#running
    await this.#turn
  }

  /** Was a creation sent of which nobody has heard? */
  get inDoubt(): boolean {
    return this.#parts.back.ledger.entries().some(([, { sentAt }]) => sentAt !== null)
  }

  /** A whole look: changes of the base first, then our news. `patient`: orders that wait are left until their time. */
  round({ patient = false } = {}): Promise<RoundReport> {
    return this.#queue(async () => {
      if (!await this.#parts.mine()) return this.#left()
      await readBack(this.#parts.back)
      const report = await this.#deliver(patient)
      // What people had cancelled before we knew their document.
      if (report.done > 0) await readBack(this.#parts.back)
      return report
    })
  }

  #queue<A>(work: () => Promise<A>): Promise<A> {
    const turn = this.#turn.then(work)
    this.#turn = turn.catch(() => undefined)
    return turn
  }

  async #deliver(patient: boolean): Promise<RoundReport> {
    const { hub, settings, desk } = this.#parts
    this.#givenUp = false
    const report: Record<Delivery, number> = { ...NOTHING }
    // Before goods have been read every order would be put aside for want of their ids.
    if ((await this.#parts.back.products()).size === 0) return report
    const [seen, ids] = [new Set<string>(), new Set<string>()]
    while (!this.#stop.signal.aborted) {
      // Those that wait stay in front: they must not keep the base from the orders behind them.
      const pulled = (await hub.orders.pull(settings.batch + report.later)).filter(({ order, version }) => {
        const key = `${order.id}/${version}`
        ids.add(order.id)
        return !seen.has(key) && seen.add(key)
      })
      if (pulled.length === 0) {
        this.#waiting.keep(ids)
        return report
      }
      let away = 0
      for (const order of pulled) {
        if (patient && this.#waiting.isEarly(order.order.id, order.version, performance.now())) {
          report.later++
          continue
        }
        if (this.#stop.signal.aborted || !await this.#parts.mine()) return this.#left(report)
        const delivery = await this.#told(order)
        report[delivery]++
        away = delivery === "later" && desk.fault !== null ? away + 1 : 0
        this.#givenUp = delivery === "setup" || away === AWAY
        if (this.#givenUp) return report
      }
    }
    return report
  }

  /** Another hub works for the connection, or nothing has news: nobody waits here. */
  #left(report = NOTHING): RoundReport {
    this.#waiting.keep(new Set())
    return report
  }

  async #told(order: PulledOrder): Promise<Delivery> {
    const { desk } = this.#parts
    const delivery = await desk.deliver(order)
    if (delivery === "later") this.#waiting.add(order.order.id, order.version, performance.now())
    else this.#waiting.delete(order.order.id)
    if (delivery === "setup") await this.#wrong(desk.fault)
    if (delivery === "done") this.#said = null
    return delivery
  }

  /** Said once, as a failed run: whoever looks at the exchange sees it. */
  async #wrong(fault: ODataFault | null): Promise<void> {
    if (fault === null || this.#said === fault.message) return
    this.#said = fault.message
    const run = await this.#parts.hub.stock.openRun(this.#parts.settings.document)
    await run.abort(`Заказы не передаются в 1С. ${fault.message}`)
  }

  async #run(): Promise<void> {
    const { hub, settings } = this.#parts
    // Commits of others wake us many times a second: only news is worth a call, and the base is read at its own pace.
    const news = () => this.#queue(async () => (await hub.orders.waiting(1)) > 0 ? this.#deliver(true) : this.#left())
    let due = 0
    while (!this.#stop.signal.aborted) {
      const woken = new Promise<void>((resolve) => (this.#wake = resolve))
      const whole = performance.now() >= due
      if (whole) due = performance.now() + settings.everySeconds * 1000
      this.#failures = await this.#failed(whole ? this.round({ patient: true }) : news()) ? this.#failures + 1 : 0
      if (this.#failures > 0) await this.#sleep(Math.min(1000 * 2 ** Math.min(this.#failures, 10), LONGEST_PAUSE_MS))
      else {
        const left = Math.max(SOONEST_MS, Math.min(due, this.#waiting.next()) - performance.now())
        await Promise.race([woken.then(() => this.#sleep(GATHER_MS)), this.#sleep(left)])
      }
    }
  }

  async #failed(round: Promise<RoundReport>): Promise<boolean> {
    try {
      await round
      return this.#givenUp
    } catch (error) {
      if (error instanceof ODataFault && error.blame === "setup") await this.#wrong(error).catch(() => undefined)
      return true
    }
  }

  async #sleep(ms: number): Promise<void> {
    await sleep(ms, undefined, { ref: false, signal: this.#stop.signal }).catch(() => undefined)
  }
}
