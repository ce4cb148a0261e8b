import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { referenceOf } from "../src/letter.ts"
import { faultOf } from "../src/smtp/replies.ts"
import { type EmailSimulator, emailSimulator, type SmtpStep } from "../src/testing/index.ts"
import { message, started } from "./support/mail.ts"

let server: EmailSimulator
beforeEach(async () => {
  server = await emailSimulator()
})
afterEach(() => server[Symbol.asyncDispose]())

type Config = Parameters<typeof started>[0]
const connected = (over: Partial<Config> = {}) => started({ ...server.config, ...over })

describe("SMS-2: a letter", () => {
  test("says who writes, what about, in which language, as text and as HTML, and wants no automatic answer", async () => {
    await using mail = await connected({ replyTo: "help@example.test" })
    await mail.send({ subject: "Заказ 1042 собран", html: "<p>Заказ <b>1042</b> собран</p>", sender: "Аптека №1" })
    expect(server.ledger).toMatchObject([{
      from: "no-reply@example.test",
      to: "aigerim@example.test",
      sender: "Аптека №1 <no-reply@example.test>",
      subject: "Заказ 1042 собран",
      text: message().text,
      html: "<p>Заказ <b>1042</b> собран</p>"
    }])
    const { raw } = server.ledger[0]!
    expect(raw).toMatch(/^Auto-Submitted: auto-generated\r$/mu)
    expect(raw).toMatch(/^Content-Language: ru\r$/mu)
    expect(raw).toMatch(/^Reply-To: help@example.test\r$/mu)
  })

  test("has the first line of its text for a subject where there is none, cut where mailboxes cut it", async () => {
    await using mail = await connected()
    await mail.send({ text: "\nЗаказ 1042 собран\nАптека №1" })
    await mail.send({ text: "Заказ 1042 ".repeat(10) })
    expect(server.ledger[0]?.subject).toBe("Заказ 1042 собран")
    expect(server.ledger.at(-1)?.subject).toHaveLength(78)
    expect(server.ledger.at(-1)?.subject).toMatch(/^Заказ 1042 .*…$/u)
  })

  test("bears the same Message-ID however often and over whatever connection it goes; another message another one", async () => {
    await using first = await connected()
    await using second = await connected({ parallel: 1 })
    const one = await first.send()
    const two = await second.send()
    const other = await first.send({ id: "o-1:closed:4" })
    expect(one.providerId).toBe(referenceOf(message().id))
    expect(two).toEqual(one)
    expect(other).not.toEqual(one)
    expect(server.ledger.map(({ id }) => id)).toEqual([one, two, other].map(({ providerId }) => `<${providerId}@example.test>`))
  })

  test("has no headers and no recipients that a subject, a name or an address smuggles in", async () => {
    await using mail = await connected()
    const smuggled = "a\r\nBcc: thief@example.test\r\n\r\nbody"
    await mail.send({ subject: smuggled, sender: smuggled })
    expect(await mail.fails({ to: "a@example.test\r\nRCPT TO:<thief@example.test>" })).toMatchObject({ outcome: "rejected" })
    expect(server.ledger).toHaveLength(1)
    expect(server.ledger[0]).toMatchObject({ to: "aigerim@example.test", text: message().text })
    expect(server.ledger[0]?.raw).not.toMatch(/^Bcc/mu)
  })

  test.each(["почта@пример.рф", "o'neil+tag@sub.example.test", "UPPER@EXAMPLE.TEST"])("goes to %s", async (to) => {
    await using mail = await connected()
    await mail.send({ to })
    expect(server.ledger).toHaveLength(1)
  })

  test.each([
    [{ to: "" }], [{ to: "aigerim" }], [{ to: "aigerim@" }], [{ to: "@example.test" }], [{ to: "aigerim@example" }],
    [{ to: "a@example.test,b@example.test" }], [{ to: "Aigerim <a@example.test>" }], [{ to: "a b@example.test" }],
    [{ to: "+77010000042" }], [{ kind: "sms" as const }], [{ kind: "push" as const }], [{ text: " \n" }]
  ])("%j is no e-mail: rejected, and the server is not asked", async (over) => {
    await using mail = await connected()
    expect(await mail.fails(over)).toMatchObject({ outcome: "rejected" })
    expect(server.made()).toBe(0)
  })
})

