import { describe, expect, test } from "vitest"
import { type ChangedObject, objectAt, readChanges } from "../../src/odata/changes/feed.ts"
import { ChangesReader, type ChangesState } from "../../src/odata/changes/reader.ts"
import { ODataClient } from "../../src/odata/client.ts"
import { ODATA_ROOT } from "../../src/testing/index.ts"
import { GOODS, id, simulate, STOCK } from "./base-of.ts"

const SETTINGS = { plan: "ExchangePlan_Хаб", node: id(900), everySeconds: 60 }

const open = (answer: (objects: ReadonlyArray<ChangedObject>) => boolean = () => true) => {
  const base = simulate()
  const saved: Array<ChangesState> = []
  const taken: Array<ReadonlyArray<ChangedObject>> = []
  const state = { value: { message: 33 }, save: async () => void saved.push(state.value) }
  const client = new ODataClient({
    url: `http://1c.test${ODATA_ROOT}`, login: base.login, password: base.password, fetch: base.fetch, backoffMs: 1, retries: 0
  })
  const reader = new ChangesReader({ client, settings: SETTINGS, state, apply: async (objects) => {
    taken.push(objects)
    return answer(objects)
  } })
  const acknowledged = () => base.ledger.flatMap((entry) => (entry.kind === "acknowledged" ? [entry.message] : []))
  return { base, reader, saved, taken, acknowledged }
}

describe("facts 80, 95: changes by an exchange plan", () => {
  test("what changed and what was deleted is told, then acknowledged under the next number", async () => {
    const { base, reader, taken, saved, acknowledged } = open()
    base.base.changes.push({ set: GOODS, id: id(1), deleted: false }, { set: GOODS, id: id(2), deleted: true })
    expect(await reader.look()).toBe(2)
    expect(taken).toEqual([[{ set: GOODS, key: id(1), deleted: false }, { set: GOODS, key: id(2), deleted: true }]])
    expect([acknowledged(), saved]).toEqual([[34], [{ message: 34 }]])
    const [asked] = base.calls
    expect(new URL(`http://x${asked!.path}`).searchParams.get("DataExchangePoint")).toBe(
      `'http://1c.test${ODATA_ROOT}/ExchangePlan_Хаб(guid''${id(900)}'')'`
    )
    expect(await reader.look()).toBe(0)
  })

  test("what could not be taken in is not acknowledged, and comes again under the same number", async () => {
    let works = false
    const { base, reader, taken, acknowledged } = open(() => works)
    base.base.changes.push({ set: GOODS, id: id(1), deleted: false })
    await reader.look()
    expect(acknowledged()).toEqual([])
    works = true
    await reader.look()
    expect([taken.length, acknowledged()]).toEqual([2, [34]])
  })

  test("an answer that is cut off or no feed is an error, and nothing is acknowledged", async () => {
    const { base, reader, acknowledged } = open()
    base.base.changes.push({ set: GOODS, id: id(1), deleted: false })
    base.faults.html = 1
    await expect(reader.look()).rejects.toMatchObject({ outcome: "unavailable" })
    expect(acknowledged()).toEqual([])
  })

  test("a feed with content, prefixes and encoded addresses", async () => {
    const address = encodeURI(`http://h/b/odata/standard.odata/${GOODS}(guid'${id(1).toUpperCase()}')`)
    const register = `http://h/b/odata/standard.odata/InformationRegister_ЦеныНоменклатуры(Recorder=guid'${id(5)}',LineNumber=1)`
    const feed = `<atom:feed xmlns:atom="a"><atom:title>x</atom:title><atom:id>feed(1)</atom:id>` +
      `<atom:entry><atom:id>${address}</atom:id><atom:content><m:properties><d:id>Catalog_Чужой(guid'${id(7)}')</d:id>` +
      `</m:properties></atom:content></atom:entry><atom:entry><atom:id>${register}</atom:id></atom:entry></atom:feed>`
    const bytes = new TextEncoder().encode(feed)
    const pieces = async function*() {
      for (let at = 0; at < bytes.length; at += 7) yield bytes.subarray(at, at + 7)
    }
    expect(await readChanges(pieces())).toEqual([
      { set: GOODS, key: id(1), deleted: false },
      { set: "InformationRegister_ЦеныНоменклатуры", key: null, deleted: false }
    ])
  })

  test("what is no address of an object is none", () => {
    expect([objectAt("%E0%A4%A", false), objectAt("", true), objectAt(STOCK.split("/")[0]!, false)]).toEqual([undefined, undefined, undefined])
  })
})
