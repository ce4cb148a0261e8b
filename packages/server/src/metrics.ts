import { monitorEventLoopDelay } from "node:perf_hooks"
import type { LaneDepth, LaneState } from "@aptekit/core"
import { Context, Metric } from "effect"
import { PrometheusMetrics } from "effect/observability"

const NONE = Context.empty()
/** Seconds; from a look into the image to a bulk import. */
const BOUNDARIES = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

const requests = Metric.counter("aptekit_http_requests_total", {
  description: "HTTP requests by operation and status",
  incremental: true
})
const durations = Metric.histogram("aptekit_http_request_duration_seconds", {
  description: "Time from request to answer, by operation",
  boundaries: BOUNDARIES
})
const liveClients = Metric.gauge("aptekit_live_clients", { description: "Clients of the live feed" })
const resident = Metric.gauge("process_resident_memory_bytes", { description: "Resident memory" })
const heap = Metric.gauge("nodejs_heap_used_bytes", { description: "Heap in use" })
const loopDelay = Metric.gauge("nodejs_eventloop_delay_seconds", {
  description: "Delay of the event loop since the last reading, by quantile"
})

const laneWaiting = Metric.gauge("aptekit_lane_waiting", { description: "Messages to a partner that wait, by lane" })
const laneDead = Metric.gauge("aptekit_lane_dead", { description: "Messages to a partner that wait for a person, by lane" })
const laneOldest = Metric.gauge("aptekit_lane_oldest_seconds", { description: "Age of the oldest message that waits, by lane" })
const laneInFlight = Metric.gauge("aptekit_lane_in_flight", { description: "Calls of this process that run, by lane" })
const laneBreaker = Metric.gauge("aptekit_lane_breaker", {
  description: "1 where the lane's breaker of this process is in that state, by lane and state"
})

type Updatable = { readonly updateUnsafe: (input: number, context: Context.Context<never>) => void }

/** A metric with attributes is made once per combination, not per request. */
const byAttributes = (metric: Metric.Metric<number, unknown>) => {
  const known = new Map<string, Updatable>()
  return (attributes: Readonly<Record<string, string>>): Updatable => {
    const key = Object.values(attributes).join("\n")
    let found = known.get(key)
    if (found === undefined) known.set(key, (found = Metric.withAttributes(metric, attributes)))
    return found
  }
}

const requestsOf = byAttributes(requests)
const durationsOf = byAttributes(durations)
const loopDelayOf = byAttributes(loopDelay)
const ofLane = {
  waiting: byAttributes(laneWaiting),
  dead: byAttributes(laneDead),
  oldest: byAttributes(laneOldest),
  inFlight: byAttributes(laneInFlight),
  breaker: byAttributes(laneBreaker)
}
const BREAKERS = ["closed", "open", "halfOpen"] as const

/** How the lanes stand: what waits is the database's and the same in every replica, calls and breaker are this process's. */
export interface LaneFigures {
  readonly depths: ReadonlyArray<LaneDepth>
  readonly states: ReadonlyArray<LaneState>
  readonly now: number
}

/** A lane that has nothing any more, or that this process no longer works, shows noughts rather than what it was. */
const gone = (known: Set<string>, lanes: ReadonlyArray<{ readonly lane: string }>): ReadonlyArray<string> => {
  const left = [...known].filter((lane) => !lanes.some((one) => one.lane === lane))
  for (const { lane } of lanes) known.add(lane)
  for (const lane of left) known.delete(lane)
  return left
}
const withDepth = new Set<string>()
const withState = new Set<string>()

const showLanes = ({ depths, states, now }: LaneFigures): void => {
  for (const lane of gone(withDepth, depths)) {
    for (const figure of [ofLane.waiting, ofLane.dead, ofLane.oldest]) figure({ lane }).updateUnsafe(0, NONE)
  }
  for (const lane of gone(withState, states)) {
    ofLane.inFlight({ lane }).updateUnsafe(0, NONE)
    for (const state of BREAKERS) ofLane.breaker({ lane, state }).updateUnsafe(0, NONE)
  }
  for (const { lane, waiting, dead, oldest } of depths) {
    ofLane.waiting({ lane }).updateUnsafe(waiting, NONE)
    ofLane.dead({ lane }).updateUnsafe(dead, NONE)
    ofLane.oldest({ lane }).updateUnsafe(oldest === null ? 0 : Math.max(0, now - oldest) / 1_000, NONE)
  }
  for (const { lane, inFlight, breaker } of states) {
    ofLane.inFlight({ lane }).updateUnsafe(inFlight, NONE)
    for (const state of BREAKERS) ofLane.breaker({ lane, state }).updateUnsafe(state === breaker ? 1 : 0, NONE)
  }
}

export const countRequest = (operation: string, status: number, seconds: number | null): void => {
  requestsOf({ operation, status: String(status) }).updateUnsafe(1, NONE)
  if (seconds !== null) durationsOf({ operation }).updateUnsafe(seconds, NONE)
}

const NANO = 1e9

/** `/metrics`: Prometheus text. */
export interface Metrics {
  /** `lanes` null: the database did not answer, and the figures are those of the last time. */
  readonly text: (live: number, lanes: LaneFigures | null) => string
  readonly close: () => void
}

export const startMetrics = (): Metrics => {
  const delay = monitorEventLoopDelay({ resolution: 20 })
  delay.enable()
  return {
    text: (live, lanes) => {
      if (lanes !== null) showLanes(lanes)
      const memory = process.memoryUsage()
      resident.updateUnsafe(memory.rss, NONE)
      heap.updateUnsafe(memory.heapUsed, NONE)
      liveClients.updateUnsafe(live, NONE)
      for (const percentile of [50, 99]) {
        const nanoseconds = delay.count === 0 ? 0 : delay.percentile(percentile)
        loopDelayOf({ quantile: String(percentile / 100) }).updateUnsafe(nanoseconds / NANO, NONE)
      }
      delay.reset()
      return PrometheusMetrics.formatUnsafe(NONE)
    },
    close: () => void delay.disable()
  }
}
