import { isEnded, type TidyStore } from "@aptekit/core"
import { type Driver } from "./driver.ts"
import type { Ask } from "./outbox.ts"

/** What is old is found by the reader; the writer only gets keys, behind everything else. */
export const tidyStore = (driver: Driver, ask: Ask): TidyStore => ({
  outbox: (before, limit) =>
    ask(async () => {
      const rows = await driver.list("oldMessages", { before, limit })
      if (rows.length > 0) await driver.write("dropMessages", rows, "log")
      return rows.length
    }),
  keys: (before, limit) =>
    ask(async () => {
      const rows = await driver.list("oldKeys", { before, limit })
      if (rows.length > 0) await driver.write("dropKeys", [rows, before], "log")
      return rows.length
    }),
  told: (before, limit, after) =>
    ask(async () => {
      const rows = await driver.list("toldPage", [after, limit])
      const old = rows.filter(({ status, updated }) =>
        status === null || updated === null || (isEnded(status as Parameters<typeof isEnded>[0]) && updated < before)
      ).map(({ lane, fulfilmentId }) => ({ lane, fulfilmentId }))
      if (old.length > 0) await driver.write("dropTold", old, "log")
      const last = rows.at(-1)
      const next = rows.length < limit || last === undefined ? null : { lane: last.lane, fulfilmentId: last.fulfilmentId }
      return { removed: old.length, next }
    })
})
