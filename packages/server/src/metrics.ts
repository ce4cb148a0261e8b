import { monitorEventLoopDelay } from "node:perf_hooks"
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

export const countRequest = (operation: string, status: number, seconds: number | null): void => {
  requestsOf({ operation, status: String(status) }).updateUnsafe(1, NONE)
  if (seconds !== null) durationsOf({ operation }).updateUnsafe(seconds, NONE)
}

const NANO = 1e9

/** `/metrics`: Prometheus text. */
export interface Metrics {
  readonly text: (live: number) => string
  readonly close: () => void
}

export const startMetrics = (): Metrics => {
  const delay = monitorEventLoopDelay({ resolution: 20 })
  delay.enable()
  return {
    text: (live) => {
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