describe("SMS-2: what the server answers", () => {
  // A server of its own for each: it greets only after 100 ms.
  test.concurrent.each<[SmtpStep, string, object]>([
    ["CONNECT", "421 4.3.2 restarting", { outcome: "unavailable" }],
    ["CONNECT", "554 5.7.1 go away", { outcome: "unavailable" }],
    ["AUTH", "535 5.7.8 no such account", { outcome: "unavailable", because: "gateway" }],
    ["AUTH", "454 4.7.0 later", { outcome: "unavailable" }],
    ["MAIL", "451 4.3.0 later", { outcome: "unavailable" }],
    ["MAIL", "553 5.1.8 not your address", { outcome: "unavailable", because: "gateway" }],
    ["MAIL", "530 5.7.0 log in", { outcome: "unavailable", because: "gateway" }],
    ["MAIL", "503 5.5.1 out of order", { outcome: "unavailable" }],
    ["RCPT", "450 4.2.0 greylisted", { outcome: "unavailable" }],
    ["RCPT", "550 5.1.1 no such user", { outcome: "rejected" }],
    ["RCPT", "552 5.2.2 mailbox full", { outcome: "rejected" }],
    ["RCPT", "554 5.7.1 relay access denied", { outcome: "rejected", because: "gateway" }],
    ["RCPT", "550 5.4.5 daily quota exceeded", { outcome: "unavailable", because: "gateway" }],
    ["END", "451 4.3.0 later", { outcome: "unavailable" }],
    ["END", "550 5.6.0 not like this", { outcome: "rejected" }],
    ["END", "550 5.7.1 spam", { outcome: "rejected", because: "gateway" }]
  ])("%s %s", async (step, reply, expected) => {
    await using server = await emailSimulator()
    await using mail = await started(server.config)
    server.answer(step, `${reply} aigerim@example.test ${server.config.auth.password}`)
    const error = await mail.fails()
    expect(error).toMatchObject(expected)
    if (!("because" in expected)) expect(error).not.toHaveProperty("because")
    expect(error.message).not.toMatch(/aigerim|smtp-simulated-password/u)
    if (step !== "CONNECT") expect(error.message).toContain(reply.slice(0, 9))
    expect(server.ledger).toEqual([])
    await mail.send()
    expect(server.ledger).toHaveLength(1)
  })

  test.concurrent.each<[SmtpStep, string]>([
    ["CONNECT", "unavailable"], ["AUTH", "unavailable"], ["MAIL", "unavailable"], ["RCPT", "unavailable"], ["DATA", "unknown"], ["END", "unknown"]
  ])("a connection that is lost at %s ends as %s: only the message itself may have arrived", async (step, outcome) => {
    await using server = await emailSimulator()
    await using mail = await started(server.config)
    server.answer(step, null)
    expect(await mail.fails()).toMatchObject({ outcome })
    await mail.send()
  })

  test("a reply that is none leaves unknown what was handed over, and nothing else", () => {
    expect(faultOf({ code: "EMESSAGE", command: "DATA", response: "<html>" }, true)).toMatchObject({ outcome: "unknown" })
    expect(faultOf({ code: "EMESSAGE", command: "DATA", response: "299", responseCode: 299 }, true)).toMatchObject({ outcome: "unknown" })
    expect(faultOf({ code: "EENVELOPE", command: "RCPT TO", response: "<html>" }, false)).toMatchObject({ outcome: "unavailable" })
    expect(faultOf({ code: "EENVELOPE", command: "DATA", response: "554 5.5.1 no", responseCode: 554 }, false)).toMatchObject({ outcome: "rejected" })
    expect(faultOf({ code: "EMESSAGE", command: "MAIL FROM" }, false)).toMatchObject({ outcome: "rejected" })
  })

  test("a server that nobody runs is unavailable", async () => {
    await using mail = await connected()
    const { port } = server.config
    await server[Symbol.asyncDispose]()
    expect(await mail.fails()).toMatchObject({ outcome: "unavailable" })
    server = await emailSimulator({ port })
    await mail.send()
  })
})

