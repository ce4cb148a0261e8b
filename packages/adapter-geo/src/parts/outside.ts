/** What lies outside of the process; a test hands in another one. */
export interface Outside {
  readonly fetch: (request: Request) => Promise<Response>
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Rejects when the signal aborts. */
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>
}

/** The real one. `fetch` is looked up at each call, so that what stands in for it (msw) is found. */
export const outside: Outside = {
  fetch: (request) => fetch(request),
  now: Date.now,
  sleep: (milliseconds, signal) =>
    new Promise((resolve, reject) => {
      const stop = (): void => {
        clearTimeout(timer)
        reject(signal.reason as Error)
      }
      const timer = setTimeout(() => {
        signal.removeEventListener("abort", stop)
        resolve()
      }, milliseconds)
      if (signal.aborted) stop()
      else signal.addEventListener("abort", stop, { once: true })
    })
}
