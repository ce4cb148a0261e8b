import { AdapterFault, type InboundCall, Schema, type SetupContext } from "@aptekit/core"
import { Effect, Metric } from "effect"

/** When to warn that an account runs empty. */
export const BalanceAlarm = Schema.Struct({
  /** In the account's currency. */
  below: Schema.Finite,
  /** How often to look. @default 30 */
  everyMinutes: Schema.optionalKey(Schema.Finite.check(Schema.isBetween({ minimum: 1, maximum: 1440 })))
})

export interface Balance {
  readonly amount: string
  readonly currency: string
}

const balances = Metric.gauge("aptekit_message_balance", {
  description: "What is left on the account with a message gateway, in its currency."
})
const alarms = Metric.gauge("aptekit_message_balance_low", {
  description: "1 while the account with a message gateway is below its alarm level."
})

const DEFAULT_MINUTES = 30
const LONGEST_LOOK = 10_000

interface Watch {
  readonly alarm: typeof BalanceAlarm.Type | undefined
  readonly read: (signal: AbortSignal) => Promise<Balance | null>
  /** What else is worth a look at each turn, such as limits. */
  readonly also?: (signal: AbortSignal) => Promise<void>
}

/**
 * Looks at the balance at once and then by the clock, and says in the log when it falls below its level, when it is
 * above again, and when it cannot be read any more; once each. Shown all the time by the two gauges.
 */
export const watchBalance = ({ alarm, read, also }: Watch, { connection, hub, onClose }: SetupContext): void => {
  if (alarm === undefined) return
  const closed = new AbortController()
  let known: "enough" | "low" | "unreadable" = "enough"
  const become = (next: typeof known, words: string, detail: Readonly<Record<string, unknown>>): void => {
    if (known !== next) hub.log(words, detail)
    known = next
  }
  /** Asked past the port: it is not there for every gateway, and nobody asked. */
  const tell = (began: number, outcome: InboundCall["outcome"], error?: string): void =>
    hub.record({
      direction: "out", operation: "balance", step: "balance", outcome, durationMs: performance.now() - began,
      ...(error === undefined ? {} : { error })
    })
  const look = async (): Promise<void> => {
    const began = performance.now()
    try {
      const signal = AbortSignal.any([closed.signal, AbortSignal.timeout(LONGEST_LOOK)])
      const balance = await read(signal)
      if (balance !== null) {
        const low = Number(balance.amount) < alarm.below
        show(connection, balance, low)
        const detail = { ...balance, below: alarm.below }
        if (low) become("low", "WARNING: the account with the message gateway is low; top it up", detail)
        else become("enough", "the account with the message gateway is above its alarm level again", detail)
      }
      await also?.(signal)
      tell(began, "done")
    } catch (error) {
      if (closed.signal.aborted) return
      const reason = error instanceof Error ? error.message : "unknown"
      tell(began, error instanceof AdapterFault ? error.outcome : "unknown", reason)
      become("unreadable", "WARNING: the balance of the message gateway cannot be read", { reason })
    }
  }
  const timer = setInterval(() => void look(), (alarm.everyMinutes ?? DEFAULT_MINUTES) * 60_000)
  timer.unref()
  void look()
  onClose(() => {
    clearInterval(timer)
    closed.abort()
  })
}

const show = (connection: string, { amount, currency }: Balance, low: boolean): void =>
  Effect.runSync(
    Effect.andThen(
      Metric.update(Metric.withAttributes(balances, { connection, currency }), Number(amount)),
      Metric.update(Metric.withAttributes(alarms, { connection }), low ? 1 : 0)
    )
  )
