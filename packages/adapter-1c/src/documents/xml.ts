/** What XML 1.0 cannot hold in any form: control characters, lone surrogates, two last places of the plane. */
const IMPOSSIBLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" }

/** Any text as content of an element or value of an attribute; what XML cannot hold is left out. */
export const escapeXml = (text: string): string =>
  text.replace(/\r\n?/gu, "\n").replace(IMPOSSIBLE, "").replace(/[&<>"]/gu, (letter) => ENTITIES[letter]!)

export type Attributes = Readonly<Record<string, string>>

/** An element that is not written yet; null and undefined children are left out. */
export type Xml = string | null | undefined

const tag = (name: string, attributes: Attributes): string =>
  name + Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${escapeXml(value).replace(/[\n\t]/gu, " ")}"`).join("")

/** `<name>text</name>`, or nothing for null. */
export const leaf = (name: string, text: string | number | null | undefined, attributes: Attributes = {}): Xml =>
  text === null || text === undefined ? null : `<${tag(name, attributes)}>${escapeXml(String(text))}</${name}>`

/** An element around others, each on a line of its own. */
export const element = (name: string, children: ReadonlyArray<Xml>, attributes: Attributes = {}): string => {
  const inner = children.filter((child) => child !== null && child !== undefined)
  return inner.length === 0
    ? `<${tag(name, attributes)}/>`
    : `<${tag(name, attributes)}>\n${inner.join("\n")}\n</${name}>`
}
