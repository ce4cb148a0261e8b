import { createHash, randomUUID } from "node:crypto"
import type { Wake } from "@aptekit/storage-sql"
import { createClient } from "@redis/client"
import type { Log } from "./log.ts"

const CHANNEL = "aptekit:wake"
const LONGEST_WAIT = 10_000
/** A connection that says nothing for so long, though it is asked three times meanwhile, is dead. Milliseconds. */
const PATIENCE = 30_000

/** Replicas of one database hear one another, those of others on the same Redis do not. */
const channelOf = (database: string): string => `${CHANNEL}:${createHash("sha256").update(database).digest("hex").slice(0, 16)}`

/**
 * Tells the other replicas that something was committed, and hears it from them. Nothing depends on it: while Redis is
 * away, nothing is said or heard, and every replica looks by itself as it would without.
 */
export const redisWake = (url: string, log: Log, patience = PATIENCE): Wake => {
  let away = false
  const said = (state: boolean, message: string): void => {
    if (away === state) return
    away = state
    log(state ? "warn" : "info", message, {})
  }
  const client = () => {
    const made = createClient({
      url,
      // Said while it is away, it would be of no use later.
      disableOfflineQueue: true,
      pingInterval: patience / 3,
      socket: { socketTimeout: patience, reconnectStrategy: (tries) => Math.min(LONGEST_WAIT, 100 * 2 ** Math.min(tries, 10)), connectTimeout: 5_000 }
    })
    made.on("error", () => said(true, "Redis is away: replicas hear of one another twice a second"))
    made.on("ready", () => said(false, "Redis is there: replicas hear of one another at once"))
    return made
  }
  const [sender, receiver] = [client(), client()]
  /** What this process said itself is no news to it. */
  const own = randomUUID()
  return {
    open: async (database, heard) => {
      const channel = channelOf(database)
      const listener = (from: string): void => (from === own ? undefined : heard())
      // At each connection: one that broke before it was taken down is not renewed by the client.
      receiver.on("ready", () => void receiver.subscribe(channel, listener).catch(() => undefined))
      for (const one of [sender, receiver]) one.connect().catch(() => undefined)
      let [due, saying] = [false, false]
      /** One at a time: what is told while Redis gives no answer is told once, when it does. */
      const publish = async (): Promise<void> => {
        saying = true
        while (due && sender.isReady) {
          due = false
          await sender.publish(channel, own).catch(() => undefined)
        }
        [due, saying] = [false, false]
      }
      return {
        // Commits of one turn of the event loop are told together.
        tell: () => {
          if (!due && !saying) setImmediate(() => void publish())
          due = true
        },
        close: () => {
          for (const one of [sender, receiver]) one.destroy()
        }
      }
    }
  }
}
