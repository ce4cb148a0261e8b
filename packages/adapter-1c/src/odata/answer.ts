import { type Blame, ODATA_CODES } from "./codes.ts"
import { replaceReferences } from "../xml/reference.ts"
import { ODataFault } from "./fault.ts"

const MAX_SAID = 500

/** What a call was for: a read may be repeated, after a write nobody knows what an odd answer means. */
export type Purpose = "read" | "write"

interface Told {
  readonly code: string
  readonly said: string
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const wordOf = (value: unknown): string =>
  typeof value === "string" ? value : typeof value === "number" ? String(value) : ""

/** The error of the interface itself: JSON, or `m:error` in XML. Undefined: somebody else answered (fact 83). */
export const toldIn = (text: string): Told | undefined => {
  try {
    const error = (JSON.parse(text) as Readonly<Record<string, unknown>> | null)?.["odata.error"]
    if (!isObject(error)) return undefined
    const message = isObject(error["message"]) ? error["message"]["value"] : error["message"]
    return { code: wordOf(error["code"]), said: wordOf(message).slice(0, MAX_SAID) }
  } catch {
    const code = /<(?:m:)?error\b[^>]*>[\s\S]*?<(?:m:)?code>\s*(-?\d+)\s*</u.exec(text)?.[1]
    const said = /<(?:m:)?message\b[^>]*>([^<]*)</u.exec(text)?.[1] ?? ""
    return code === undefined
      ? undefined
      : { code, said: replaceReferences(said).slice(0, MAX_SAID) }
  }
}

/** What an answer that is no success means (fact 82). */
export const faultOf = (status: number, text: string, purpose: Purpose, where: string): ODataFault => {
  const told = toldIn(text)
  const meaning = told === undefined ? undefined : ODATA_CODES[told.code]
  if (told !== undefined && (meaning !== undefined || status < 500)) {
    const { blame, meaning: words } = meaning ?? { blame: "request" as Blame, meaning: "отказ" }
    const hint = told.code === "20" ? " Проверьте права пользователя 1С и ограничения доступа." : ""
    const message = `1С отклонила запрос ${where}: ${words} (код ${told.code}, HTTP ${status}).${hint}`
    return new ODataFault(message, { outcome: "rejected", blame, status, code: told.code, said: told.said })
  }
  return plainFault(status, purpose, where)
}

/** Of the web server, a proxy or the platform before the interface. */
const plainFault = (status: number, purpose: Purpose, where: string): ODataFault => {
  if (status === 401 || status === 403) {
    return new ODataFault(
      `1С не пустила к ${where} (HTTP ${status}): проверьте имя и пароль пользователя, его права и лицензию.`,
      { outcome: "unavailable", blame: "setup", status }
    )
  }
  if (status === 412) {
    const reason = `Объект ${where} в 1С тем временем изменён (HTTP 412).`
    return new ODataFault(reason, { outcome: "rejected", blame: "request", status })
  }
  if (status >= 500 || status === 408 || status === 429) {
    return new ODataFault(`1С или веб-сервер перед ней не отвечает на ${where} (HTTP ${status}).`, {
      outcome: purpose === "write" && status >= 500 ? "unknown" : "unavailable",
      blame: "partner",
      status
    })
  }
  return new ODataFault(
    `Не 1С ответила на ${where} (HTTP ${status}): проверьте адрес публикации и состав интерфейса OData.`,
    { outcome: "unavailable", blame: "setup", status }
  )
}

/** A success that holds no JSON, or no XML: a page about licences or login, a proxy's page, half an answer (fact 83). */
export const oddAnswer = (purpose: Purpose, where: string, contentType: string, expected: "JSON" | "XML" = "JSON"): ODataFault =>
  new ODataFault(
    `Ответ на ${where} не ${expected}${contentType === "" ? "" : ` (${contentType.slice(0, 60)})`}: так отвечает страница ` +
      "входа, нехватка лицензий или прокси. Откройте адрес в браузере под тем же пользователем.",
    { outcome: purpose === "write" ? "unknown" : "unavailable", blame: "partner" }
  )

const NOT_SENT = new Set([
  "ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "UND_ERR_CONNECT_TIMEOUT"
])

const codeOf = (error: unknown): string | undefined => {
  const { code, cause } = (error ?? {}) as { readonly code?: unknown; readonly cause?: unknown }
  return typeof code === "string" ? code : cause === undefined ? undefined : codeOf(cause)
}

/** The connection failed. A write that was on its way may have arrived. */
export const lostFault = (error: unknown, purpose: Purpose, where: string): ODataFault => {
  const sent = !NOT_SENT.has(codeOf(error) ?? "")
  const timedOut = (error as { readonly name?: string } | null)?.name === "TimeoutError"
  const lost = `Нет связи с 1С (${where}): ${codeOf(error) ?? "соединение оборвано"}.`
  return new ODataFault(
    timedOut ? `1С не ответила на ${where} вовремя.` : lost,
    { outcome: purpose === "write" && sent ? "unknown" : "unavailable", blame: "partner", cause: error }
  )
}
