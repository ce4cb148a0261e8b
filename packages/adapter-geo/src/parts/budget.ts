import { mkdir, readFile, rename, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { Schema, Zone } from "@aptekit/core"
import { Option } from "effect"
import { fault } from "./fault.ts"

/** How much may be asked a day, and in which zone its day begins (UTC if left out). */
export const Budget = Schema.Struct({
  perDay: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 100_000_000 })),
  zone: Schema.optionalKey(Zone)
})
export type Budget = typeof Budget.Type

/** So much of the day's budget is written down ahead of its use: a kill loses this share at most, and never overspends. */
const AHEAD = 0.01

const Kept = Schema.fromJsonString(Schema.Struct({ day: Schema.String, used: Schema.Int }))
const readKept = Schema.decodeUnknownOption(Kept)

export interface BudgetPlace {
  readonly service: string
  /** The connection's folder: the budget outlives a restart there. */
  readonly directory: string
  readonly now: () => number
  readonly log: (message: string, detail?: Readonly<Record<string, unknown>>) => void
}

export interface Spending {
  /** @throws AdapterFault `unavailable`: the budget is used up */
  readonly spend: (amount: number) => Promise<void>
  /** Gives back what was written down ahead. */
  readonly close: () => Promise<void>
}

const FREE: Spending = { spend: () => Promise.resolve(), close: () => Promise.resolve() }

/** The budget of one connection, or of one process of it: replicas on other machines have folders of their own. */
export const openBudget = (budget: Budget | undefined, { service, directory, now, log }: BudgetPlace): Spending => {
  if (budget === undefined) return FREE
  const { perDay, zone = "UTC" } = budget
  const file = join(directory, "budget.json")
  const format = new Intl.DateTimeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" })
  const state = { day: "", used: 0, written: 0, loaded: false }

  const load = async (): Promise<void> => {
    state.loaded = true
    const text = await readFile(file, "utf8").catch(() => null)
    if (text === null) return
    const kept = Option.getOrUndefined(readKept(text))
    if (kept === undefined) return log(`${service}: the file of the day's budget cannot be read; it counts from nothing`, { file })
    Object.assign(state, { day: kept.day, used: kept.used, written: kept.used })
  }

  const write = async (used: number): Promise<void> => {
    state.written = used
    try {
      await mkdir(directory, { recursive: true })
      await writeFile(`${file}.new`, JSON.stringify({ day: state.day, used }))
      await rename(`${file}.new`, file)
    } catch {
      log(`${service}: the day's budget cannot be written; a restart would begin it anew`, { file })
    }
  }

  const spend = async (amount: number): Promise<void> => {
    if (!state.loaded) await load()
    const day = format.format(now())
    // A clock that was put back does not begin the day again.
    if (day > state.day) Object.assign(state, { day, used: 0, written: 0 })
    if (state.used + amount > perDay) {
      throw fault(`${service}: the day's budget of ${perDay} is used up; the next day begins at midnight, ${zone}`, "unavailable")
    }
    state.used += amount
    if (state.used > state.written) await write(Math.min(perDay, state.used + Math.ceil(perDay * AHEAD)))
  }

  let last: Promise<void> = Promise.resolve()
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const next = last.then(work)
    last = next.catch(() => undefined)
    return next
  }
  return {
    spend: (amount) => inTurn(() => spend(amount)),
    close: () => inTurn(() => (state.loaded && state.written > state.used ? write(state.used) : Promise.resolve()))
  }
}
