/**
 * At most so many calls at a time, first come first served. One that is given up while it waits has done nothing.
 */
export const slots = (count: number) => {
  let free = count
  const waiting: Array<() => void> = []
  const take = (signal: AbortSignal): Promise<void> => {
    if (free > 0) {
      free--
      return Promise.resolve()
    }
    return new Promise((resolve, reject) => {
      const go = (): void => {
        signal.removeEventListener("abort", leave)
        resolve()
      }
      const leave = (): void => {
        waiting.splice(waiting.indexOf(go), 1)
        reject(signal.reason as Error)
      }
      signal.addEventListener("abort", leave, { once: true })
      waiting.push(go)
    })
  }
  const give = (): void => {
    const next = waiting.shift()
    if (next === undefined) free++
    else next()
  }
  return async <A>(signal: AbortSignal, call: () => Promise<A>): Promise<A> => {
    await take(signal)
    try {
      return await call()
    } finally {
      give()
    }
  }
}
