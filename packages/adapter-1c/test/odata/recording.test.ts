import { Effect } from "effect"
import { expect, test } from "vitest"
import { oneCODataPort } from "../../src/index.ts"
import { ODataClient } from "../../src/odata/client.ts"
import { inTask, type Record1C } from "../../src/odata/recording.ts"
import { ODATA_ROOT } from "../../src/testing/index.ts"
import { GOODS, ORDER, simulate } from "./base-of.ts"
import { openHub } from "./hub-of.ts"

type Call = Parameters<Record1C>[0]

const clientOf = (base = simulate()) => {
  const calls: Array<Call> = []
  const client = new ODataClient({
    url: `http://1c.test${ODATA_ROOT}`, login: base.login, password: base.password, fetch: base.fetch, backoffMs: 1, retries: 1,
    record: (call) => void calls.push(call)
  })
  return { base, calls, client }
}

test("R-EXP-4: every call to the base is in the exchange log of the hub, beside the port that asked", async () => {
  const { sync, storage, base, close } = await openHub()
  await sync("catalogue")
  await close()
  const { items } = await Effect.runPromise(storage.log.list({ limit: 200 }))
  const beside = items.filter(({ operation }) => operation !== `${oneCODataPort.name}.sync`)
  expect([items.length - beside.length, beside.length]).toEqual([1, base.calls.length])
  expect(beside).toContainEqual(expect.objectContaining({
    connection: "1c-odata", direction: "out", operation: `GET ${GOODS}`, outcome: "done", response: null, step: null
  }))
})

test("R-EXP-4: a read names what it asked for, and the task that asked", async () => {
  const { calls, client } = clientOf()
  await inTask("остатки", () => client.get(GOODS, { $top: 1, $orderby: "Ref_Key" }))
  expect(calls).toEqual([{
    direction: "out", operation: `GET ${GOODS}`, outcome: "done", step: "остатки", durationMs: expect.any(Number),
    sentBytes: 0, receivedBytes: expect.any(Number), request: "$top=1&$orderby=Ref_Key"
  }])
  expect(calls[0]!.receivedBytes).toBeGreaterThan(50)
})

test("R-EXP-4: a call that waits for its turn keeps its own task", async () => {
  const { calls, client } = clientOf()
  const read = () => client.get(GOODS, { $top: 1 })
  await Promise.all(["а", "б", "в", "г", "д"].map((task) => inTask(task, read)))
  expect(new Set(calls.map(({ step }) => step))).toEqual(new Set(["а", "б", "в", "г", "д"]))
})

test("R-OPS-3: of what is written no text is kept: only a base knows which of its fields holds a name", async () => {
  const { calls, client } = clientOf()
  await client.create(ORDER, { НомерПоДаннымКлиента: "1001-1", Комментарий: "Айгерім, 87010000001", Статус: "87010000001", Date: "2026-11-28T10:00:00" })
  const [call] = calls
  expect(call).toMatchObject({ operation: `POST ${ORDER}`, outcome: "done" })
  expect(JSON.parse(call!.request!)).toEqual({ НомерПоДаннымКлиента: "1001-1", Комментарий: "‹text›", Статус: "‹text›", Date: "2026-11-28T10:00:00" })
  expect(call!.sentBytes).toBeGreaterThan(100)
})

test("R-EXP-4: what failed says how: refused, away, or lost on the way, each try by itself", async () => {
  const { base, calls, client } = clientOf()
  await expect(client.get("Catalog_Нет")).rejects.toThrow()
  const refused = calls.length
  expect(calls.at(-1)).toMatchObject({ error: expect.stringMatching(/^HTTP 4/u) })
  base.fault("down")
  await expect(client.get(GOODS)).rejects.toThrow()
  expect(calls.slice(refused).map(({ outcome }) => outcome)).toEqual(["unavailable", "unavailable"])
})
