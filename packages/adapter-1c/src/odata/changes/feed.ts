import type { XmlAttributes } from "../../xml/attributes.ts"
import { decodeText, type TextKind } from "../../xml/decode.ts"
import { XmlNames } from "../../xml/names.ts"
import { type XmlHandler, XmlScanner } from "../../xml/scanner.ts"

/** An object that was changed or deleted since the last message that the hub acknowledged. */
export interface ChangedObject {
  /** `Catalog_Номенклатура`. */
  readonly set: string
  /** `Ref_Key`; null where the key is another one, as in registers. */
  readonly key: string | null
  readonly deleted: boolean
}

const ADDRESS = /(?:^|\/)([^/()]+)\((?:guid'([0-9a-fA-F-]{36})')?.*\)$/u

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** `http://host/base/odata/standard.odata/Catalog_X(guid'…')`, percent-encoded or not. */
export const objectAt = (address: string, deleted: boolean): ChangedObject | undefined => {
  const [, set, key] = ADDRESS.exec(decoded(address.trim())) ?? []
  return set === undefined ? undefined : { set, key: key?.toLowerCase() ?? null, deleted }
}

const localName = (name: string): string => name.slice(name.indexOf(":") + 1)

/**
 * The feed of `SelectChanges` (fact 80): of each entry only its id; deletions are `deleted-entry` with a `ref`
 * (RFC 6721).
 */
class FeedHandler implements XmlHandler {
  readonly names = new XmlNames()
  readonly objects = new Map<string, ChangedObject>()
  #depth = 0
  #inEntry = false
  #id: string | null = null

  open(name: number, attributes: XmlAttributes): void {
    this.#depth++
    const local = localName(this.names.text(name))
    if (this.#depth === 2) {
      this.#inEntry = local === "entry"
      if (local === "deleted-entry") this.#deleted(attributes)
    }
    if (this.#depth === 3 && this.#inEntry && local === "id") this.#id = ""
  }

  text(buffer: Uint8Array, start: number, end: number, kind: TextKind): void {
    if (this.#id !== null) this.#id += decodeText(buffer, start, end, kind)
  }

  close(): void {
    this.#depth--
    if (this.#id === null) return
    this.#add(this.#id, false)
    this.#id = null
  }

  #deleted(attributes: XmlAttributes): void {
    for (let i = 0; i < attributes.count; i++) {
      if (this.names.text(attributes.name(i)) === "ref") this.#add(attributes.text(i), true)
    }
  }

  #add(address: string, deleted: boolean): void {
    const object = objectAt(address, deleted)
    if (object === undefined) return
    // Of registers only "something changed" is known: one entry stands for all.
    this.objects.set(`${object.set}/${object.key ?? ""}`, object)
  }
}

/** Reads the feed as it flows. @throws XmlError where it is no XML */
export const readChanges = async (stream: AsyncIterable<Uint8Array>): Promise<ReadonlyArray<ChangedObject>> => {
  const handler = new FeedHandler()
  const scanner = new XmlScanner(handler, handler.names)
  for await (const chunk of stream) scanner.push(chunk)
  scanner.end()
  return [...handler.objects.values()]
}
