import { expect, it } from "vitest"
import { sqliteSql } from "../src/dialect.ts"
import { makeOps } from "../src/ops/index.ts"
import type { Step, StepResult } from "../src/program.ts"

it("D31: settings that another replica saves while they are read are read again", () => {
  let version = 1
  // Somebody saves right after the first thing was read.
  const step = ({ sql }: Step): StepResult => {
    const rows = sql.includes("counters") ? [{ value: version }] : []
    version = 2
    return { changes: 0, rows }
  }
  const program = makeOps(sqliteSql).settings()
  let next = program.next()
  while (next.done !== true) next = program.next(step(next.value))
  expect(next.value.version, "an old number with what may be old").toBe(1)
})
