import { describe, expect, test } from "vitest"
import { faultOf } from "../../src/odata/answer.ts"
import { ODataClient, type ODataClientOptions } from "../../src/odata/client.ts"
import { ODATA_CODES } from "../../src/odata/codes.ts"
import { ODataFault } from "../../src/odata/fault.ts"
import { readMetadata } from "../../src/odata/metadata.ts"
import { pagesOf, wholeOf } from "../../src/odata/paging.ts"
import type { Row } from "../../src/odata/values.ts"
import { ODATA_ROOT, type ODataSimulator } from "../../src/testing/index.ts"
import { serve } from "../support/serve.ts"
import { GOODS, id, ORDER, simulate } from "./base-of.ts"

const clientOf = (base: ODataSimulator, more: Partial<ODataClientOptions> = {}): ODataClient =>
  new ODataClient({
    url: `http://1c.test${ODATA_ROOT}`, login: base.login, password: base.password, fetch: base.fetch, backoffMs: 1, ...more
  })

const faultFrom = (work: Promise<unknown>): Promise<ODataFault> =>
  work.then(() => { throw new Error("it worked") }, (error: unknown) => {
    if (!(error instanceof ODataFault)) throw error
    return error
  })

const GOODS_TABLE = { path: GOODS, key: ["Ref_Key"], allowedOnly: true }
const readAll = async (client: ODataClient, size: number): Promise<ReadonlyArray<Row>> => {
  const rows: Array<Row> = []
  for await (const page of (size === 0 ? wholeOf : pagesOf)(client, GOODS_TABLE, size)) rows.push(...page.rows)
  return rows
}
const starts = (base: ODataSimulator): number =>
  base.ledger.filter((entry) => entry.kind === "session" && entry.action === "start").length
const created = (base: ODataSimulator): number => base.ledger.filter(({ kind }) => kind === "created").length

describe("R10: what an error means", () => {
  test.each(Object.keys(ODATA_CODES))("code %s is a refusal, whatever the call was", (code) => {
    const body = JSON.stringify({ "odata.error": { code, message: { lang: "ru", value: "текст 1С" } } })
    for (const purpose of ["read", "write"] as const) {
      expect(faultOf(code === "-1" ? 500 : 400, body, purpose, "X")).toMatchObject({ outcome: "rejected", code, said: "текст 1С" })
    }
  })

  test.each([
    [500, "", "read", "unavailable"], [500, "<html>", "write", "unknown"], [503, "", "write", "unknown"],
    [503, "", "read", "unavailable"], [401, "", "write", "unavailable"], [404, "<html>", "read", "unavailable"],
    [412, "", "write", "rejected"]
  ] as const)("HTTP %i %s to a %s is %s", (status, text, purpose, outcome) => {
    expect(faultOf(status, text, purpose, "X").outcome).toBe(outcome)
  })

  test("an error in XML is read as well as one in JSON", () => {
    const text = `<?xml version="1.0"?><m:error xmlns:m="x"><m:code>-1</m:code><m:message xml:lang="ru">Нет &quot;А&quot;</m:message></m:error>`
    expect(faultOf(500, text, "write", "X")).toMatchObject({ code: "-1", said: "Нет \"А\"", blame: "business", outcome: "rejected" })
    const odd = text.replace("&quot;А&quot;", "&#171;А&#xBB;&nbsp;&constructor; & Б")
    expect(faultOf(500, odd, "write", "X")).toMatchObject({ said: "Нет «А»&nbsp;&constructor; & Б" })
  })

  test("what 1C said is not in the message: it may quote a buyer", () => {
    const body = JSON.stringify({ "odata.error": { code: "-1", message: { value: "Айгерім +77010000001" } } })
    expect(faultOf(500, body, "write", "X").message).not.toContain("Айгерім")
  })
})

describe("R10: sessions (fact 84)", () => {
  test("one session for many calls, ended at the end", async () => {
    const base = simulate()
    const client = clientOf(base, { concurrency: 4 })
    await Promise.all([1, 2, 3, 4, 5].map(() => client.get(GOODS, { $top: 1, $orderby: "Ref_Key" })))
    await client.finish()
    expect(base.ledger.filter(({ kind }) => kind === "session")).toEqual([
      { kind: "session", action: "start" }, { kind: "session", action: "finish" }
    ])
  })

  test("a stale cookie starts another session, and a write is done once", async () => {
    const base = simulate()
    const client = clientOf(base)
    await client.count(GOODS)
    base.faults.stale = 1
    await client.create(ORDER, { НомерПоДаннымКлиента: "1001-1" })
    expect([starts(base), created(base)]).toEqual([2, 1])
  })

  test("400 to the start of a session: again without it, and never asked for again", async () => {
    const base = simulate()
    base.faults.refuseSession = Number.POSITIVE_INFINITY
    const client = clientOf(base)
    await client.create(ORDER, { НомерПоДаннымКлиента: "1001-1" })
    const calls = base.calls.length
    expect(await client.count(GOODS)).toBe(4)
    expect([created(base), base.calls.length - calls]).toEqual([1, 1])
  })
})

