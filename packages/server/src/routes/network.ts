import { Branch, Schema } from "@aptekit/core"
import type { Operation } from "../operation.ts"
import { decoder, json } from "./shared.ts"

const BranchView = Branch.annotate({ identifier: "Branch" })
const Branches = Schema.Struct({ items: Schema.Array(BranchView) })
const PutBranches = Schema.Struct({ branches: Schema.NonEmptyArray(BranchView).check(Schema.isMaxLength(1_000)) })
const decodeBranches = decoder(PutBranches)

const listBranches: Operation = {
  id: "listBranches",
  method: "get",
  path: "/branches",
  tag: "network",
  summary: "List the branches",
  answers: { 200: { description: "All branches.", schema: Branches } },
  problems: [],
  handle: ({ hub }) => Promise.resolve(json({ items: hub.network.branches() }))
}

const putBranches: Operation = {
  id: "putBranches",
  method: "put",
  path: "/branches",
  tag: "network",
  summary: "Put branches, whole",
  description: "New branches are added, known ones replaced by id.",
  body: { schema: PutBranches, required: true, bulk: true },
  answers: { 200: { description: "All branches as they are now.", schema: Branches } },
  problems: ["badRequest", "tooLarge", "unsupportedMediaType", "invalidInput"],
  handle: async ({ hub, body }) => {
    const { branches } = await decodeBranches(body)
    await hub.network.save({ branches })
    return json({ items: hub.network.branches() })
  }
}

export const networkOperations: ReadonlyArray<Operation> = [listBranches, putBranches]
