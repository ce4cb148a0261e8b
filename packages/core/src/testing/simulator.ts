/**
 * The kit from which partners' simulators are made: a web-standard `fetch` with a ledger and fault switches. The same
 * function stands in for `fetch` in suites, answers as an msw handler, and serves as a real HTTP server in the demo.
 * @module
 */

/**
 * How a partner can go wrong:
 * - `slow`: takes the call and gives no answer until `mend()`, or until the caller gives up;
 * - `down`: refuses the connection, so that nothing arrives;
 * - `dropAfter`: does the work, then loses the connection;
 * - `refuses`: answers that it will not do this;
 * - `garbled`: does the work and answers nonsense, each time of another kind (see `GARBAGE`);
 * - `duplicate`: gets the same request twice, as behind a proxy that repeats.
 */
export type Fault = "slow" | "down" | "dropAfter" | "refuses" | "garbled" | "duplicate"

/** A request as it came over the wire. */
export interface SimulatedCall {
  readonly method: string
  /** Path and query. */
  readonly path: string
  readonly body: string
}

/** The switches that a conformance suite turns. */
export interface FaultControls {
  /** From the next call on, `times` calls go wrong in this way; without `times`, all until `mend()`. */
  readonly fault: (fault: Fault, times?: number) => void
  /** Ends the fault and lets the held calls go on. */
  readonly mend: () => void
  /** Resolves when so many calls have come in since the beginning: how a test waits without sleeping. */
  readonly arrived: (count: number) => Promise<void>
}

/** A partner in memory: `fetch` is its web address, `ledger` what it has really done. */
export interface Simulator<Entry> extends FaultControls {
  readonly fetch: (request: Request) => Promise<Response>
  /** What the partner has done, oldest first. */
  readonly ledger: ReadonlyArray<Entry>
  /** What came over the wire, oldest first, also what was refused. */
  readonly calls: ReadonlyArray<SimulatedCall>
}

/** How the partner answers, and how it refuses. */
export interface SimulatorOptions<Entry> {
  /** The partner itself: reads the request, notes in the ledger what it does, answers. */
  readonly handle: (request: Request, ledger: Array<Entry>) => Response | Promise<Response>
  /** The answer to a call under the fault `refuses`; by default 422. */
  readonly refuse?: () => Response
}

/** Answers that keep no promise: a proxy's page, JSON cut off, JSON of other shapes, nothing. */
export const GARBAGE: ReadonlyArray<string> = [
  "<html><body>Bad gateway</body></html>",
  "{\"id\":",
  "{\"id\":{}}",
  "[]",
  "null",
  ""
]

/** What Node's `fetch` rejects with: a TypeError whose cause names what happened to the connection. */
const connectionError = (code: "ECONNREFUSED" | "ECONNRESET"): TypeError =>
  new TypeError("fetch failed", { cause: Object.assign(new Error(code), { code }) })

/** A partner made of its handler: see `Fault` for the switches. */
export const createSimulator = <Entry>(options: SimulatorOptions<Entry>): Simulator<Entry> => {
  const ledger: Array<Entry> = []
  const calls: Array<SimulatedCall> = []
  const faults = faultSwitch()
  const arrivals: Array<{ readonly count: number; readonly resolve: () => void }> = []
  let garbled = 0

  const arrive = (call: SimulatedCall): void => {
    calls.push(call)
    for (const waiting of arrivals) if (calls.length >= waiting.count) waiting.resolve()
  }

  const fetch = async (request: Request): Promise<Response> => {
    const fault = faults.take()
    if (fault === "down") throw connectionError("ECONNREFUSED")
    const { method, headers, signal } = request
    const url = new URL(request.url)
    const bytes = await request.arrayBuffer()
    const body = new TextDecoder().decode(bytes)
    arrive({ method, path: `${url.pathname}${url.search}`, body })
    // A body can be read once, and `duplicate` needs it twice. As bytes: not every partner speaks text.
    const handle = async (): Promise<Response> =>
      options.handle(new Request(url, { method, headers, ...(bytes.byteLength === 0 ? {} : { body: bytes }) }), ledger)
    if (fault === "slow") await faults.held(signal)
    if (fault === "refuses") return options.refuse?.() ?? Response.json({ error: "refused" }, { status: 422 })
    if (fault === "duplicate") await handle()
    const answer = await handle()
    if (fault === "dropAfter") throw connectionError("ECONNRESET")
    return fault === "garbled" ? new Response(GARBAGE[garbled++ % GARBAGE.length], { status: 200 }) : answer
  }

  return {
    fetch,
    ledger,
    calls,
    fault: faults.set,
    mend: faults.mend,
    arrived: (count) =>
      calls.length >= count ? Promise.resolve() : new Promise((resolve) => arrivals.push({ count, resolve }))
  }
}

/**
 * Which fault the next calls meet, and the calls that `slow` holds back: for simulators of partners that do not speak
 * HTTP.
 */
export const faultSwitch = () => {
  let current: Fault | null = null
  let left = 0
  let held: Array<() => void> = []
  return {
    set: (fault: Fault, times = Number.POSITIVE_INFINITY): void => {
      current = fault
      left = times
    },
    mend: (): void => {
      current = null
      for (const release of held) release()
      held = []
    },
    take: (): Fault | null => (left-- > 0 ? current : null),
    held: (signal: AbortSignal): Promise<void> =>
      new Promise((resolve, reject) => {
        const giveUp = (): void => reject(signal.reason as Error)
        if (signal.aborted) return giveUp()
        signal.addEventListener("abort", giveUp)
        held.push(resolve)
      })
  }
}
