/** A body of the log is at most so long, in UTF-8 bytes (EXP-4). */
export const KEPT_BODY = 4_096
/** What lies behind is cut off before anything is looked at: a body may be a whole catalogue. Characters. */
const LOOKED_AT = 16_384
const DEEPEST = 12

/** Keys whose values open doors, whatever they are. */
const SECRET = /pass|pwd|psw|secret|token|apikey|accesskey|^key$|auth|login|session|sessid|cookie|signature|^sign$|пароль|логин/u
/** Keys whose values say who a person is, where they live, or what they were told. */
const PERSONAL =
  /name|customer|client|buyer|recipient|contact|person|phone|mobile|msisdn|tel$|email|mail$|^to$|^from$|^sender$|address|street|house|building|flat|apartment|entrance|intercom|city|^lat$|^lon$|^lng$|latitude|longitude|coord|^point|comment|note|text|^subject$|html|message|body|^q$|query|geocode|birth|^iin$|^inn$|фио|имя|фамилия|отчество|наименование|представление|адрес|телефон|почта|контакт|комментарий|значение|контрагент|покупател|получател|клиент|заказчик|улица|квартира|подъезд|домофон/u
/** Keys that look like those of persons and are none: who looks for a file in the log looks by its name. */
const OF_THINGS = /^(?:file|filename|имяфайла)$/u

const plainKey = (key: string): string => key.toLowerCase().replace(/[_\-\s.]/gu, "")

/** What a key says of its value; null: nothing, the value is looked at by itself. */
const markOf = (key: string): "‹secret›" | "‹personal›" | null => {
  const plain = plainKey(key)
  if (SECRET.test(plain)) return "‹secret›"
  if (OF_THINGS.test(plain)) return null
  return PERSONAL.test(plain) ? "‹personal›" : null
}

/**
 * Ids and dates are kept, for they are what a log is searched by; they come first, so that their digits are not taken
 * for a phone. Then nine digits and more, however they are spaced: every phone of E.164 or of a country has so many, or
 * begins with a plus. Other long numbers fall with them: better a number too few than a buyer's phone.
 */
