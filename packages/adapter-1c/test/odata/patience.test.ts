import { expect, test } from "vitest"
import { ODataClient, type ODataClientOptions } from "../../src/odata/client.ts"
import { readMetadata } from "../../src/odata/metadata.ts"
import { wholeOf } from "../../src/odata/paging.ts"
import { ODATA_ROOT, type ODataSimulator } from "../../src/testing/index.ts"
import { GOODS, simulate } from "./base-of.ts"

const clientOf = (base: ODataSimulator, more: Partial<ODataClientOptions> = {}): ODataClient =>
  new ODataClient({
    url: `http://1c.test${ODATA_ROOT}`, login: base.login, password: base.password, fetch: base.fetch, backoffMs: 1, ...more
  })

const rowsOf = async (client: ODataClient): Promise<number> => {
  let read = 0
  for await (const page of wholeOf(client, { path: GOODS, key: ["Ref_Key"], allowedOnly: true })) read = page.read
  return read
}

test("R-OPS-1: what the hub does with the pieces is not the base's silence, however long it takes", async () => {
  const base = simulate()
  const fetch = async (request: Request): Promise<Response> => {
    const answer = await base.fetch(request)
    const whole = new Uint8Array(await answer.arrayBuffer())
    let at = 0
    return new Response(new ReadableStream({
      pull: (controller) => {
        if (request.signal.aborted) return controller.error(request.signal.reason)
        if (at >= whole.length) controller.close()
        else controller.enqueue(whole.subarray(at, at += Math.ceil(whole.length / 3)))
      }
    }, { highWaterMark: 0 }), { headers: answer.headers })
  }
  const names: Array<unknown> = []
  for await (const rows of clientOf(base, { fetch, timeoutMs: 50, retries: 0 }).flow(GOODS, {}, () => undefined)) {
    names.push(...rows.map((row) => row["Description"]))
    await new Promise((resolve) => setTimeout(resolve, 80))
  }
  expect(names).toHaveLength(4)
})

test("R-OPS-1: a table that does not begin to come is asked for again, as any other reading is", async () => {
  const base = simulate()
  let asked = 0
  const fetch = (request: Request): Promise<Response> => {
    if (++asked > 1) return base.fetch(request)
    return new Promise((_, reject) => request.signal.addEventListener("abort", () => reject(request.signal.reason as Error)))
  }
  expect(await rowsOf(clientOf(base, { fetch, timeoutMs: 50 }))).toBe(4)
  expect(asked).toBe(2)
})

test("R-OPS-1: a call's turn is waited for patiently: only the base's own silence counts", async () => {
  const client = clientOf(simulate(), { timeoutMs: 150, perSecond: 3, retries: 0 })
  await client.count(GOODS)
  expect(await rowsOf(client)).toBe(4)
  expect((await client.xml("$metadata", (stream) => readMetadata(stream, new Set([GOODS])))).fields(GOODS)?.has("Description")).toBe(true)
})
