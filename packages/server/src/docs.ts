type Json = Readonly<Record<string, unknown>>

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" }
const plain = (value: unknown): string => (typeof value === "string" ? value : "")
const escape = (value: unknown): string => plain(value).replace(/[&<>"]/gu, (char) => ENTITIES[char] ?? char)
/** `code`, and nothing else of Markdown within a line. */
const inline = (value: unknown): string => escape(value).replace(/`([^`]+)`/gu, "<code>$1</code>")

/** Paragraphs by empty lines; tables and lists as they are written. */
const prose = (text: unknown): string =>
  plain(text)
    .split(/\n{2,}/u)
    .map((block) => (/^[|-]/u.test(block) ? `<pre>${inline(block)}</pre>` : `<p>${inline(block)}</p>`))
    .join("\n")

const json = (value: unknown): string => `<pre>${escape(JSON.stringify(value, null, 2))}</pre>`

const folded = (title: string, inside: string): string => `<details><summary>${title}</summary>${inside}</details>`

const entries = (value: unknown): ReadonlyArray<readonly [string, Json]> =>
  Object.entries((value ?? {}) as Record<string, Json>)

const example = (media: Json): string => (media["example"] === undefined ? "" : json(media["example"]))

const title = (method: string, path: string): string => `<code>${method.toUpperCase()} ${escape(path)}</code>`

const content = (holder: Json): string =>
  entries(holder["content"])
    .map(
      ([type, media]) =>
        `<p><code>${escape(type)}</code></p>${example(media)}${json(media["schema"])}`
    )
    .join("")

const parameters = (operation: Json): string =>
  ((operation["parameters"] ?? []) as ReadonlyArray<Json>)
    .map(
      (parameter) =>
        `<li><code>${escape(parameter["name"])}</code> (${escape(parameter["in"])}${
          parameter["required"] === true ? ", required" : ""
        }): ${escape(parameter["description"])}</li>`
    )
    .join("")

const operationHtml = (path: string, method: string, operation: Json): string => {
  const id = escape(operation["operationId"])
  const body = operation["requestBody"] as Json | undefined
  const answers = entries(operation["responses"]).map(([status, answer]) =>
    folded(`<b>${escape(status)}</b> ${inline(answer["description"])}`, content(answer))
  )
  const given = parameters(operation)
  return `<section id="${id}"><h3>${title(method, path)} ${escape(operation["summary"])}</h3>
${prose(operation["description"])}${given === "" ? "" : `<ul>${given}</ul>`}
${body === undefined ? "" : folded("Body", content(body))}${answers.join("")}</section>`
}

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:60rem;padding:1rem}
body{color:#1b1b1b;background:#fff}pre{background:#f4f4f1;padding:.75rem;overflow:auto;font-size:.85rem}
code{font-size:.9em}section{border-top:1px solid #ddd;margin-top:1.5rem}
nav li{margin:.1rem 0}summary{cursor:pointer;padding:.2rem 0}h3{font-size:1.05rem}
@media(prefers-color-scheme:dark){body{color:#e8e8e4;background:#191919}pre{background:#262626}
section{border-color:#444}a{color:#9cc7ff}}`

/** The API document as one page that needs neither scripts nor the network: a pharmacy's server may have none. */
export const docsPage = (document: Json): string => {
  const operations = entries(document["paths"]).flatMap(([path, methods]) =>
    entries(methods).map(([method, operation]) => ({ path, method, operation }))
  )
  const info = document["info"] as Json
  const tags = document["tags"] as ReadonlyArray<Json>
  const groups = tags.map((tag) => {
    const own = operations.filter(({ operation }) =>
      (operation["tags"] as ReadonlyArray<unknown>).includes(tag["name"])
    )
    return { tag, own }
  })
  const menu = groups
    .map(
      ({ tag, own }) =>
        `<li>${escape(tag["description"])}<ul>${own
          .map(
            ({ path, method, operation }) =>
              `<li><a href="#${escape(operation["operationId"])}">${title(method, path)}</a></li>`
          )
          .join("")}</ul></li>`
    )
    .join("")
  const schemas = entries((document["components"] as Json)["schemas"]).map(([name, schema]) =>
    folded(`<code>${escape(name)}</code>`, json(schema))
  )
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Aptekit API</title><style>${STYLE}</style></head><body>
<h1>Aptekit API <small>${escape(info["version"])}</small></h1>
<p><a href="/openapi.json">openapi.json</a> · <a href="/docs/try">try it in Scalar</a> (needs the Internet)</p>
${prose(info["description"])}<nav><ul>${menu}</ul></nav>
${groups.flatMap(({ own }) => own.map((item) => operationHtml(item.path, item.method, item.operation))).join("\n")}
<h2>Schemas</h2>${schemas.join("")}</body></html>`
}