const BETWEEN = String.raw`(?:[ \u00a0().\-–/+]|%(?:20|28|29|2B|2D|C2%A0)){0,3}`
const DIGITS = new RegExp(
  [
    String.raw`(?<keep>\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b`,
    String.raw`\b(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?=[T"',;<&]|$|\s\d\d:))`,
    String.raw`(?:\+|%2B)${BETWEEN}\d(?:${BETWEEN}\d){5,}`,
    String.raw`\d(?:${BETWEEN}\d){8,}`
  ].join("|"),
  "giu"
)
const EMAIL = /[\p{L}\d._%+-]{1,64}@[\p{L}\d-]{1,63}(?:\.[\p{L}\d-]{1,63}){1,8}/gu
const SCHEME = /\b(bearer|basic|digest|apikey|token)\s+[^\s"',;<]+/giu
const HEADER = /^([ \t]*(?:authorization|proxy-authorization|cookie|set-cookie)[ \t]*:).*$/gimu
const OWN_HEADER = /^([ \t]*x-[\w-]{1,80})[ \t]*:.*$/gimu
const IN_URL = /(\/\/)[^\s/@"]+@/gu
/** `key=value` of queries and forms. */
const PAIR = /(?<!\p{L})([\p{L}][\p{L}\d_\-.[\]]{0,120})=([^&\s"'<>]*)/gu
/** `key="value"` of XML and headers, its value cut off or not. */
const ATTRIBUTE = /(?<!\p{L})([\p{L}][\p{L}\d_\-.:]{0,120})\s{0,3}=\s{0,3}(?:"[^"]*"?|'[^']*'?)/gu
/** `key: value` of protocols' lines; of these only secrets are told from sentences. */
const LINE = /(?<![\p{L}\d_])([\p{L}][\p{L}\d_-]{0,60})[ \t]{0,3}:[ \t]{0,3}[^\s"',;<>&]+/gu
/** `"key": "value"` of JSON that does not parse, its value cut off or not; with `'` as scripts print it. */
const QUOTED = /"([^"\\]{1,80})"\s{0,9}:\s{0,9}(?:"(?:[^"\\]|\\.)*"?|-?\d[\d.eE+-]*|\{[^{}]*\}?|\[[^[\]]*\]?)/gu
const SINGLE = /'([^'\\]{1,80})'\s{0,9}:\s{0,9}(?:u?'(?:[^'\\]|\\.)*'?|-?\d[\d.eE+-]*|\{[^{}]*\}?|\[[^[\]]*\]?)/gu
const ELEMENT = /<([\p{L}][\p{L}\d_\-.:]{0,60})((?:\s[^<>]*)?)>([^<]*)/gu

const patterns = (text: string): string =>
  text
    .replace(HEADER, "$1 ‹secret›")
    .replace(OWN_HEADER, (all, name: string) => (/key|token/iu.test(name) ? `${name}: ‹secret›` : all))
    .replace(SCHEME, "$1 ‹secret›")
    .replace(IN_URL, "$1‹secret›@")
    .replace(EMAIL, "‹email›")
    .replace(DIGITS, (found, ...rest) => (rest.at(-1) as { readonly keep?: string }).keep === undefined ? "‹digits›" : found)

const pairs = (text: string): string =>
  text
    .replace(ATTRIBUTE, (all, key: string) => {
      const mark = markOf(key)
      return mark === null ? all : `${key}="${mark}"`
    })
    .replace(PAIR, (all, key: string, value: string) => {
      const mark = value === "" ? null : markOf(decoded(key))
      return mark === null ? all : `${key}=${mark}`
    })
    .replace(LINE, (all, key: string) => (markOf(key) === "‹secret›" ? `${key}: ‹secret›` : all))

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** A text of any kind: headers, queries, XML, JSON that was cut off. */
const loose = (text: string): string =>
  patterns(
    pairs(
      text
        .replace(QUOTED, (all, key: string) => {
          const mark = markOf(key)
          return mark === null ? all : `"${key}":"${mark}"`
        })
        .replace(SINGLE, (all, key: string) => {
          const mark = markOf(key)
          return mark === null ? all : `'${key}':'${mark}'`
        })
        .replace(ELEMENT, (all, name: string, rest: string, value: string) => {
          const mark = value.trim() === "" ? null : markOf(name)
          return mark === null ? all : `<${name}${rest}>${mark}`
        })
    )
  )

/** Of a large answer only the beginning is looked at: more of it would not be kept anyway. */
const MOST_VALUES = 2_000
const LONGEST_KEY = 200

interface Budget {
  values: number
  /** JSON within texts is looked at more than once. */
  characters: number
}
const newBudget = (): Budget => ({ values: MOST_VALUES, characters: 4 * LOOKED_AT })

const walk = (value: unknown, depth: number, budget: Budget): unknown => {
  if (--budget.values < 0) return "…"
  if (typeof value === "string") return redactText(value, depth, budget)
  if (typeof value === "number" || typeof value === "bigint") {
    const text = String(value)
    return patterns(text) === text ? Number(value) : "‹digits›"
  }
  if (value === null || typeof value !== "object") return typeof value === "boolean" ? value : null
  if (depth >= DEEPEST) return "…"
  if (Array.isArray(value)) {
    const shown = value.slice(0, Math.max(0, budget.values)).map((one) => walk(one, depth + 1, budget))
    return shown.length < value.length ? [...shown, "…"] : shown
  }
  return Object.fromEntries(
    Object.entries(value).slice(0, Math.max(0, budget.values)).map(([key, one]) => [
      loose(key.slice(0, LONGEST_KEY)),
      (one === null ? null : markOf(key)) ?? walk(one, depth + 1, budget)
    ])
  )
}

const redactText = (whole: string, depth: number, budget: Budget): string => {
  const text = whole.slice(0, Math.max(0, Math.min(LOOKED_AT, budget.characters)))
  if (text === "" && whole !== "") return "…"
  budget.characters -= text.length
  if (depth < DEEPEST && /^\s*[[{]/u.test(text)) {
    try {
      return JSON.stringify(walk(JSON.parse(text), depth + 1, budget))
    } catch {
      // Not JSON after all, or cut off.
    }
  }
  return loose(text)
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** At most `KEPT_BODY` bytes of UTF-8; a cut text ends with `…`. */
const cut = (text: string): string => {
  const bytes = encoder.encode(text)
  if (bytes.length <= KEPT_BODY) return text
  return `${decoder.decode(bytes.subarray(0, KEPT_BODY - 8)).replace(/\uFFFD+$/u, "")}…`
}

/**
 * A body as the exchange log may keep it: without phones, names, addresses, texts to buyers and secrets, cut to 4 kB.
 * JSON (a value or its text) is judged key by key, everything else by its form. Takes more than it must rather than less.
 */
export const redactBody = (body: unknown): string | null => {
  if (body === null || body === undefined) return null
  if (typeof body !== "string") return cut(JSON.stringify(walk(body, 0, newBudget())))
  return cut(redactText(body, 0, newBudget()))
}
