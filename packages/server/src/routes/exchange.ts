import { DifferenceRow, KEPT_DIFFERENCE } from "@aptekit/core"
import { actorOf } from "../access.ts"
import { cursorOf, cursorText, idOf, limitOf } from "../http/query.ts"
import type { Operation } from "../operation.ts"
import { HttpProblem } from "../problems.ts"
import { RunView, viewRun } from "./runs.ts"
import { CURSOR, ID, json, LIMIT, page } from "./shared.ts"

const Difference = DifferenceRow.annotate({ identifier: "DifferenceRow" })

const NO_RUN = "No such run. Check the id."

const listSyncRuns: Operation = {
  id: "listSyncRuns",
  method: "get",
  path: "/sync-runs",
  tag: "exchange",
  summary: "List bulk exchanges, newest first",
  parameters: [LIMIT(200, 50), CURSOR],
  answers: { 200: { description: "A page of runs.", schema: page(RunView) } },
  problems: ["invalidInput"],
  handle: async ({ c, hub, storage }) => {
    const found = await hub.run(storage.stock.runs(limitOf(c, 50, 200), cursorOf(c, "runs")))
    return json({ items: found.items.map(viewRun), next: cursorText("runs", found.next) })
  }
}

const getSyncRun: Operation = {
  id: "getSyncRun",
  method: "get",
  path: "/sync-runs/:id",
  tag: "exchange",
  summary: "Read a bulk exchange with its rejected rows",
  parameters: [ID("run")],
  answers: { 200: { description: "The run.", schema: RunView } },
  problems: ["notFound"],
  handle: async ({ c, hub, storage }) => {
    const run = await hub.run(storage.stock.run(idOf(c, "run")))
    if (run === null) throw new HttpProblem("notFound", NO_RUN)
    return json(viewRun(run))
  }
}

const getSyncRunDifference: Operation = {
  id: "getSyncRunDifference",
  method: "get",
  path: "/sync-runs/:id/difference",
  tag: "exchange",
  summary: "Read what a held bulk exchange would change",
  description: `At most ${KEPT_DIFFERENCE} rows are kept; \`counts\` of the run count all of them.`,
  parameters: [ID("run"), LIMIT(1_000, 200), CURSOR],
  answers: { 200: { description: "A page of rows.", schema: page(Difference) } },
  problems: ["invalidInput", "notFound"],
  handle: async ({ c, hub, storage }) => {
    const [id, limit, after] = [idOf(c, "run"), limitOf(c, 200, 1_000), cursorOf(c, "difference", /^\d{1,9}$/u)]
    if ((await hub.run(storage.stock.run(id))) === null) throw new HttpProblem("notFound", NO_RUN)
    const found = await hub.run(storage.stock.difference(id, limit, after))
    return json({ items: found.items, next: cursorText("difference", found.next) })
  }
}

const decision = (of: "release" | "discard", summary: string, description: string): Operation => ({
  id: `${of}SyncRun`,
  method: "post",
  path: `/sync-runs/:id/${of}`,
  tag: "exchange",
  summary,
  description,
  parameters: [ID("run")],
  answers: { 200: { description: "The run with who decided.", schema: RunView } },
  problems: ["notFound", "refused"],
  handle: async ({ c, hub, key }) => json(viewRun(await hub.runs[of](idOf(c, "run"), actorOf(key))))
})

const releaseSyncRun = decision(
  "release",
  "Let a held bulk exchange through",
  "Its connection applies the kept file as a new run without its guard, as of the file's own time: what was stated " +
    "or sold since stays."
)
const discardSyncRun = decision("discard", "Discard a held bulk exchange", "It will never be applied.")

export const exchangeOperations: ReadonlyArray<Operation> = [
  listSyncRuns,
  getSyncRun,
  getSyncRunDifference,
  releaseSyncRun,
  discardSyncRun
]