describe("R10: a session among others' cookies and calls", () => {
  test("a proxy's own cookie stands beside the session's, and takes its place never", async () => {
    const base = simulate()
    let calls = 0
    const fetch = async (request: Request): Promise<Response> => {
      const response = await base.fetch(request)
      response.headers.append("set-cookie", `route=r${++calls}; path=/`)
      if (calls === 2) response.headers.append("set-cookie", "old=; Max-Age=0")
      return response
    }
    const seen: Array<string | null> = []
    const client = clientOf(base, { fetch: (request) => (seen.push(request.headers.get("cookie")), fetch(request)) })
    for (let i = 0; i < 4; i++) await client.count(GOODS)
    await client.finish()
    expect(seen).toEqual([null, "ibsession=s-1; route=r1", "ibsession=s-1; route=r2", "ibsession=s-1; route=r3", "ibsession=s-1; route=r4"])
    expect(base.ledger.filter(({ kind }) => kind === "session")).toMatchObject([{ action: "start" }, { action: "finish" }])
  })

  test("a cookie that is taken back is sent no more", async () => {
    const base = simulate()
    let calls = 0
    const seen: Array<string | null> = []
    const client = clientOf(base, { fetch: async (request) => {
      seen.push(request.headers.get("cookie"))
      const response = await base.fetch(request)
      response.headers.append("set-cookie", ++calls === 1 ? "login=now" : "login=; Expires=Thu, 01 Jan 1970 00:00:00 GMT")
      return response
    } })
    for (let i = 0; i < 3; i++) await client.count(GOODS)
    expect(seen.at(-1)).toBe("ibsession=s-1")
  })

  test("a session does not end while a document is being written in it", async () => {
    const base = simulate()
    const seen: Array<string> = []
    const client = clientOf(base, { fetch: async (request) => {
      const what = request.headers.get("ibsession") ?? request.method
      seen.push(what)
      const response = await base.fetch(request)
      seen.push(`${what} answered`)
      return response
    } })
    await client.count(GOODS)
    const [held, inside] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    base.base.afterWrite = () => {
      inside.resolve()
      return held.promise
    }
    const writing = client.create(ORDER, { НомерПоДаннымКлиента: "1001-1" })
    await inside.promise
    const finishing = client.finish()
    await client.count(GOODS)
    held.resolve()
    await Promise.all([writing, finishing])
    const ofSession = seen.filter((what) => !what.startsWith("GET"))
    expect(ofSession).toEqual([
      "start", "start answered", "POST", "start", "start answered", "POST answered", "finish", "finish answered"
    ])
    await client.finish()
    expect([starts(base), base.ledger.filter((entry) => entry.kind === "session" && entry.action === "finish").length]).toEqual([2, 2])
  })
})

describe("R10: sessions that cannot be kept", () => {
  test("a start that is answered without a cookie is not repeated: each would leave a session behind", async () => {
    const base = simulate()
    base.faults.deaf = Number.POSITIVE_INFINITY
    const headers: Array<string | null> = []
    const fetch = (request: Request): Promise<Response> => {
      headers.push(request.headers.get("ibsession"))
      return base.fetch(request)
    }
    const client = clientOf(base, { fetch })
    await client.count(GOODS)
    await client.count(GOODS)
    await client.finish()
    expect(headers).toEqual(["start", null])
  })

  test("the cookie of a call that was refused is kept: its session is open all the same", async () => {
    const base = simulate()
    const client = clientOf(base)
    base.faults.business = 1
    await faultFrom(client.create(ORDER, {}))
    await client.count(GOODS)
    expect(starts(base)).toBe(1)
  })
})

