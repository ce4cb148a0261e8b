import { IntlMessageFormat } from "intl-messageformat"
import type { Language } from "../order/model.ts"

/** What a template may name, and what each is: a `choice` only chooses between texts. */
export const PLACEHOLDERS = {
  /** The order's number. */
  number: "text",
  /** The buyer's name. */
  name: "text",
  /** Name of the branch where the goods lie. */
  branch: "text",
  address: "text",
  /** Name and address of the branch. */
  place: "text",
  /** Until when the goods are kept; prints nothing where no end is known. */
  until: "time",
  /** `yes` where an end is known, else `no`. */
  kept: "choice",
  /** `pickup` or `courier`. */
  delivery: "choice",
  /** Lines of the order. */
  lines: "count",
  /** Units of all lines. */
  units: "count"
} as const satisfies Record<string, "text" | "time" | "choice" | "count">
type Name = keyof typeof PLACEHOLDERS

/** What the placeholders of a text stand for; `until` in milliseconds, null where no end is known. */
export type TextValues = Readonly<
  Record<Exclude<Name, "until" | "lines" | "units">, string> & { until: number | null; lines: number; units: number }
>

/** Gives the text for these values. */
export type CompiledText = (values: TextValues) => string

/** English of the countries served: day before month, 24 hours. */
const LOCALES: Readonly<Record<Language, string>> = { ru: "ru", kk: "kk", en: "en-GB" }

/** What the library makes of a template of ours: no tags, as a message is plain text. */
const parse = (text: string, language: Language, zone: string): IntlMessageFormat =>
  new IntlMessageFormat(text, LOCALES[language], undefined, {
    ignoreTag: true,
    formatters: {
      getNumberFormat: (locales, options) => new Intl.NumberFormat(locales, options),
      getPluralRules: (locales, options) => new Intl.PluralRules(locales, options),
      getDateTimeFormat: (locales, options) => timeFormat(locales, { ...options, timeZone: zone })
    }
  })

const timeFormats = new Map<string, Intl.DateTimeFormat>()

/** Making one costs more than a hundred uses. Where there is no time, nothing is said instead of the year 1970. */
const timeFormat = (locales: Intl.LocalesArgument, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat => {
  const id = JSON.stringify([locales, options])
  let made = timeFormats.get(id)
  if (made === undefined) {
    const format = new Intl.DateTimeFormat(locales, options)
    made = Object.create(format, {
      format: { value: (at: Date | number | null) => (at === null ? "" : format.format(at)) }
    }) as Intl.DateTimeFormat
    timeFormats.set(id, made)
  }
  return made
}

/** A template made ready. `zone`: IANA, in which times are told. @throws SyntaxError where it is no ICU message */
export const compile = (text: string, language: Language, zone: string): CompiledText => {
  const message = parse(text, language, zone)
  return (values) => String(message.format(values))
}

/** A node of the parsed template. */
type Node = ReturnType<IntlMessageFormat["getAst"]>[number]

/** How the library numbers its kinds of nodes. */
const LITERAL = 0
const ARGUMENT = 1
const NUMBER = 2
const DATE = 3
const TIME = 4
const SELECT = 5
const PLURAL = 6

/** Which use of a placeholder fits what it is. */
const FITS: Readonly<Record<"text" | "time" | "choice" | "count", ReadonlyArray<number>>> = {
  text: [ARGUMENT, SELECT],
  time: [DATE, TIME],
  choice: [SELECT],
  count: [ARGUMENT, NUMBER, SELECT, PLURAL]
}
const USE: Readonly<Record<keyof typeof FITS, string>> = {
  text: "{x}",
  time: "{x, date, …} or {x, time, …}",
  choice: "{x, select, …}",
  count: "{x}, {x, number} or {x, plural, …}"
}
const STYLES: ReadonlyArray<unknown> = ["short", "medium", "long", "full"]

const problemsOf = (node: Node): ReadonlyArray<string> => {
  const use: number = node.type
  if (use === LITERAL || !("value" in node)) return []
  const name = node.value
  if (!Object.hasOwn(PLACEHOLDERS, name)) {
    return [`{${name}} is not known; there are ${Object.keys(PLACEHOLDERS).join(", ")}`]
  }
  const kind = PLACEHOLDERS[name as Name]
  if (!FITS[kind].includes(use)) return [`{${name}} is used as ${USE[kind].replaceAll("x", name)}`]
  if ((use === DATE || use === TIME) && "style" in node && typeof node.style === "string" && !STYLES.includes(node.style)) {
    return [`{${name}}: no style "${node.style}"; there are ${STYLES.join(", ")} and skeletons such as ::ddMM`]
  }
  const nested = "options" in node ? Object.values(node.options).flatMap((option) => option.value) : []
  return nested.flatMap(problemsOf)
}

const LONGEST = 1_000
/** One for each plural form of the three languages. */
const COUNTS = [1, 2, 5]
const SAMPLES: ReadonlyArray<TextValues> = COUNTS.flatMap((lines) =>
  COUNTS.flatMap((units) =>
    ["pickup", "courier"].flatMap((delivery) =>
      [0, null].map((until) => ({
        number: "1001", name: "A", branch: "B", address: "C", place: "B, C", until, kept: until === null ? "no" : "yes", delivery, lines, units
      })))))

/** What is wrong with a template; nothing where it may be used. Texts for whoever writes templates. */
export const templateProblems = (text: string, language: Language): ReadonlyArray<string> => {
  if (text.trim() === "") return ["is empty; null brings the standard text back"]
  if (text.length > LONGEST) return [`is longer than ${LONGEST} characters`]
  try {
    const problems = parse(text, language, "UTC").getAst().flatMap(problemsOf)
    if (problems.length > 0) return [...new Set(problems)]
    // What only shows when it is used: a skeleton that the platform does not take, a choice that has no words.
    const compiled = compile(text, language, "UTC")
    return SAMPLES.some((values) => compiled(values).trim() === "") ? ["says nothing"] : []
  } catch (error) {
    return [`is no ICU message: ${error instanceof Error ? error.message : String(error)}`]
  }
}
