import { expect, onTestFinished, test, vi } from "vitest"
import { basic, goodsOf, importOf, item, LOGIN, openExchange, PASSWORD } from "./hub.ts"

const tokenOf = (answer: string): string => answer.split("\n")[2]!

test("R-STK-1: checkauth answers success, the cookie's name and its value, and nothing else", async () => {
  const { request } = await openExchange()
  const response = await request("?type=catalog&mode=checkauth")
  expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/plain; charset=utf-8"])
  expect(await response.text()).toMatch(/^success\naptekit1c\n[0-9a-f]{32}$/u)
})

test("R-STK-1: init is exactly two lines without a line feed at the end (fact 13)", async () => {
  const { ask } = await openExchange({ fileLimit: 100_000 })
  expect(await ask("?type=catalog&mode=init")).toBe("zip=yes\nfile_limit=100000")
  const plain = await openExchange({ zip: false })
  expect(await plain.ask("?type=sale&mode=init")).toBe("zip=no\nfile_limit=4194304")
})

test("R-STK-1: the Bitrix dialect has a sessid at checkauth and four lines at init (fact 15)", async () => {
  const { ask } = await openExchange({ dialect: "bitrix" })
  const answer = await ask("?type=catalog&mode=checkauth")
  const token = tokenOf(answer)
  expect(answer).toBe(`success\naptekit1c\n${token}\nsessid=${token}`)
  expect(await ask("?type=catalog&mode=init&version=3.1", { headers: { cookie: `aptekit1c=${token}` } }))
    .toBe(`zip=yes\nfile_limit=4194304\nsessid=${token}\nversion=3.1`)
})

test("R-STK-1: the dialect `auto` knows Bitrix by its version; УТ and УНФ never get more lines", async () => {
  const auto = await openExchange()
  expect((await auto.ask("?type=catalog&mode=init&version=2.09")).split("\n")).toHaveLength(4)
  for (const dialect of ["ut", "unf"] as const) {
    const hub = await openExchange({ dialect })
    expect((await hub.ask("?type=catalog&mode=init&version=2.09&cmlVersion=2.10")).split("\n")).toHaveLength(2)
  }
})

test("R-API-1: without credentials the answer is 401 that asks for them, with a text for 1C", async () => {
  const { request } = await openExchange()
  const response = await request("?type=catalog&mode=checkauth", { auth: null })
  expect([response.status, response.headers.get("www-authenticate")]).toEqual([401, 'Basic realm="1C", charset="UTF-8"'])
  expect(await response.text()).toMatch(/^failure\nНе указаны имя/u)
})

test("R-API-1: wrong credentials are a failure whose text 1C shows; the password is in no log (fact 17)", async () => {
  const { request, log } = await openExchange({ pollDelayMs: 0 })
  for (const auth of [basic(`${LOGIN}:${PASSWORD}x`), basic(`x${LOGIN}:${PASSWORD}`), basic(PASSWORD), "Bearer abc", "Basic !!!"]) {
    const response = await request("?type=catalog&mode=init", { auth })
    expect([auth, response.status]).toEqual([auth, 200])
    expect(await response.text()).toMatch(/^failure\nНеверное имя/u)
  }
  expect(JSON.stringify(log)).not.toContain(PASSWORD)
  expect(log.map(({ detail }) => detail["code"])).toEqual(Array(5).fill("wrong-credentials"))
})

test("R-API-1: credentials are taken in UTF-8 and in the code page of Windows", async () => {
  const { ask } = await openExchange()
  const letters = Array.from(`${LOGIN}:${PASSWORD}`, (letter) => {
    const code = letter.codePointAt(0)!
    return code < 128 ? code : code - 0x410 + 0xc0
  })
  expect(await ask("?type=catalog&mode=init", { auth: `Basic ${Buffer.from(letters).toString("base64")}` })).toMatch(/^zip=/u)
})

test("R-STK-1: a session's cookie, or its sessid, is enough without Basic; an unknown one is not (fact 11)", async () => {
  const { ask, request } = await openExchange()
  const token = tokenOf(await ask("?type=catalog&mode=checkauth"))
  expect(await ask("?type=catalog&mode=init", { auth: null, headers: { cookie: `a=b; aptekit1c=${token}` } })).toMatch(/^zip=/u)
  expect(await ask(`?type=catalog&mode=init&sessid=${token}`, { auth: null })).toMatch(/^zip=/u)
  const forged = await request("?type=catalog&mode=init", { auth: null, headers: { cookie: `aptekit1c=${"0".repeat(32)}` } })
  expect(forged.status).toBe(401)
  // A good cookie does not make a wrong password right.
  expect(await ask("?type=catalog&mode=init", { auth: basic("a:b"), headers: { cookie: `aptekit1c=${token}` } })).toMatch(/^failure/u)
})

test("R-API-1: a cookie that nobody used for an hour is worth nothing, also after a restart; the password still is", async () => {
  vi.useFakeTimers({ toFake: ["Date"] })
  onTestFinished(() => void vi.useRealTimers())
  const first = await openExchange()
  const token = (await first.ask("?type=catalog&mode=checkauth")).split("\n")[2]
  const headers = { cookie: `aptekit1c=${token}` }
  const init = "?type=catalog&mode=init"
  for (let minutes = 0; minutes < 100; minutes += 50) {
    vi.setSystemTime(Date.now() + 50 * 60_000)
    expect(await first.ask(init, { auth: null, headers })).toMatch(/^zip=/u)
  }
  vi.setSystemTime(Date.now() + 61 * 60_000)
  expect((await first.request(init, { auth: null, headers })).status).toBe(401)
  expect(await first.ask(init, { headers })).toMatch(/^zip=/u)
  await first.close()
  vi.setSystemTime(Date.now() + 24 * 60 * 60_000)
  const second = await openExchange({}, { folder: first.folder })
  expect((await second.request(init, { auth: null, headers })).status).toBe(401)
})

