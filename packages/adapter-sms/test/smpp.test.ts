import { createServer } from "node:net"
import { once } from "node:events"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { smppMessages } from "../src/index.ts"
import { SMPP_STATUS } from "../src/smpp/codes.ts"
import { partsBook } from "../src/smpp/parts.ts"
import { receiptOf } from "../src/smpp/receipt.ts"
import { type SmppSimulator, smppSimulator } from "../src/testing/index.ts"
import { started, until } from "./support/message.ts"

let gateway: SmppSimulator
beforeEach(async () => {
  gateway = await smppSimulator()
})
afterEach(() => gateway[Symbol.asyncDispose]())

type Config = Parameters<typeof smppMessages>[0]
const connected = (over: Partial<Config> = {}) => started(smppMessages({ ...gateway.config, ...over }))

const LONG = "Тапсырыс №1042 дайын 💊. ".repeat(10)

describe("SMPP: a message", () => {
  test("Latin goes as GSM 03.38 in one part, from a name, to an international phone, with a report asked for", async () => {
    await using adapter = await connected()
    expect(await adapter.send({ text: "Order 1042 is ready {10 €}" })).toEqual({ providerId: "1A0000", parts: 1 })
    expect(gateway.parts).toEqual([{
      id: "1A0000", phone: "77010000042", sender: "Apteka", text: "Order 1042 is ready {10 €}", dataCoding: 0, registered: 1, part: null
    }])
  })

  test("Cyrillic and Kazakh go as UCS-2, long ones in parts with one reference, each at most 67 letters", async () => {
    await using adapter = await connected()
    const sent = await adapter.send({ text: LONG })
    expect(sent.parts).toBe(gateway.parts.length)
    expect(gateway.parts.length).toBe(Math.ceil(LONG.length / 67))
    expect(new Set(gateway.parts.map(({ part }) => part?.reference)).size).toBe(1)
    expect(gateway.parts.map(({ part }) => part?.index)).toEqual(gateway.parts.map((_, index) => index + 1))
    expect(gateway.parts.every(({ text, dataCoding }) => text.length <= 67 && dataCoding === 8)).toBe(true)
    expect(gateway.ledger.map(({ text }) => text)).toEqual([LONG])
  })

  test("a gateway whose alphabet 0 is not GSM gets Latin as UCS-2, and that is what is counted", async () => {
    await using adapter = await connected({ latin: "ucs2" })
    expect(await adapter.send({ text: "a".repeat(71) })).toMatchObject({ parts: 2 })
    expect(gateway.parts.map(({ dataCoding }) => dataCoding)).toEqual([8, 8])
  })

  test("as payload a long text is one submit_sm", async () => {
    await using adapter = await connected({ longText: "payload" })
    await adapter.send({ text: LONG })
    expect(gateway.parts.map(({ text }) => text)).toEqual([LONG])
  })
})

describe("SMPP: refusals", () => {
  test.each(Object.entries(SMPP_STATUS).filter(([, [outcome]]) => outcome !== "done"))(
    "command_status %s ends as its table says",
    async (status, [outcome]) => {
      await using adapter = await connected()
      gateway.answer(Number(status))
      expect(await adapter.fails()).toMatchObject({ outcome, reason: "fault" })
      expect(gateway.parts).toEqual([])
    }
  )

  test("a status that SMPP 3.4 does not name ends as unknown", async () => {
    await using adapter = await connected()
    gateway.answer(0x4ff)
    expect(await adapter.fails()).toMatchObject({ outcome: "unknown" })
  })

  test("throttled (0x58) at the first part, nothing was sent: later", async () => {
    await using adapter = await connected()
    gateway.answer(0x58)
    expect(await adapter.fails({ text: LONG })).toMatchObject({ outcome: "unavailable" })
    expect(gateway.parts).toEqual([])
  })

  test("throttled at a later part, that part waits and the message arrives whole", async () => {
    await using adapter = await connected()
    gateway.answer(0x58, 2, 1)
    await adapter.send({ text: LONG })
    expect(gateway.ledger.map(({ text }) => text)).toEqual([LONG])
  })

  test("refused at a later part, the message is half sent and nobody may repeat it", async () => {
    await using adapter = await connected()
    gateway.answer(0x0b, 1, 1)
    const error = await adapter.fails({ text: LONG })
    expect(error.outcome).toBe("unknown")
    expect(error.message).toContain("took 1 of")
  })

  test("a wrong password keeps the messages waiting, says what to check and does not tell it", async () => {
    await using adapter = await connected({ password: "wrong-password-42" })
    const error = await adapter.fails()
    expect(error).toMatchObject({ outcome: "unavailable", message: expect.stringContaining("check the password") as string })
    expect(JSON.stringify([error, adapter.logs])).not.toContain("wrong-password-42")
    expect(gateway.bound()).toBe(0)
  })
})

