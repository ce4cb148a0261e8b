import { parseSync } from "vite"

/** A module as the rules see it: what it imports, and which ambient things it uses. */
export interface Source {
  readonly imports: ReadonlyArray<Found>
  readonly ambient: ReadonlyArray<Found>
}
/** A specifier (`node:fs`) or an ambient thing (`Date.now`), and where. */
export interface Found {
  readonly name: string
  readonly line: number
}

interface Node {
  readonly type: string
  readonly start: number
  readonly [key: string]: unknown
}

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && typeof (value as Node).type === "string"

const AMBIENT = new Set([
  "clearInterval",
  "clearTimeout",
  "console",
  "crypto",
  "fetch",
  "globalThis",
  "performance",
  "process",
  "queueMicrotask",
  "require",
  "setImmediate",
  "setInterval",
  "setTimeout",
  "XMLHttpRequest",
  "WebSocket"
])

const identifier = (value: unknown): string | undefined =>
  isNode(value) && value.type === "Identifier" ? value["name"] as string : undefined

const specifierOf = (node: Node): string | undefined => {
  const source = node["source"]
  if (!isNode(source) || source.type !== "Literal") return undefined
  return typeof source["value"] === "string" ? source["value"] : undefined
}

/** Time, chance and the world around: what core may only get through Effect. */
const ambientOf = (node: Node): string | undefined => {
  if (node.type === "MemberExpression") {
    const name = `${identifier(node["object"])}.${identifier(node["property"])}`
    return name === "Date.now" || name === "Math.random" ? name : undefined
  }
  if (node.type === "NewExpression" || node.type === "CallExpression") {
    if (identifier(node["callee"]) !== "Date") return undefined
    if (node.type === "CallExpression") return "Date()"
    return (node["arguments"] as ReadonlyArray<unknown>).length === 0 ? "new Date()" : undefined
  }
  const name = identifier(node)
  return name !== undefined && AMBIENT.has(name) ? name : undefined
}

/** Names that only look like a use of the identifier: `x.fetch`, `{ fetch: … }`. */
const isNameOnly = (parent: Node, key: string): boolean =>
  parent["computed"] !== true && (key === "key" || (key === "property" && parent.type === "MemberExpression"))

const WRAPPERS = new Set(["TSAsExpression", "TSSatisfiesExpression", "TSNonNullExpression"])
const isType = ({ type }: Node): boolean => type.startsWith("TS") && !WRAPPERS.has(type)

interface Place {
  readonly node: Node
  /** Inside a type: it imports, but runs nothing. */
  readonly inType: boolean
}

const children = ({ node, inType }: Place): ReadonlyArray<Place> =>
  Object.entries(node).flatMap(([key, value]) =>
    (Array.isArray(value) ? value : [value])
      .filter(isNode)
      .filter((child) => !isNameOnly(node, key) || child.type !== "Identifier")
      .map((child) => ({ node: child, inType: inType || isType(child) })))

const walk = (place: Place, visit: (place: Place) => void): void => {
  visit(place)
  for (const child of children(place)) walk(child, visit)
}

/** Parses TypeScript (not by regular expressions: comments and texts may say what they like). */
export const readSource = (file: string, text: string): Source => {
  const { program, errors } = parseSync(file, text)
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]!.message}`)
  const lineOf = ({ start }: Node): number => text.slice(0, start).split("\n").length
  const imports: Array<Found> = []
  const ambient: Array<Found> = []
  walk({ node: program as unknown as Node, inType: false }, ({ node, inType }) => {
    const name = specifierOf(node)
    if (name !== undefined) imports.push({ name, line: lineOf(node) })
    const use = inType ? undefined : ambientOf(node)
    if (use !== undefined) ambient.push({ name: use, line: lineOf(node) })
  })
  return { imports, ambient }
}