test("R-STK-1: parameters count also behind an address that has its own question mark", async () => {
  const { ask } = await openExchange()
  expect(await ask("?shop=7?type=catalog&mode=checkauth")).toMatch(/^success/u)
  expect(await ask("/?type=CATALOG&mode=Init")).toMatch(/^zip=/u)
})

test("R-STK-1: an import is `progress` while it runs and `success` afterwards, also when asked again", async () => {
  const { ask, runs } = await openExchange({ pollDelayMs: 0 })
  await ask("?type=catalog&mode=checkauth")
  await ask("?type=catalog&mode=init")
  expect(await ask("?type=catalog&mode=file&filename=import0_1.xml", { body: goodsOf(item("1")) })).toBe("success")
  expect(await ask("?type=catalog&mode=import&filename=import0_1.xml")).toMatch(/^progress\nЗагружено \d+%$/u)
  expect(await importOf(ask, "import0_1.xml")).toBe("success")
  expect(await ask("?type=catalog&mode=import&filename=import0_1.xml")).toBe("success")
  expect(await runs()).toHaveLength(1)
})

test("R-STK-1: an answer to a poll is held until the import ends", async () => {
  const { ask } = await openExchange({ pollDelayMs: 50_000 })
  await ask("?type=catalog&mode=file&filename=import0_1.xml", { body: goodsOf(item("1")) })
  expect(await ask("?type=catalog&mode=import&filename=import0_1.xml")).toBe("success")
})

test("R-STK-1: two questions at once are one import", async () => {
  const { ask, runs } = await openExchange({ pollDelayMs: 50_000 })
  await ask("?type=catalog&mode=file&filename=import0_1.xml", { body: goodsOf(item("1")) })
  const question = "?type=catalog&mode=import&filename=import0_1.xml"
  expect(await Promise.all([ask(question), ask(question), ask(question)])).toEqual(["success", "success", "success"])
  expect(await runs()).toHaveLength(1)
})

test("R-STK-1: orders, other types and unknown commands are refused with a text, and nothing breaks", async () => {
  const { ask } = await openExchange()
  expect(await ask("?type=sale&mode=checkauth")).toMatch(/^success\n/u)
  for (const mode of ["query", "success", "file", "import", "info"]) {
    expect([mode, await ask(`?type=sale&mode=${mode}`)]).toEqual([mode, expect.stringMatching(/^failure\nОбмен заказами для этого соединения хаба выключен/u)])
  }
  expect(await ask("?type=reference&mode=init")).toMatch(/^failure\nОбмен вида type=reference/u)
  expect(await ask("")).toMatch(/^failure\nВ адресе нет параметра type/u)
  expect(await ask("?type=catalog")).toMatch(/^failure\nВ адресе нет параметра mode/u)
  expect(await ask("?type=catalog&mode=<b>\n")).toMatch(/^failure\nКоманда mode=\?b\?/u)
  expect(await ask("?type=catalog&mode=complete")).toBe("success")
  expect(await ask("?type=catalog&mode=deactivate")).toBe("success")
  expect(await ask("?type=catalog&mode=info")).toMatch(/^<\?xml/u)
})

test("R-STK-1: an import of a file that never came says so", async () => {
  const { ask, log } = await openExchange()
  expect(await ask("?type=catalog&mode=import&filename=import0_1.xml")).toMatch(/^failure\nФайл «import0_1\.xml» не был передан/u)
  expect(log.at(-1)?.detail["code"]).toBe("file-missing")
})

test("R-STK-1: a file that is not whole is a failure with file, line and what to do; the run tells it too", async () => {
  const { send, lastRun } = await openExchange()
  const answer = await send("import0_1.xml", goodsOf(item("1"), item("2")).slice(0, -60))
  expect(answer).toMatch(/^failure\nФайл «import0_1\.xml» не загружен, ничего не изменено\. Строка \d+ \(байт \d+\): .+выгрузите его из 1С ещё раз/u)
  const run = await lastRun()
  expect([run.state, `failure\n${run.error}`]).toEqual(["failed", answer])
})

test("R-STK-2: after files that were refused the next one is read without loading all products again", async () => {
  const { hub, storage, send } = await openExchange()
  expect(await send("import0_1.xml", goodsOf(item("1"), item("2")))).toBe("success")
  const loads = vi.spyOn(storage.catalogue, "links")
  expect(await send("import0_1.xml", goodsOf(item("3"), item("4")).slice(0, -60))).toMatch(/^failure/u)
  expect(await send("import0_1.xml", "<КоммерческаяИнформация><Документ/></КоммерческаяИнформация>")).toMatch(/^failure/u)
  expect(await send("import0_1.xml", goodsOf(item("2"), item("5")))).toBe("success")
  expect(loads.mock.calls.filter(([, kind]) => kind === "product")).toEqual([])
  loads.mockRestore()
  const links = await hub.run(storage.catalogue.links("1c", "product"))
  expect(links.map(({ externalId }) => externalId).toSorted()).toEqual(["1", "2", "5"])
})

test("R-STK-1: after a failure 1C may send a better file and asks again", async () => {
  const { ask } = await openExchange()
  await ask("?type=catalog&mode=file&filename=import0_1.xml", { body: "<oops" })
  expect(await importOf(ask, "import0_1.xml")).toMatch(/^failure/u)
  await ask("?type=catalog&mode=file&filename=import0_1.xml", { body: goodsOf(item("1")) })
  expect(await importOf(ask, "import0_1.xml")).toBe("success")
})
