import { Effect, Schema } from "effect"
import { InvalidInput } from "../kernel/errors.ts"
import { BranchId, ChannelId, FulfilmentId, OrderId, ProductId } from "../kernel/ids.ts"
import { NOTICES } from "../network/policy.ts"
import { Network, type NetworkView } from "../network/service.ts"
import { newLine, newPart } from "../order/edit.ts"
import { Language, type Order } from "../order/model.ts"
import type { StorageUnavailable } from "../store/errors.ts"
import { templateProblems } from "./icu.ts"
import type { Notice } from "./rules.ts"
import { segmentsOf } from "./segments.ts"
import type { MessageTemplate } from "./templates.ts"
import { type NoticeFacts, renderText } from "./texts.ts"

/** How a text comes out for a sample order, and what it costs as an SMS. */
export const TextPreview = Schema.Struct({
  text: Schema.String,
  characters: Schema.Int,
  encoding: Schema.Literals(["gsm7", "ucs2"]),
  /** Parts that a gateway charges for. */
  segments: Schema.Int
})
export type TextPreview = typeof TextPreview.Type

/** A text in force. `standard`: the one that comes with the hub. */
export const TemplateView = Schema.Struct({
  notice: Schema.Literals(NOTICES),
  language: Language,
  text: Schema.String,
  standard: Schema.Boolean,
  preview: TextPreview,
  /** Of an e-mail, or the title of a push message. */
  subject: Schema.Struct({ text: Schema.String, standard: Schema.Boolean, preview: Schema.String })
})
export type TemplateView = typeof TemplateView.Type

const MINUTE = 60_000
/** 2026-11-23 18:05 in Almaty: a two-figure day, so that the sample is as long as they come. */
const SAMPLE_END = 1_795_439_100_000

const sampleOrder = (language: Language): Order => ({
  id: OrderId.make("00000000-0000-7000-8000-000000000001"),
  number: "10001",
  version: 1,
  channelId: ChannelId.make("sample"),
  externalId: "sample",
  replaces: null,
  createdAt: SAMPLE_END - 60 * MINUTE,
  updatedAt: SAMPLE_END - 60 * MINUTE,
  customer: { name: { ru: "Айгуль", kk: "Айгүл", en: "Aigul" }[language], phone: null, email: null, language },
  delivery: { type: "pickup", branchId: BranchId.make("sample") },
  payment: { method: "cash", state: "pending" },
  currency: "KZT",
  comment: null,
  fulfilments: [{
    ...newPart(
      FulfilmentId.make("00000000-0000-7000-8000-000000000002"),
      1,
      [1, 2].map((lineId) => ({
        ...newLine({ lineId, productId: ProductId.make(`sample-${lineId}`), asked: "", quantity: lineId }),
        held: lineId
      }))
    ),
    branchId: BranchId.make("sample"),
    status: "assigned",
    reservation: { state: "live", expiresAt: SAMPLE_END }
  }],
  cases: [],
  plan: null,
  request: ""
})

/** The network's branch with the longest name and address makes the sample honest about its length. */
const sampleFacts = (view: NetworkView, notice: Notice, language: Language): NoticeFacts => {
  const size = (branch: { readonly name: string; readonly address: string }): number =>
    branch.name.length + branch.address.length
  const branch = view.branches.reduce<NoticeFacts["branch"]>(
    (longest, other) => (longest === undefined || size(other) > size(longest) ? other : longest),
    undefined
  )
  return { notice, order: sampleOrder(language), branch, expiresAt: SAMPLE_END }
}

const previewOf = (text: string): TextPreview => {
  const { encoding, parts } = segmentsOf(text)
  return { text, characters: Array.from(text).length, encoding, segments: parts.length }
}

/** Every text in force, with what it comes to. */
export const listTemplates = (view: NetworkView): ReadonlyArray<TemplateView> =>
  Language.literals.flatMap((language) =>
    NOTICES.map((notice) => {
      const facts = sampleFacts(view, notice, language)
      return {
        notice,
        language,
        ...view.texts.template(notice, language),
        preview: previewOf(view.texts.render(facts)),
        subject: { ...view.texts.subjectTemplate(notice, language), preview: view.texts.subject(facts) }
      }
    })
  )

const problemsOf = (templates: ReadonlyArray<MessageTemplate>) =>
  templates.flatMap(({ text, subject = null, language }, i) =>
    Object.entries({ text, subject }).flatMap(([field, template]) =>
      (template === null ? [] : templateProblems(template, language)).map((message) => ({ path: `templates[${i}].${field}`, message })))
  )

/** A subject that is left out stays as it is. */
const whole = (template: MessageTemplate, { texts }: NetworkView): MessageTemplate => {
  if (template.subject !== undefined) return template
  const { text, standard } = texts.subjectTemplate(template.notice, template.language)
  return standard ? template : { ...template, subject: text }
}

const refuse = (issues: ReadonlyArray<{ readonly path: string; readonly message: string }>): InvalidInput =>
  new InvalidInput({ message: issues.map(({ path, message }) => `${path}: ${message}`).join("; "), issues })

/** Saves texts, all or none. They hold for the next message. */
export const saveTemplates = (
  templates: ReadonlyArray<MessageTemplate>
): Effect.Effect<ReadonlyArray<TemplateView>, InvalidInput | StorageUnavailable, Network> =>
  Effect.gen(function*() {
    const network = yield* Network
    const issues = problemsOf(templates)
    if (issues.length > 0) return yield* refuse(issues)
    const view = network.view()
    yield* network.save({ templates: templates.map((template) => whole(template, view)) })
    return listTemplates(network.view())
  })

/** How a text would come out; saves nothing. */
export const previewTemplate = (
  view: NetworkView,
  { notice, language, text }: { readonly notice: Notice; readonly language: Language; readonly text: string }
): Effect.Effect<TextPreview, InvalidInput> => {
  const issues = templateProblems(text, language).map((message) => ({ path: "text", message }))
  return issues.length > 0 ? refuse(issues) : Effect.succeed(previewOf(renderText(text, sampleFacts(view, notice, language))))
}
