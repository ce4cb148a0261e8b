import type { Instant } from "../kernel/time.ts"
import type { Branch } from "../network/model.ts"
import type { Language, Order } from "../order/model.ts"
import { compile, type CompiledText, type TextValues } from "./icu.ts"
import type { Notice } from "./rules.ts"
import { DEFAULT_SUBJECTS, DEFAULT_TEXTS, type MessageTemplate } from "./templates.ts"

/** What the text of one message is made of. `branch` is where the goods lie. */
export interface NoticeFacts {
  readonly notice: Notice
  readonly order: Order
  readonly branch: Branch | undefined
  readonly expiresAt: Instant | null
}

const valuesOf = ({ order, branch, expiresAt }: NoticeFacts): TextValues => {
  const lines = order.fulfilments.flatMap((fulfilment) => fulfilment.lines)
  return {
    number: order.number,
    name: order.customer.name,
    branch: branch?.name ?? "",
    address: branch?.address ?? "",
    place: branch === undefined ? "" : `${branch.name}, ${branch.address}`,
    until: expiresAt,
    kept: expiresAt === null ? "no" : "yes",
    delivery: order.delivery.type,
    lines: lines.length,
    units: lines.reduce((sum, line) => sum + line.quantity, 0)
  }
}

/**
 * The texts in force: those of the settings over the defaults. Made once per state of the settings; each text is parsed
 * when it is first needed, and never again.
 */
export class NoticeTexts {
  readonly #own: ReadonlyMap<string, MessageTemplate>
  readonly #compiled = new Map<string, CompiledText>()

  constructor(templates: ReadonlyArray<MessageTemplate>) {
    this.#own = new Map(templates.map((template) => [`${template.language}/${template.notice}`, template]))
  }

  /** The template itself, and whether it is the one that comes with the hub. */
  template(notice: Notice, language: Language): { readonly text: string; readonly standard: boolean } {
    const own = this.#own.get(`${language}/${notice}`)?.text ?? null
    return { text: own ?? DEFAULT_TEXTS[language][notice], standard: own === null }
  }

  /** The same of the subject. */
  subjectTemplate(notice: Notice, language: Language): { readonly text: string; readonly standard: boolean } {
    const own = this.#own.get(`${language}/${notice}`)?.subject ?? null
    return { text: own ?? DEFAULT_SUBJECTS[language][notice], standard: own === null }
  }

  /** The text of a notice in the buyer's language, times in the branch's zone. */
  render(facts: NoticeFacts): string {
    const { language } = facts.order.customer
    return this.#say(facts, "text", () => this.template(facts.notice, language).text)
  }

  /** The subject of an e-mail, the title of a push message. */
  subject(facts: NoticeFacts): string {
    const { language } = facts.order.customer
    return this.#say(facts, "subject", () => this.subjectTemplate(facts.notice, language).text)
  }

  #say(facts: NoticeFacts, what: "text" | "subject", template: () => string): string {
    const { language } = facts.order.customer
    const zone = facts.branch?.zone ?? "UTC"
    const id = `${what}/${language}/${facts.notice}/${zone}`
    let compiled = this.#compiled.get(id)
    if (compiled === undefined) {
      compiled = compile(template(), language, zone)
      this.#compiled.set(id, compiled)
    }
    return compiled(valuesOf(facts))
  }
}

/** A text that is not saved yet, with the facts of an order. @throws what the parser says of a text that is none */
export const renderText = (text: string, facts: NoticeFacts): string =>
  compile(text, facts.order.customer.language, facts.branch?.zone ?? "UTC")(valuesOf(facts))
