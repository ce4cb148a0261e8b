import { CASE_TITLES, CaseReason, ConfirmedAddress, FulfilmentStatus, IsoInstant, type OpenCase, Schema, toIso } from "@aptekit/core"
import type { Context } from "hono"
import { actorOf } from "../access.ts"
import { choicesOf, cursorOf, cursorText, ifMatchOf, idOf, limitOf, textOf, unknownValue } from "../http/query.ts"
import type { Operation, Parameter } from "../operation.ts"
import { COMMAND_PROBLEMS, CURSOR, decoder, ID, IF_MATCH, json, LIMIT, ORDER_ANSWER, orderResponse, page } from "./shared.ts"

const Title = Schema.Struct({ ru: Schema.String, kk: Schema.String, en: Schema.String })

const CaseView = Schema.Struct({
  orderId: Schema.String,
  number: Schema.String,
  channel: Schema.String,
  part: Schema.Int,
  fulfilmentId: Schema.NullOr(Schema.String),
  branchId: Schema.NullOr(Schema.String),
  /** Of the part; cases of ended orders wait too. */
  status: Schema.NullOr(FulfilmentStatus),
  caseId: Schema.Int,
  reason: CaseReason,
  title: Title,
  lineId: Schema.NullOr(Schema.Int),
  comment: Schema.NullOr(Schema.String),
  openedAt: IsoInstant
}).annotate({ identifier: "OpenCase" })

const viewCase = ({ channelId, openedAt, ...rest }: OpenCase): typeof CaseView.Encoded => ({
  ...rest,
  channel: channelId,
  title: CASE_TITLES[rest.reason],
  openedAt: toIso(openedAt)
})

const listOpenCases: Operation = {
  id: "listOpenCases",
  method: "get",
  path: "/cases",
  tag: "orders",
  summary: "List what waits for an operator, oldest first",
  description: "Cases that are open, whatever became of their order. `title` is for people, `reason` for programs.",
  parameters: [
    {
      in: "query",
      name: "reason",
      description: "Only cases of these reasons, separated by commas.",
      schema: { type: "array", items: { type: "string", enum: CaseReason.literals } }
    },
    { in: "query", name: "branch", description: "Only parts at this branch.", schema: { type: "string" } },
    LIMIT(200, 50),
    CURSOR
  ],
  answers: { 200: { description: "A page of cases.", schema: page(CaseView) } },
  problems: ["invalidInput"],
  handle: async ({ c, hub, network }) => {
    const branchId = textOf(c, "branch")
    const branch = branchId === undefined ? undefined : network().branches.find((one) => one.id === branchId)
    if (branchId !== undefined && branch === undefined) throw unknownValue("branch", "unknown branch")
    const found = await hub.cases.open({
      reasons: choicesOf(c, "reason", CaseReason.literals),
      branchId: branch?.id,
      limit: limitOf(c, 50, 200),
      after: cursorOf(c, "cases", /^\d{1,15}\/[\w-]{1,100}\/\d{1,9}$/u)
    })
    return json({ items: found.items.map(viewCase), next: cursorText("cases", found.next) })
  }
}

const CloseRequest = Schema.Struct({
  comment: Schema.NonEmptyString.check(Schema.isMaxLength(2_000))
}).annotate({ identifier: "CloseCase" })
const decodeClose = decoder(CloseRequest)

const CASE_ID: Parameter = {
  in: "path",
  name: "caseId",
  description: "The number of the case within its order.",
  required: true,
  schema: { type: "integer", minimum: 1 }
}

const caseIdOf = (c: Context): number => {
  const caseId = Number(c.req.param("caseId"))
  if (!Number.isInteger(caseId) || caseId < 1) throw unknownValue("caseId", "a whole number from 1")
  return caseId
}

const closeCase: Operation = {
  id: "closeCase",
  method: "post",
  path: "/orders/:id/cases/:caseId/close",
  tag: "orders",
  summary: "Close a case that a person has seen to",
  description: "The order itself stays as it is; it may have ended. What was done is kept with the case.",
  parameters: [ID("order"), CASE_ID, IF_MATCH],
  body: { schema: CloseRequest, required: true, example: { comment: "cancelled in 1C by hand" } },
  answers: { 200: ORDER_ANSWER("Closed: the whole order as it is now.") },
  problems: COMMAND_PROBLEMS,
  handle: async ({ c, hub, key, body }) => {
    const { comment } = await decodeClose(body)
    const options = { actor: actorOf(key), ifMatch: ifMatchOf(c) }
    return orderResponse(await hub.cases.close(idOf(c, "order"), caseIdOf(c), comment, options))
  }
}

const confirmAddress: Operation = {
  id: "confirmAddress",
  method: "post",
  path: "/orders/:id/cases/:caseId/address",
  tag: "orders",
  summary: "Say which place an unclear address means",
  description: "For an open case `addressUnclear`: one of its `candidates`, counted from 0, or a point on the map. The order " +
    "gets the point, the case is closed, and the order is planned as if it had come with it. Where a part has gone to a " +
    "branch meanwhile, nothing is planned anew.",
  parameters: [ID("order"), CASE_ID, IF_MATCH],
  body: { schema: ConfirmedAddress, required: true, example: { candidate: 0 } },
  answers: { 200: ORDER_ANSWER("Confirmed: the whole order as it is now.") },
  problems: COMMAND_PROBLEMS,
  handle: async ({ c, hub, key, body }) => {
    const options = { actor: actorOf(key), ifMatch: ifMatchOf(c) }
    return orderResponse(await hub.cases.confirmAddress(idOf(c, "order"), caseIdOf(c), body as never, options))
  }
}

export const caseOperations: ReadonlyArray<Operation> = [listOpenCases, closeCase, confirmAddress]
