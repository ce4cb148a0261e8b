import type { Priority } from "../driver.ts"
import type { OpName } from "../ops/index.ts"

/** What a database thread is started with. */
export interface ThreadData {
  readonly file: string
  readonly mode: "writer" | "reader"
}

export interface ThreadRequest {
  readonly n: number
  readonly op: OpName
  readonly args: unknown
  readonly priority: Priority
}

/** `refused`: the decision does not fit. `failed`: the database could not do it. */
export type ThreadAnswer =
  | { readonly n: number; readonly ok: true; readonly value: unknown }
  | { readonly n: number; readonly ok: false; readonly refused: string; readonly fields: Readonly<Record<string, unknown>> }
  | { readonly n: number; readonly ok: false; readonly failed: string }