/** A message whose parts the gateway took under these ids. */
const taken = (book: ReturnType<typeof partsBook>, ...ids: ReadonlyArray<string>): void => {
  const add = book.open(ids.length)
  for (const id of ids) add(id)
}

describe("SMPP: delivery reports", () => {
  test("a long message is delivered when all its parts are", async () => {
    await using adapter = await connected()
    const { providerId } = await adapter.send({ text: LONG })
    gateway.settle("delivered")
    expect(await gateway.tell()).toEqual(gateway.parts.map(() => 0))
    expect(adapter.reports).toEqual([{ providerId, state: "delivered", at: null, detail: "DELIVRD 000" }])
    await until(() => adapter.calls.length > 0)
    expect(adapter.calls).toMatchObject([{ direction: "in", operation: "deliver_sm", outcome: "done" }])
  })

  test("SMS-1: a part reported before the next one is taken does not speak for the whole", async () => {
    await using adapter = await connected()
    gateway.answer(0x58, 1, 1)
    const sending = adapter.send({ text: LONG })
    await until(() => gateway.parts.length === 1)
    const message = `id:${gateway.parts[0]!.id} stat:DELIVRD err:000`
    expect(await gateway.deliver({ esm_class: 0x04, short_message: { message } })).toBe(0)
    expect(adapter.reports).toEqual([])
    const { providerId } = await sending
    gateway.settle("delivered")
    await gateway.tell()
    expect(adapter.reports).toEqual([{ providerId, state: "delivered", at: null, detail: "DELIVRD 000" }])
  })

  test("it has failed when one part has", async () => {
    await using adapter = await connected()
    const { providerId } = await adapter.send({ text: LONG })
    gateway.settle("undelivered")
    await gateway.tell()
    expect(adapter.reports[0]).toEqual({ providerId, state: "undelivered", at: null, detail: "UNDELIV 011" })
    expect(adapter.reports.every(({ state }) => state === "undelivered")).toBe(true)
  })

  test("a report that the hub cannot keep now is asked for again (0x64)", async () => {
    let broken = true
    const kept: Array<unknown> = []
    await using adapter = await started(smppMessages(gateway.config), async (report) => {
      if (broken) throw new Error("database is away")
      kept.push(report)
    })
    await adapter.send()
    gateway.settle("delivered")
    expect(await gateway.tell()).toEqual([0x64])
    broken = false
    expect(await gateway.tell()).toEqual([0])
    expect(kept).toHaveLength(1)
  })

  test("a message from a phone, and a report that cannot be read, are taken and told to nobody", async () => {
    await using adapter = await connected()
    await adapter.send()
    expect(await gateway.deliver({ short_message: { message: "STOP id:1 stat:DELIVRD" } })).toBe(0)
    expect(await gateway.deliver({ esm_class: 4, short_message: { message: "DELIVERED!" } })).toBe(0)
    expect(adapter.reports).toEqual([])
  })

  test("optional parameters count before the text", () => {
    const pdu = { esm_class: 4, receipted_message_id: "A1\0", message_state: 2, short_message: { message: "id:9 stat:UNDELIV err:0B" } }
    expect(receiptOf(pdu as never)).toEqual({ messageId: "A1", state: "delivered", detail: "DELIVRD 0B" })
  })

  test.each([
    ["DELIVRD", "delivered"], ["EXPIRED", "expired"], ["DELETED", "undelivered"], ["UNDELIV", "undelivered"], ["ACCEPTD", "sent"],
    ["UNKNOWN", "unknown"], ["REJECTD", "rejected"], ["ELSE", "unknown"]
  ])("stat:%s is %s", (word, state) => {
    const message = `id:0123 sub:001 dlvrd:001 submit date:2611211000 done date:2611211000 stat:${word} err:000 text:Заказ`
    expect(receiptOf({ esm_class: 0x04, short_message: { message } } as never)).toMatchObject({ messageId: "0123", state })
  })

  test("of parts, doubled and in any order, the whole is told; a late success does not undo a failure", () => {
    const book = partsBook()
    taken(book, "a", "b")
    expect(book.heard("b", "sent")).toBeNull()
    expect(book.heard("a", "sent")).toEqual({ providerId: "a", state: "sent" })
    expect(book.heard("b", "delivered")).toBeNull()
    expect(book.heard("b", "delivered")).toBeNull()
    expect(book.heard("a", "delivered")).toEqual({ providerId: "a", state: "delivered" })
    expect(book.heard("a", "delivered")).toEqual({ providerId: "a", state: "delivered" })
    taken(book, "c", "d")
    expect(book.heard("d", "expired")).toEqual({ providerId: "c", state: "expired" })
    expect(book.heard("c", "delivered")).toEqual({ providerId: "c", state: "expired" })
    expect(book.heard("x", "delivered")).toEqual({ providerId: "x", state: "delivered" })
  })
})

