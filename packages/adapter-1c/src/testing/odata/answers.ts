const JSON_TYPE = "application/json;odata=nometadata;charset=utf-8"

export const json = (value: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Response =>
  new Response(`\uFEFF${JSON.stringify(value)}`, { status, headers: { ...headers, "content-type": JSON_TYPE } })

const statusOf = (code: string): number => code === "-1" ? 500 : code === "9" || code === "8" ? 404 : 400

/** An error of the interface (fact 82). */
export const refusal = (code: string, value: string, status = statusOf(code)): Response =>
  json({ "odata.error": { code, message: { lang: "ru", value } } }, status)

export const page = (status: number, text = "Не обнаружено свободной лицензии!"): Response =>
  new Response(`<!DOCTYPE html><html><body>1С:Предприятие. ${text}</body></html>`, {
    status,
    headers: { "content-type": "text/html; charset=utf-8" }
  })