describe("R10: reads and writes when things go wrong", () => {
  test.each(["down", "dropAfter", "garbled"] as const)("a read is repeated when the partner is %s", async (fault) => {
    const base = simulate()
    base.fault(fault, 2)
    expect(await clientOf(base).get(GOODS, { $orderby: "Ref_Key", $top: 1 })).toMatchObject({ value: [{ Ref_Key: id(1) }] })
  })

  test("a read gives up in the end, and says that it was no answer of 1C", async () => {
    const base = simulate()
    base.faults.html = Number.POSITIVE_INFINITY
    const fault = await faultFrom(clientOf(base, { retries: 2 }).get(GOODS))
    expect(fault).toMatchObject({ outcome: "unavailable", message: expect.stringContaining("не JSON") })
    expect(base.calls).toHaveLength(3)
  })

  test("a business error is never repeated", async () => {
    const base = simulate()
    base.faults.business = 1
    const fault = await faultFrom(clientOf(base).create(ORDER, {}))
    expect(fault).toMatchObject({ outcome: "rejected", code: "-1", blame: "business" })
    expect([base.calls.length, created(base)]).toEqual([1, 0])
  })

  test.each([["down", "unavailable", 0], ["dropAfter", "unknown", 1], ["garbled", "unknown", 1]] as const)(
    "a write is sent once: %s ends as %s",
    async (kind, outcome, done) => {
      const base = simulate()
      const client = clientOf(base)
      await client.count(GOODS)
      base.fault(kind, 1)
      expect((await faultFrom(client.create(ORDER, {}))).outcome).toBe(outcome)
      expect(created(base)).toBe(done)
    }
  )

  test("a write without an answer in time is unknown", async () => {
    const base = simulate()
    base.fault("slow", 1)
    expect((await faultFrom(clientOf(base, { timeoutMs: 20 }).create(ORDER, {}))).outcome).toBe("unknown")
  })

  test("a wrong password is told as such, without the password", async () => {
    const base = simulate()
    const fault = await faultFrom(clientOf(base, { password: "не тот пароль" }).get(GOODS))
    expect(fault.message).toMatch(/имя и пароль/u)
    expect(fault.message).not.toContain("не тот пароль")
  })
})

describe("R10: pages", () => {
  test("a table that comes whole has each row, in the order of the base", async () => {
    const rows = await readAll(clientOf(simulate()), 0)
    expect(new Set(rows.map((row) => row["Ref_Key"]))).toEqual(new Set([id(1), id(2), id(3), id(9)]))
    expect(rows).toHaveLength(4)
  })

  test.each([1, 2, 3, 4, 100])("pages of %i give each row once, in order", async (size) => {
    const rows = await readAll(clientOf(simulate()), size)
    expect(rows.map((row) => row["Ref_Key"])).toEqual([id(1), id(2), id(3), id(9)])
  })

  test("every page is ordered and asks for allowed rows only", async () => {
    const base = simulate({ limited: true })
    await readAll(clientOf(base), 2)
    for (const { path } of base.calls) expect(path).toMatch(/\$orderby=Ref_Key.*allowedOnly=true/u)
  })

  test("without allowedOnly a base with limits by row refuses with code 20", async () => {
    expect(await faultFrom(clientOf(simulate({ limited: true })).get(GOODS))).toMatchObject({ code: "20", blame: "setup" })
  })

  test("a row that is added while pages are read is noticed", async () => {
    const base = simulate()
    base.faults.shift = 1
    expect((await faultFrom(readAll(clientOf(base), 2))).message).toMatch(/менялась во время чтения/u)
  })

  test("a row that is added while another goes is noticed though the count agrees", async () => {
    const base = simulate()
    const client = clientOf(base)
    const pages = pagesOf(client, GOODS_TABLE, 2)
    await pages.next()
    base.base.rows(GOODS).shift()
    base.base.rows(GOODS).push({ ...base.base.rows(GOODS)[0]!, Ref_Key: id(99) })
    expect((await faultFrom(pages.next())).message).toMatch(/менялась/u)
  })
})

test("R10: over real HTTP, with a Russian login", async () => {
  const base = simulate()
  const url = (await serve(base.fetch)).replace("/exchange/1c", ODATA_ROOT)
  const client = new ODataClient({ url, login: base.login, password: base.password })
  expect(await readAll(client, 2)).toHaveLength(4)
  const made = await client.create(ORDER, { НомерПоДаннымКлиента: "1001-1" })
  expect(await client.get(`${ORDER}(guid'${String(made["Ref_Key"])}')`)).toMatchObject({ НомерПоДаннымКлиента: "1001-1" })
  await client.finish()
  expect(starts(base)).toBe(1)
})