describe("SMPP: the connection", () => {
  test("a gateway that restarts is connected again by itself, said once, and reports go on", async () => {
    await using adapter = await connected()
    await adapter.send()
    gateway.drop()
    await until(() => gateway.bound() === 0)
    await until(() => gateway.bound() === 1)
    gateway.settle("delivered")
    await gateway.tell()
    expect(adapter.reports).toHaveLength(1)
    expect(adapter.logs.map((log) => log.message)).toEqual([
      "WARNING: the SMPP gateway is not connected", "the SMPP gateway is connected again"
    ])
  })

  test("enquire_link goes out by the clock; a gateway that does not answer it is left and connected anew", async () => {
    await using adapter = await connected({ enquireSeconds: 0.05 })
    await until(() => gateway.enquiries() >= 2)
    expect(gateway.bound()).toBe(1)
    gateway.deafen()
    await until(() => adapter.logs.some((log) => log.message.includes("is not connected")))
  })

  test("an unbind of the gateway is answered, and the adapter comes again", async () => {
    await using adapter = await connected()
    await adapter.send()
    await gateway.unbind()
    await until(() => gateway.bound() === 1)
    await adapter.send({ id: "o-2:assembled:1" })
    expect(gateway.ledger).toHaveLength(2)
  })

  test("when the hub closes, the adapter says good-bye and does not come again", async () => {
    const adapter = await connected()
    await adapter.send()
    await adapter[Symbol.asyncDispose]()
    await until(() => gateway.bound() === 0)
    expect(await adapter.fails()).toMatchObject({ outcome: "unavailable" })
    expect(gateway.ledger).toHaveLength(1)
  })

  test("a hub starts while the gateway is away", async () => {
    const { port } = gateway.config
    await gateway[Symbol.asyncDispose]()
    await using adapter = await started(smppMessages({ ...gateway.config, port }))
    expect(await adapter.fails()).toMatchObject({ outcome: "unavailable" })
    gateway = await smppSimulator()
  })

  test("what answers but never binds is no gateway: nothing was sent", async () => {
    const mute = createServer(() => undefined).listen(0, "127.0.0.1")
    await once(mute, "listening")
    const port = (mute.address() as { readonly port: number }).port
    await using adapter = await started(smppMessages({ ...gateway.config, port }))
    expect(await adapter.fails()).toMatchObject({ outcome: "unavailable" })
    mute.close()
  })

  test("no more commands wait at a time than the window says", async () => {
    await using adapter = await connected({ window: 3 })
    gateway.fault("slow")
    const all = Array.from({ length: 10 }, (_, i) => adapter.send({ id: `o-${i}:assembled:1` }))
    await gateway.arrived(3)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(gateway.ledger).toHaveLength(0)
    gateway.mend()
    expect(new Set((await Promise.all(all)).map(({ providerId }) => providerId)).size).toBe(10)
  })

  test.each([
    ["a Cyrillic sender's name", { sender: "Аптека" }],
    ["a sender's name of 12 letters", { sender: "TwelveLetter" }],
    ["a port that is none", { port: 70_000 }],
    ["an empty password", { password: "" }]
  ])("%s stops the hub from starting and names the field", async (_, over) => {
    const field = Object.keys(over)[0]!
    await expect(connected(over)).rejects.toThrow(new RegExp(`bad configuration.*${field}`, "su"))
  })
})
