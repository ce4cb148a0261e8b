import type { SqlDialect } from "../dialect.ts"
import { type Program, raw, Refusal } from "../program.ts"

/** Who has the turn, as it was when it was taken. */
export interface Fence {
  readonly name: string
  readonly token: number
}

/** Whoever lost the turn meanwhile writes no more: tested in the transaction of each write under it (D24). */
export const fenceProgram = (dialect: SqlDialect) => {
  const holds = `select token from leases where name = ? and token = ?${dialect.name === "mariadb" ? " lock in share mode" : ""}`
  return function*(fence: Fence | null): Program<void> {
    if (fence === null) return
    const held = yield* raw("all", holds, [fence.name, fence.token])
    if (held.rows.length === 0) throw new Refusal("LeaseLost", { name: fence.name })
  }
}
