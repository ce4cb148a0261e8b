import type { XmlAttributes } from "../xml/attributes.ts"
import { decodeText, type TextKind } from "../xml/decode.ts"
import { type XmlHandler, XmlScanner } from "../xml/scanner.ts"

/** An element. Names without their prefix; `text`: all its own text, trimmed. */
export interface XmlNode {
  readonly name: string
  readonly line: number
  readonly attributes: Readonly<Record<string, string>>
  readonly children: Array<XmlNode>
  text: string
}

const local = (name: string): string => name.slice(name.indexOf(":") + 1)

class TreeBuilder implements XmlHandler {
  readonly scanner: XmlScanner = new XmlScanner(this)
  root: XmlNode | undefined
  readonly #open: Array<XmlNode> = []

  open(name: number, attributes: XmlAttributes): void {
    const values: Record<string, string> = {}
    for (let i = 0; i < attributes.count; i++) {
      values[local(this.scanner.names.text(attributes.name(i)))] = attributes.text(i)
    }
    const text = local(this.scanner.names.text(name))
    const node: XmlNode = { name: text, line: this.scanner.line, attributes: values, children: [], text: "" }
    const parent = this.#open.at(-1)
    if (parent === undefined) this.root = node
    else parent.children.push(node)
    this.#open.push(node)
  }

  text(buffer: Uint8Array, start: number, end: number, kind: TextKind): void {
    const node = this.#open.at(-1)
    if (node !== undefined) node.text += decodeText(buffer, start, end, kind)
  }

  close(): void {
    const node = this.#open.pop()
    if (node !== undefined) node.text = node.text.trim()
  }
}

/**
 * A whole document as a tree. Only for files that are known to be small.
 * @throws XmlError
 */
export const parseTree = (bytes: Uint8Array): XmlNode => {
  const builder = new TreeBuilder()
  builder.scanner.push(bytes)
  builder.scanner.end()
  return builder.root!
}

/** The first child of this name. */
export const child = (node: XmlNode | undefined, name: string): XmlNode | undefined =>
  node?.children.find((inner) => inner.name === name)

/** The text behind a path of names; null where it is absent or empty. */
export const textAt = (node: XmlNode, ...path: ReadonlyArray<string>): string | null => {
  const text = path.reduce<XmlNode | undefined>(child, node)?.text ?? ""
  return text === "" ? null : text
}

/** Every element of this name, at any depth, not looked for inside one another. */
export const descendants = (node: XmlNode, name: string): ReadonlyArray<XmlNode> =>
  node.children.flatMap((inner) => (inner.name === name ? [inner] : descendants(inner, name)))
