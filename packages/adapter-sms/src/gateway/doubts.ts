import { AdapterFault } from "@aptekit/core"
import { fault } from "./call.ts"

/** A gateway may show a message a little after it took it. Milliseconds. */
const SHOWN_WITHIN = 20_000
/** Older doubts are forgotten: their messages have been shown long since. */
const REMEMBERED = 10_000

/**
 * Remembers calls whose answer was lost, since "no such message" means little right after them: believed too early, a
 * message would be sent twice. After a restart nothing is remembered; the lease of a message is longer than this anyway.
 */
export const doubts = () => {
  const lost = new Map<string, number>()
  return {
    /** Runs a call that sends, and remembers one of which nobody knows how it ended. */
    sending: async <A>(id: string, call: () => Promise<A>): Promise<A> => {
      lost.delete(id)
      lost.set(id, Date.now())
      const oldest = lost.keys().next()
      if (lost.size > REMEMBERED && oldest.done !== true) lost.delete(oldest.value)
      try {
        const sent = await call()
        lost.delete(id)
        return sent
      } catch (error) {
        if (error instanceof AdapterFault && error.outcome !== "unknown") lost.delete(id)
        throw error
      }
    },
    /** @throws AdapterFault `unknown`, while it is too early to say that there is no such message */
    notFound: (id: string): null => {
      const since = Date.now() - (lost.get(id) ?? 0)
      if (since < SHOWN_WITHIN) {
        throw fault("unknown", "the gateway does not show the message, and it is too early to say that it has none")
      }
      lost.delete(id)
      return null
    }
  }
}
