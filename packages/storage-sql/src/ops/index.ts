import type { SqlDialect } from "../dialect.ts"
import type { Program } from "../program.ts"
import { buyerOps } from "./buyers.ts"
import { bulkOps } from "./bulk.ts"
import { caseOps } from "./cases.ts"
import { catalogueOps } from "./catalogue.ts"
import { commitProgram } from "./commit.ts"
import { feedOps } from "./feed.ts"
import { logOps } from "./log.ts"
import { letterOps } from "./letters.ts"
import { messageOps } from "./messages.ts"
import { networkOps } from "./network.ts"
import { orderOps } from "./orders.ts"
import { outboxOps } from "./outbox.ts"
import { pullOps } from "./pull.ts"
import { runOps } from "./runs.ts"
import { seriesOps } from "./series.ts"
import { tidyOps } from "./tidy.ts"

/** Every piece of database work by name, so that a thread can be asked for it by a plain message. */
export const makeOps = (dialect: SqlDialect) => {
  const commit = commitProgram(dialect)
  return {
    commit,
    ...orderOps(dialect),
    ...caseOps(dialect),
    ...catalogueOps(dialect),
    ...networkOps(dialect),
    ...messageOps(dialect),
    ...buyerOps(dialect),
    ...outboxOps(dialect),
    ...pullOps(dialect, commit),
    ...letterOps(dialect, commit),
    ...tidyOps(dialect),
    ...feedOps(dialect),
    ...bulkOps(dialect),
    ...runOps(dialect, commit),
    ...seriesOps(dialect),
    ...logOps(dialect)
  }
}

export type Ops = ReturnType<typeof makeOps>
export type OpName = keyof Ops
// oxlint-disable-next-line typescript/no-explicit-any -- arguments differ from op to op; each call site is typed by name
type AnyOp = (args: any) => Program<any>
export type OpArgs<N extends OpName> = Parameters<Ops[N]> extends [infer A] ? A : undefined
export type OpResult<N extends OpName> = ReturnType<Ops[N]> extends Program<infer A> ? A : never

export const programOf = (ops: Ops, name: OpName, args: unknown): Program<unknown> => (ops[name] as AnyOp)(args)
