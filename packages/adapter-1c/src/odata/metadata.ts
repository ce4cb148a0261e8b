import type { XmlAttributes } from "../xml/attributes.ts"
import { XmlNames } from "../xml/names.ts"
import { type XmlHandler, XmlScanner } from "../xml/scanner.ts"

const names = ["EntityType", "ComplexType", "Property", "EntitySet", "FunctionImport", "Name", "Type", "EntitySetPath",
  "ReturnType", "EntityContainer"] as const
const ID = Object.fromEntries(names.map((name, i) => [name, i])) as Readonly<Record<typeof names[number], number>>
const PREFIX = "StandardODATA."
const COLLECTION = /^Collection\(StandardODATA\.(.+)\)$/u

/** The part of `$metadata` that a mapping needs. */
export interface Metadata {
  /** Set or virtual table → its fields; a table of a document has its columns under `Document_X.Товары`. */
  readonly fields: (path: string) => ReadonlySet<string> | undefined
}

/** Keeps the types of these objects and lets the rest of the 15 MB go by (fact 85). */
class Collector implements XmlHandler {
  readonly types = new Map<string, Map<string, string>>()
  readonly sets = new Set<string>()
  readonly functions = new Map<string, string>()
  readonly names = new XmlNames(names)
  readonly #objects: ReadonlySet<string>
  #current: Map<string, string> | undefined

  constructor(objects: ReadonlySet<string>) {
    this.#objects = objects
  }

  open(name: number, attributes: XmlAttributes): void {
    switch (name) {
      case ID.EntityType:
      case ID.ComplexType:
        this.#current = this.#isUsed(text(attributes, ID.Name)) ? new Map() : undefined
        if (this.#current !== undefined) this.types.set(text(attributes, ID.Name), this.#current)
        break
      case ID.Property:
        this.#current?.set(text(attributes, ID.Name), text(attributes, ID.Type))
        break
      case ID.EntitySet:
        if (this.#isUsed(text(attributes, ID.Name))) this.sets.add(text(attributes, ID.Name))
        break
      case ID.FunctionImport:
        this.#function(attributes)
        break
      default:
    }
  }

  text(): void {
    // Names and types are attributes.
  }

  close(name: number): void {
    if (name === ID.EntityType || name === ID.ComplexType) this.#current = undefined
  }

  #function(attributes: XmlAttributes): void {
    const set = text(attributes, ID.EntitySetPath)
    const type = COLLECTION.exec(text(attributes, ID.ReturnType))?.[1]
    if (type !== undefined && this.#objects.has(set)) this.functions.set(`${set}/${text(attributes, ID.Name)}`, type)
  }

  /** `Document_X`, and its types with a suffix: `Document_X_Товары_RowType`, `…_RecordType`, `…_Balance`. */
  #isUsed(type: string): boolean {
    if (this.#objects.has(type)) return true
    for (let at = type.indexOf("_", type.indexOf("_") + 1); at > 0; at = type.indexOf("_", at + 1)) {
      if (this.#objects.has(type.slice(0, at))) return true
    }
    return false
  }
}

const text = (attributes: XmlAttributes, name: number): string => {
  const at = attributes.find(name)
  return at < 0 ? "" : attributes.text(at)
}

/**
 * Reads `$metadata` as it flows. `objects`: names of sets (`Document_ЗаказКлиента`), without virtual tables.
 * @throws XmlError where it is no XML.
 */
export const readMetadata = async (
  stream: AsyncIterable<Uint8Array>,
  objects: ReadonlySet<string>
): Promise<Metadata> => {
  const collector = new Collector(objects)
  const scanner = new XmlScanner(collector, collector.names)
  for await (const chunk of stream) scanner.push(chunk)
  scanner.end()
  const { types, sets, functions } = collector
  const keys = (type: string | undefined) => type === undefined ? undefined : types.get(type)
  return {
    fields: (path) => {
      const [set = "", virtual] = path.split("/")
      const [object = "", table] = set.split(".")
      if (!sets.has(object)) return undefined
      if (virtual !== undefined) {
        // Which parameters follow the name is no business of the metadata.
        const found = keys(functions.get(`${object}/${virtual.replace(/\(.*$/u, "")}`))
        return found === undefined ? undefined : new Set(found.keys())
      }
      const own = types.get(object)
      if (table === undefined) return own === undefined ? undefined : new Set(own.keys())
      const columns = own?.get(table)
      const type = columns === undefined ? undefined : COLLECTION.exec(columns)?.[1] ?? columns.replace(PREFIX, "")
      const found = keys(type)
      return found === undefined ? undefined : new Set(found.keys())
    }
  }
}
