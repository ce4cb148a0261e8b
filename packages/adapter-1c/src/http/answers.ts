/** Text that 1C understands. No line feed at the end: 1C counts lines (fact 13). */
export const text = (
  lines: ReadonlyArray<string>,
  headers: Readonly<Record<string, string>> = {},
  status = 200
): Response =>
  new Response(lines.join("\n"), {
    status,
    headers: { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store", ...headers }
  })

export const success = (...more: ReadonlyArray<string>): Response => text(["success", ...more])

/** The text is shown to the administrator in 1C's log. Status 200: some clients read no other body (fact 17). */
export const failure = (message: string): Response => text(["failure", message])

export const progress = (message: string): Response => text(["progress", message])

/** For whoever sent no name and password at all: 1C and browsers then ask for them. */
export const unauthorized = (message: string): Response =>
  text(["failure", message], { "www-authenticate": 'Basic realm="1C", charset="UTF-8"' }, 401)

/**
 * Statuses and payment systems (fact 32), where the exchange of orders is off: none. The first letter of `Cтатусы` is
 * Latin, as those who ask expect it.
 */
export const info = (): Response =>
  new Response(
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
      "<Справочник><Cтатусы></Cтатусы><ПлатежныеСистемы></ПлатежныеСистемы></Справочник>",
    { headers: { "content-type": "application/xml; charset=utf-8", "cache-control": "no-store" } }
  )
