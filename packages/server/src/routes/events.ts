import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response"
import { bindings } from "../http/client.ts"
import { positionOf, textOf, unknownValue } from "../http/query.ts"
import type { Operation } from "../operation.ts"
import { HttpProblem } from "../problems.ts"

const followEvents: Operation = {
  id: "followEvents",
  method: "get",
  path: "/events",
  tag: "events",
  summary: "Follow what happens, live (Server-Sent Events)",
  description:
    "Each message is an Event as JSON, its `id` the feed's number. Start with `after` from a list's `Feed-Position`, " +
    "come back with `Last-Event-ID`: nothing is missing, nothing comes twice. Where the number is older than what is " +
    "kept (or not ours), one message `event: reset` comes first: read the lists again. Without either it starts now.",
  parameters: [
    { in: "query", name: "branchId", description: "Only what concerns this branch.", schema: { type: "string" } },
    { in: "query", name: "after", description: "Start after this number.", schema: { type: "integer", minimum: 0 } },
    {
      in: "header",
      name: "Last-Event-ID",
      description: "The same, as browsers send it when they come back; wins over `after`.",
      schema: { type: "string" }
    }
  ],
  answers: {
    200: {
      description: "The feed, for as long as the client listens (text/event-stream).",
      headers: { "Feed-Position": "Where it starts." }
    }
  },
  problems: ["invalidInput"],
  endless: true,
  handle: async ({ c, live, network }) => {
    const after =
      positionOf(c.req.header("last-event-id"), "Last-Event-ID") ?? positionOf(c.req.query("after"), "after")
    const branchId = textOf(c, "branchId", 100)
    if (branchId !== undefined && !network().branches.some((branch) => branch.id === branchId)) {
      throw unknownValue("branchId", "unknown branch")
    }
    const node = bindings(c)
    if (node === undefined) throw new HttpProblem("badRequest", "The live feed needs a node server.")
    live.attach(node.outgoing, { after, branchId })
    return Promise.resolve(RESPONSE_ALREADY_SENT)
  }
}

export const eventOperations: ReadonlyArray<Operation> = [followEvents]
