import { ByteMap } from "../cml/byte-map.ts"

/** Ids of one kind and a dense number for each. `map` is what the reader looks rows up in. */
export class IdTable {
  readonly map = new ByteMap()
  readonly ids: Array<string> = []

  constructor(ids: Iterable<string> = []) {
    for (const id of ids) this.add(id)
  }

  get size(): number {
    return this.ids.length
  }

  add(id: string): number {
    const known = this.map.find(id)
    if (known >= 0) return known
    this.map.set(id, this.ids.length)
    return this.ids.push(id) - 1
  }
}
