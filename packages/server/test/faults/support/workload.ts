import { cancelOrder, commandOn, conflicting, placeOrder, saleOf, statement, walkIn } from "./actions.ts"
import { type Answer, type Attempt, isOk, isSettled, type Order, orderOf, send } from "./attempts.ts"
import type { Chance } from "./random.ts"

const CLIENTS = 16
/** Orders that clients still look at; older ones are left as they are. */
const REMEMBERED = 150

/** How often each kind of thing is done. */
export interface Mix {
  readonly place: number
  readonly repeat: number
  readonly command: number
  readonly sale: number
  readonly walkIn: number
  readonly statement: number
}
export const USUAL: Mix = { place: 32, repeat: 8, command: 45, sale: 8, walkIn: 5, statement: 2 }

/**
 * Everybody who wants something of the hub at once: channels that place and repeat orders, boards, operators,
 * registers, stock files. It keeps every answer as evidence; what was cut off is sent again with the same keys.
 */
export class Workload {
  readonly attempts = new Set<Attempt>()
  /** Those that were answered 2xx: what may be sent once more. */
  readonly #done: Array<Attempt> = []
  readonly #chance: Chance
  readonly #mix: Mix
  readonly #orders = new Map<string, Order>()
  readonly #began = Date.now()
  #answered: Array<() => void> = []
  #names = 0
  #runs = 0
  #statements = 0

  constructor(chance: Chance, mix: Mix = USUAL) {
    this.#chance = chance
    this.#mix = mix
  }

  /** Clients work until they are told to stop, or the hub is gone. */
  async run(url: string, stop: AbortSignal): Promise<void> {
    const run = ++this.#runs
    await Promise.all(
      Array.from({ length: CLIENTS }, (_, n) => this.#client(url, this.#chance.fork(run * 1_000 + n), stop))
    )
  }

  /**
   * Sends what no answer has settled; sales go first, as if each side had its own queue. A statement is not sent again:
   * what a cut left of it is the hub's to finish.
   */
  async resend(url: string): Promise<void> {
    const cut = this.unsettled
    for (const kinds of [["sale"], ["place", "conflict"], ["command"]]) {
      const own = cut.filter(({ kind }) => kinds.includes(kind))
      await Promise.all(Array.from({ length: CLIENTS }, async (_, n) => {
        for (let i = n; i < own.length; i += CLIENTS) await this.#send(url, own[i]!)
      }))
    }
  }

  /** Resolves with the next answer, whatever it is. */
  nextAnswer(): Promise<void> {
    return new Promise((resolve) => this.#answered.push(resolve))
  }

  /** What somebody still waits for. */
  get unsettled(): ReadonlyArray<Attempt> {
    return [...this.attempts].filter((one) => !isSettled(one) && one.kind !== "statement")
  }
  /** How many things were answered 2xx. */
  get done(): number {
    return this.#done.length
  }

  async #client(url: string, chance: Chance, stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      const chosen = this.#choose(chance)
      for (const one of chosen) this.attempts.add(one)
      const answers = await Promise.all(chosen.map((one) => this.#send(url, one)))
      const nobody = answers.every((answer) => answer === null) && chosen.every((one) => one.refusals.length === 0)
      if (nobody) return
    }
  }

  async #send(url: string, one: Attempt): Promise<Answer | null> {
    const known = one.answers.some(isOk)
    const answer = await send(url, one)
    for (const tell of this.#answered.splice(0)) tell()
    if (answer === null || !isOk(answer)) return answer
    if (!known) this.#done.push(one)
    const order = one.kind === "statement" ? null : orderOf(answer)
    if (order !== null) this.#remember(order)
    return answer
  }

  #remember(order: Order): void {
    const known = this.#orders.get(order.id)
    if (known !== undefined && known.version > order.version) return
    this.#orders.delete(order.id)
    this.#orders.set(order.id, order)
    if (this.#orders.size > REMEMBERED) this.#orders.delete(this.#orders.keys().next().value!)
  }

  readonly #name = (prefix: string): string => `${prefix}-${++this.#names}`

  /** One thing to do, or the same thing several times at once. */
  #choose(chance: Chance): ReadonlyArray<Attempt> {
    const one = this.#one(chance)
    // Twins: a channel's retry overtakes its first try, a button is pressed twice.
    return chance.yes(0.15) ? Array.from({ length: chance.between(2, 4) }, () => one) : [one]
  }

  #one(chance: Chance): Attempt {
    const { place, repeat, command, sale, walkIn: counter, statement: stated } = this.#mix
    const now = Date.now()
    let roll = chance.below(place + repeat + command + sale + counter + stated)
    const falls = (share: number): boolean => (roll -= share) < 0
    if (falls(place)) return placeOrder(chance, this.#name)
    if (falls(repeat)) return this.#again(chance) ?? placeOrder(chance, this.#name)
    const order = this.#orders.size === 0 ? null : chance.pick([...this.#orders.values()])
    if (falls(command)) return this.#wish(order, chance, now) ?? placeOrder(chance, this.#name)
    if (falls(sale)) return (order && saleOf(order, chance, this.#name, now)) ?? placeOrder(chance, this.#name)
    if (falls(counter)) return walkIn(chance, this.#name, now)
    // Each statement speaks for a later second than the one before, all of them past.
    return statement(chance, this.#name, Math.floor(this.#began / 1000) * 1000 - 1_800_000 + ++this.#statements * 1000)
  }

  #wish(order: Order | null, chance: Chance, now: number): Attempt | null {
    if (order === null) return null
    return chance.yes(0.05) ? cancelOrder(order, this.#name) : commandOn(order, chance, this.#name, now)
  }

  /** Something that was settled long ago comes once more: orders, receipts and commands, or an order with other contents. */
  #again(chance: Chance): Attempt | null {
    if (this.#done.length === 0) return null
    const one = chance.pick(this.#done)
    if (one.kind === "statement") return null
    return one.kind === "place" && chance.yes(0.3) ? conflicting(one) : one
  }
}
