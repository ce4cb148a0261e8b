import { listPolicies, Policy, PolicyEntry, savePolicies, Schema } from "@aptekit/core"
import type { Operation } from "../operation.ts"
import { decoder, json } from "./shared.ts"

const Entry = PolicyEntry.annotate({ identifier: "PolicyEntry" })
const Policies = Schema.Struct({
  /** What is set, by scope. */
  items: Schema.Array(Entry),
  /** What holds where nothing is set. */
  defaults: Policy.annotate({ identifier: "Policy" })
})
const PutPolicies = Schema.Struct({ policies: Schema.NonEmptyArray(Entry).check(Schema.isMaxLength(1_000)) })
const decodePut = decoder(PutPolicies)

const list: Operation = {
  id: "listPolicies",
  method: "get",
  path: "/policies",
  tag: "network",
  summary: "List the policies that are set, and the defaults",
  answers: { 200: { description: "Channel wins over branch, branch over network, network over default.", schema: Policies } },
  problems: [],
  handle: ({ network }) => Promise.resolve(json(listPolicies(network())))
}

const put: Operation = {
  id: "putPolicies",
  method: "put",
  path: "/policies",
  tag: "network",
  summary: "Put policies, each scope whole",
  description: "`scope`: `network` (with an empty `scopeId`), `branch` or `channel`. What a scope leaves out comes from those behind it; " +
    "an empty policy sets nothing. All or none are taken, and hold from the next decision on.",
  body: {
    schema: PutPolicies,
    required: true,
    example: { policies: [{ scope: "network", scopeId: "", policy: { dailyPerAddress: 20, failOverTries: 3 } }] }
  },
  answers: { 200: { description: "All policies as they are now.", schema: Policies } },
  problems: ["badRequest", "tooLarge", "unsupportedMediaType", "invalidInput"],
  handle: async ({ hub, body }) => json(await hub.run(savePolicies((await decodePut(body)).policies)))
}

export const policyOperations: ReadonlyArray<Operation> = [list, put]