test("R10: so many calls a second and no more", async () => {
  const base = simulate()
  const client = clientOf(base, { concurrency: 8, perSecond: 50 })
  const began = performance.now()
  await Promise.all([1, 2, 3, 4, 5, 6].map(() => client.count(GOODS)))
  expect(performance.now() - began).toBeGreaterThan(95)
})

test("R10: an address that no web server takes is not sent", async () => {
  const base = simulate()
  const fault = await faultFrom(clientOf(base).get(GOODS, { $filter: `Description eq '${"Ж".repeat(1500)}'` }))
  expect(fault).toMatchObject({ outcome: "rejected", blame: "setup" })
  expect(base.calls).toEqual([])
})

describe("fact 84: what a base says to a cookie it has forgotten, nobody knows", () => {
  test.each([200, 400, 401, 403, 404, 500])("a page with HTTP %i: a read starts another session and goes on", async (stalePage) => {
    const base = simulate({ stalePage })
    const client = clientOf(base)
    await client.get(GOODS)
    base.faults.stale = 1
    expect(await client.get(GOODS)).toMatchObject({ value: expect.any(Array) })
    expect(starts(base)).toBe(2)
  })

  test.each([200, 500])("a write that meets HTTP %i is not sent again: nobody knows what became of it; the next one goes on", async (stalePage) => {
    const base = simulate({ stalePage })
    const client = clientOf(base)
    await client.get(GOODS)
    base.faults.stale = 1
    expect(await faultFrom(client.create(ORDER, {}))).toMatchObject({ outcome: "unknown" })
    expect(created(base)).toBe(0)
    await client.create(ORDER, {})
    expect(created(base)).toBe(1)
  })

  test("a busy proxy is no forgotten session: no other one is opened, for its licence", async () => {
    const base = simulate()
    const client = clientOf(base)
    await client.get(GOODS)
    base.faults.busy = 2
    await client.get(GOODS)
    expect(starts(base)).toBe(1)
  })
})

describe("R10: XML of the interface", () => {
  const cutOnce = (base: ODataSimulator, how: (whole: Uint8Array) => Response) => {
    let left = 1
    return async (request: Request): Promise<Response> => {
      const response = await base.fetch(request)
      if (!request.url.includes("$metadata") || left-- <= 0) return response
      return how(new Uint8Array(await response.arrayBuffer()))
    }
  }
  const xml = { headers: { "content-type": "application/xml" } }
  const broken = (whole: Uint8Array): Response =>
    new Response(new ReadableStream({
      start: (controller) => {
        controller.enqueue(whole.subarray(0, whole.length / 2))
        controller.error(new TypeError("terminated"))
      }
    }), xml)
  const cases = [
    ["breaks off", broken], ["ends too soon", (whole: Uint8Array) => new Response(whole.slice(0, whole.length / 2), xml)],
    ["is no XML", () => new Response("<html><p>login", xml)]
  ] as const

  test.each(cases)("$metadata that %s is asked for again", async (_, how) => {
    const base = simulate()
    const metadata = await clientOf(base, { fetch: cutOnce(base, how) }).xml("$metadata", (stream) => readMetadata(stream, new Set([GOODS])))
    expect(metadata.fields(GOODS)?.has("Description")).toBe(true)
  })

  test.each(cases)("$metadata that always %s is told as such", async (_, how) => {
    const base = simulate()
    const always = (request: Request) => cutOnce(base, how)(request)
    const fault = await faultFrom(clientOf(base, { fetch: always, retries: 1 }).xml("$metadata", (stream) => readMetadata(stream, new Set([GOODS]))))
    expect(fault).toMatchObject({ outcome: "unavailable", message: expect.stringContaining("$metadata") as string })
  })

  test("an answer that flows slowly is waited for as long as it flows", async () => {
    const base = simulate()
    const fetch = async (request: Request): Promise<Response> => {
      const whole = new Uint8Array(await (await base.fetch(request)).arrayBuffer())
      const step = Math.ceil(whole.length / 8)
      let at = 0
      return new Response(new ReadableStream({
        pull: async (controller) => {
          await new Promise((resolve) => setTimeout(resolve, 40))
          if (request.signal.aborted) return controller.error(request.signal.reason)
          controller.enqueue(whole.subarray(at, at += step))
          if (at >= whole.length) controller.close()
        }
      }), xml)
    }
    const metadata = await clientOf(base, { fetch, timeoutMs: 200, retries: 0 }).xml("$metadata", (stream) => readMetadata(stream, new Set([GOODS])))
    expect(metadata.fields(GOODS)?.has("Description")).toBe(true)
  })
})
