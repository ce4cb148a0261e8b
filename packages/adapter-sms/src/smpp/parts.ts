import type { MessageState } from "@aptekit/core"

interface Group {
  /** The id under which the message as a whole is known: that of its first part. */
  readonly providerId: string
  readonly missing: Set<string>
  /** Parts that the gateway has not taken yet. */
  unsent: number
  failed: MessageState | null
}

/** Parts that may still be reported; older ones count for themselves. */
const REMEMBERED = 20_000

const isEnd = (state: MessageState): boolean => state === "undelivered" || state === "expired" || state === "rejected"

/**
 * A long message is several for the gateway, each with a report of its own: it is delivered when all of them are, and
 * has failed when one has. Kept in memory: after a restart the first part speaks for all.
 */
export const partsBook = () => {
  const groups = new Map<string, Group>()
  return {
    /**
     * A message of so many parts goes out; what is returned takes the id of each as soon as it is known, since a part may be
     * reported before the next one is taken.
     */
    open: (count: number): (id: string) => void => {
      let group: Group | undefined
      return (id) => {
        if (count < 2) return
        group ??= { providerId: id, missing: new Set(), unsent: count, failed: null }
        group.missing.add(id)
        group.unsent--
        groups.set(id, group)
        for (const oldest of groups.keys()) {
          if (groups.size <= REMEMBERED) break
          groups.delete(oldest)
        }
      }
    },
    /** What a report of a part says of the whole; null: nothing yet. */
    heard: (id: string, state: MessageState): { readonly providerId: string; readonly state: MessageState } | null => {
      const group = groups.get(id)
      if (group === undefined) return { providerId: id, state }
      const { providerId } = group
      if (isEnd(state)) group.failed ??= state
      if (group.failed !== null) return { providerId, state: group.failed }
      if (state !== "delivered") return id === providerId ? { providerId, state } : null
      group.missing.delete(id)
      return group.missing.size + group.unsent === 0 ? { providerId, state } : null
    }
  }
}