describe("SMS-2: connections", () => {
  test("one serves several letters, and one that the server has closed costs no letter", async () => {
    await using mail = await connected()
    await mail.send({ id: "1" })
    await mail.send({ id: "2" })
    expect(server.made()).toBe(1)
    server.drop()
    await mail.send({ id: "3" })
    server.answer("MAIL", "421 4.4.2 idle for too long")
    await mail.send({ id: "4" })
    expect([server.made(), server.ledger.length]).toEqual([3, 4])
  })

  test("that are lost with a letter that was handed over do not get it again, also where they had worked before", async () => {
    await using mail = await connected()
    await mail.send({ id: "1" })
    server.fault("dropAfter", 1)
    expect(await mail.fails({ id: "2" })).toMatchObject({ outcome: "unknown" })
    await mail.send({ id: "3" })
    server.answer("END", null)
    expect(await mail.fails({ id: "4" })).toMatchObject({ outcome: "unknown" })
    expect(server.ledger).toHaveLength(3)
  })

  test("are as many as `parallel` says, and the letters wait for them", async () => {
    await using mail = await connected({ parallel: 2 })
    server.fault("slow")
    const all = Array.from({ length: 6 }, (_, i) => mail.send({ id: `${i}` }))
    await server.arrived(2)
    server.mend()
    await Promise.all(all)
    expect(server.made()).toBe(2)
    expect(server.ledger).toHaveLength(6)
  })

  test("are closed with the hub", async () => {
    const mail = await connected()
    await mail.send()
    expect(server.open()).toBe(1)
    await mail[Symbol.asyncDispose]()
    await expect.poll(() => server.open()).toBe(0)
  })
})

describe("SMS-2: TLS", () => {
  test("is the default: a server without it gets neither the password nor a letter", async () => {
    const { security: _, ...secure } = server.config
    await using mail = await started(secure)
    expect(await mail.fails()).toMatchObject({ outcome: "unavailable", because: "gateway" })
    await using starttls = await connected({ security: "starttls" })
    expect(await starttls.fails()).toMatchObject({ outcome: "unavailable", because: "gateway" })
    expect(server.ledger).toEqual([])
  })

  test.each(["tls", "starttls"] as const)("%s: a letter goes over it, if the certificate is one that is trusted", async (security) => {
    await using secure = await emailSimulator({ security })
    await using mail = await started(secure.config)
    await mail.send()
    expect(secure.ledger).toMatchObject([{ secure: true }])
    const { ca: _, ...strange } = secure.config
    await using stranger = await started(strange)
    const error = await stranger.fails()
    expect(error).toMatchObject({ outcome: "unavailable", because: "gateway" })
    expect(error.message).toContain("TLS")
    expect(secure.ledger).toHaveLength(1)
  })

  test.each([
    ["a password without TLS to another machine", { host: "mail.example.test" }, /TLS.*auth/su],
    ["an address of the sender that is none", { from: { address: "Аптека" } }, /from.*address/su],
    ["no connections at all", { parallel: 0 }, /parallel/u]
  ])("%s stops the hub from starting and names what is wrong", async (_, over, words) => {
    await expect(connected(over)).rejects.toThrow(words)
    await expect(connected(over)).rejects.not.toThrow(server.config.auth.password)
  })
})
