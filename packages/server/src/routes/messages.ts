import { Address, isOptedOut, Language, MessageKind, NOTICES, optOut, MessageTemplate, PLACEHOLDERS, Schema, TemplateView, TextPreview } from "@aptekit/core"
import type { Operation } from "../operation.ts"
import { decoder, json } from "./shared.ts"

const Templates = Schema.Struct({ items: Schema.Array(TemplateView.annotate({ identifier: "MessageTemplate" })) })
const PutTemplates = Schema.Struct({ templates: Schema.NonEmptyArray(MessageTemplate).check(Schema.isMaxLength(100)) })
const decodePut = decoder(PutTemplates)
const Preview = Schema.Struct({ notice: Schema.Literals(NOTICES), language: Language, text: Schema.String })
const decodePreview = decoder(Preview)

const NAMES = Object.keys(PLACEHOLDERS).map((name) => `\`${name}\``).join(", ")

const listTemplates: Operation = {
  id: "listTemplates",
  method: "get",
  path: "/templates",
  tag: "messages",
  summary: "List the texts of messages to buyers",
  answers: { 200: { description: "The text of every notice in every language, as it is in force.", schema: Templates } },
  problems: [],
  handle: ({ hub }) => Promise.resolve(json({ items: hub.templates.list() }))
}

const putTemplates: Operation = {
  id: "putTemplates",
  method: "put",
  path: "/templates",
  tag: "messages",
  summary: "Put texts of messages to buyers",
  description: `ICU MessageFormat; placeholders: ${NAMES}. A null text or subject brings the standard one back; a subject that is left out stays. All or none are taken, ` +
    "and hold for the next message.",
  body: { schema: PutTemplates, required: true },
  answers: { 200: { description: "All texts as they are now.", schema: Templates } },
  problems: ["badRequest", "tooLarge", "unsupportedMediaType", "invalidInput"],
  handle: async ({ hub, body }) => json({ items: await hub.templates.save((await decodePut(body)).templates) })
}

const previewTemplate: Operation = {
  id: "previewTemplate",
  method: "post",
  path: "/templates/preview",
  tag: "messages",
  summary: "See how a text comes out",
  description: "For a sample order at the branch with the longest name and address. Nothing is saved or sent.",
  body: { schema: Preview, required: true },
  answers: { 200: { description: "The text and its SMS segments.", schema: TextPreview } },
  problems: ["badRequest", "tooLarge", "unsupportedMediaType", "invalidInput"],
  handle: async ({ hub, body }) => json(await hub.templates.preview(await decodePreview(body)))
}

const Kind = Schema.optionalKey(MessageKind)
const OptOut = Schema.Struct({ address: Address, kind: Kind, optedOut: Schema.Boolean })
const decodeOptOut = decoder(OptOut)
const Asked = Schema.Struct({ address: Address, kind: Kind })
const decodeAsked = decoder(Asked)
const OptOutAnswer = Schema.Struct({ optedOut: Schema.Boolean })

const putOptOut: Operation = {
  id: "putOptOut",
  method: "put",
  path: "/opt-outs",
  tag: "messages",
  summary: "Say that a buyer wants no messages, or wants them again",
  description: "`address`: a phone in E.164 or an e-mail address in lower case; in the body, so that no address stands in a " +
    "proxy's log. With a `kind`: of this kind; without one: of a phone no message of any kind, of an e-mail address no e-mail. " +
    "Holds for messages that are already waiting.",
  body: { schema: OptOut, required: true },
  answers: { 200: { description: "As it is now.", schema: OptOutAnswer } },
  problems: ["badRequest", "tooLarge", "unsupportedMediaType", "invalidInput"],
  handle: async ({ hub, body }) => {
    const { address, kind, optedOut } = await decodeOptOut(body)
    await hub.run(optOut(address, optedOut, kind))
    return json({ optedOut })
  }
}

const checkOptOut: Operation = {
  id: "checkOptOut",
  method: "post",
  path: "/opt-outs/check",
  tag: "messages",
  summary: "Ask whether a buyer wants no messages",
  body: { schema: Asked, required: true },
  answers: { 200: { description: "The answer.", schema: OptOutAnswer } },
  problems: ["badRequest", "tooLarge", "unsupportedMediaType", "invalidInput"],
  handle: async ({ hub, body }) => {
    const { address, kind } = await decodeAsked(body)
    return json({ optedOut: await hub.run(isOptedOut(address, kind)) })
  }
}

export const messageOperations: ReadonlyArray<Operation> = [
  listTemplates,
  putTemplates,
  previewTemplate,
  putOptOut,
  checkOptOut
]
