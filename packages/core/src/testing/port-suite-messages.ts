import { Effect } from "effect"
import type { Capabilities } from "../adapter/port.ts"
import { messagesPort } from "../notify/ports.ts"
import { messageFor, type MessagesHarness, PERSONAL } from "./port-suite-message-harness.ts"
import { statusCases } from "./port-suite-message-status.ts"
import { ensure, faultCases, faultsOf, mustFail, portCase, type PortCheck, type PortSuite } from "./port-suite.ts"

type Check = PortCheck<typeof messagesPort.methods, MessagesHarness>

const messagesCase = (name: string, check: Check, needs?: Capabilities) => portCase(messagesPort, name, check, needs)

const arrivesWhole = (text: string): Check => (partner, harness) =>
  Effect.map(partner.send(messageFor(harness, "whole", text)), () => {
    const got = harness.texts().at(-1)
    const count = got?.length ?? 0
    ensure(got === text, `the partner got ${count} characters, not the ${text.length} that were sent, or others`)
  })

/** Countries of our networks and their neighbours, the shortest and the longest. */
const NUMBERS = [
  "+77010000042", "+79000000042", "+380500000042", "+998900000042", "+996700000042", "+375290000042", "+992900000042",
  "+995500000042", "+37410000042", "+3725000042", "+12025550142", "+4915100000042"
]

const NO_NUMBERS = ["", "+", "87010000042", "7010000042", "+7701", "+7 701 000 00 42", "+7701000004242424", "Аптека"]

const plain: ReadonlyArray<readonly [text: string, parts: number]> = [
  ["a".repeat(160), 1], ["a".repeat(161), 2], ["a".repeat(306), 2], ["a".repeat(307), 3], ["€".repeat(80), 1],
  ["€".repeat(81), 2], ["ж".repeat(70), 1], ["ж".repeat(71), 2], ["Қ".repeat(134), 2], ["Қ".repeat(135), 3]
]

/** What the hub relies on when it sends messages to buyers (SMS-1, D27). */
export const messagesSuite: PortSuite<MessagesHarness> = {
  port: messagesPort.name,
  cases: [
    messagesCase("sends a message and gives the partner's id", (partner, harness) =>
      Effect.map(partner.send(messageFor(harness, "one")), ({ providerId }) => {
        ensure(providerId !== "", "the partner's id is empty")
        ensure(harness.texts().length === 1, `the partner got ${harness.texts().length} messages, not 1`)
        ensure(!providerId.includes(PERSONAL[0]!), "the partner's id holds the phone; it is written into logs")
      })),
    messagesCase("find knows a message that was sent, and none that was not", (partner, harness) =>
      Effect.gen(function*() {
        const { providerId } = yield* partner.send(messageFor(harness, "sent"))
        const found = yield* partner.find(messageFor(harness, "sent"))
        const none = yield* partner.find(messageFor(harness, "never"))
        ensure(found.providerId === providerId, `find gave ${found.providerId}, send gave ${providerId}`)
        ensure(none.providerId === null, "find gave an id for a message that was never sent; it must give null")
      }), { lookUp: true }),
    messagesCase("the same id twice is one message", (partner, harness) =>
      Effect.gen(function*() {
        const first = yield* partner.send(messageFor(harness, "twice"))
        const second = yield* partner.send(messageFor(harness, "twice"))
        ensure(harness.texts().length === 1, `the partner got ${harness.texts().length} messages, not 1`)
        ensure(second.providerId === first.providerId, "one message has two partner's ids")
      }), { idempotentSend: true }),
    messagesCase("the same id twice at once is one message", (partner, harness) =>
      Effect.gen(function*() {
        const send = partner.send(messageFor(harness, "race"))
        const both = yield* Effect.all([send, send], { concurrency: 2 })
        ensure(harness.texts().length === 1, `the partner got ${harness.texts().length} messages, not 1`)
        ensure(both[0].providerId === both[1].providerId, "one message has two partner's ids")
      }), { idempotentSend: true }),
    messagesCase("Cyrillic, Kazakh, emoji, quotes and line breaks arrive whole", arrivesWhole(
      "№1042 «дайын»: Абай д-лы, 10\nӘәҒғҚқҢңӨөҰұҮүҺһІі ₸ 💊 'a' \"b\" \\ & < % + ="
    )),
    messagesCase("GSM letters with their extensions arrive whole", arrivesWhole("Order {1042} [A|B] ~ 5^2 \\ 10 € @£$ Ä_ö")),
    messagesCase("a long text arrives whole", arrivesWhole("Заказ 1042. ".repeat(40))),
    messagesCase("parts, where they are told, are the segments of the text", (partner, harness) =>
      Effect.forEach(plain, ([text, parts], index) =>
        Effect.map(partner.send(messageFor(harness, `parts-${index}`, text)), (sent) =>
          ensure(sent.parts === undefined || sent.parts === parts, `${text.length} × ${text[0]}: ${sent.parts} parts, not ${parts}`)
        )
      ).pipe(Effect.asVoid)),
    messagesCase("phones of all countries arrive as they are", (partner, harness) =>
      Effect.gen(function*() {
        const { recipients } = harness
        ensure(recipients !== undefined, "this case needs the harness's `recipients`, or a skip by its name with a reason")
        for (const [index, to] of NUMBERS.entries()) {
          yield* partner.send({ ...messageFor(harness, `to-${index}`, `text ${index}`), to })
          ensure(recipients().at(-1) === to, `sent to ${to}, the partner got ${recipients().at(-1)}`)
        }
      }), { sms: true }),
    messagesCase("what is no phone ends as rejected, and nothing is sent", (partner, harness) =>
      Effect.gen(function*() {
        for (const to of NO_NUMBERS) {
          mustFail(yield* Effect.result(partner.send({ ...messageFor(harness, "no"), to })), ["rejected"], harness, PERSONAL)
        }
        ensure(harness.texts().length === 0, `the partner got ${harness.texts().length} messages, not 0`)
      }), { sms: true }),
    messagesCase("a sender's name that cannot be one ends as rejected, and nothing is sent", (partner, harness) =>
      Effect.gen(function*() {
        for (const sender of ["Аптека", "TwelveLetter", ""]) {
          const ended = yield* Effect.result(partner.send({ ...messageFor(harness, "named"), sender }))
          mustFail(ended, ["rejected"], harness, PERSONAL)
        }
        ensure(harness.texts().length === 0, `the partner got ${harness.texts().length} messages, not 0`)
      }), { senderNames: true }),
    messagesCase("messages sent at once are kept apart", (partner, harness) =>
      Effect.gen(function*() {
        const all = Array.from({ length: 20 }, (_, i) => messageFor(harness, `at-once-${i}`, `text ${i}`))
        const sent = yield* Effect.forEach(all, (one) => partner.send(one), { concurrency: "unbounded" })
        ensure(new Set(sent.map((s) => s.providerId)).size === 20, "two messages have one partner's id")
        ensure(new Set(harness.texts()).size === 20, "not each of the texts reached the partner")
      })),
    ...faultCases<typeof messagesPort.methods, MessagesHarness>({
      port: messagesPort,
      call: (partner, harness) => partner.send(messageFor(harness, "fault")),
      personal: () => PERSONAL
    }),
    messagesCase("a partner that drops the answer after the work ends as unknown", (partner, harness) =>
      Effect.suspend(() => {
        faultsOf(harness).fault("dropAfter", 1)
        return Effect.map(Effect.result(partner.send(messageFor(harness, "lost"))), (ended) => {
          mustFail(ended, ["unknown"], harness, PERSONAL)
          ensure(harness.texts().length === 1, "the simulator has not done the work")
        })
      })),
    messagesCase("a message whose answer was lost is found", (partner, harness) =>
      Effect.gen(function*() {
        faultsOf(harness).fault("dropAfter", 1)
        yield* Effect.result(partner.send(messageFor(harness, "lost")))
        const found = yield* partner.find(messageFor(harness, "lost"))
        ensure(found.providerId !== null, "the message was sent, but find does not find it: it would be sent twice")
      }), { lookUp: true }),
    messagesCase("a look-up that fails does not say that nothing was sent", (partner, harness) =>
      Effect.gen(function*() {
        yield* partner.send(messageFor(harness, "sent"))
        faultsOf(harness).fault("garbled", 6)
        for (let i = 0; i < 6; i++) {
          mustFail(yield* Effect.result(partner.find(messageFor(harness, "sent"))), ["unknown"], harness, PERSONAL)
        }
        faultsOf(harness).fault("down", 1)
        mustFail(yield* Effect.result(partner.find(messageFor(harness, "sent"))), ["unavailable"], harness, PERSONAL)
      }), { lookUp: true }),
    messagesCase("a request that arrives twice is one message", (partner, harness) =>
      Effect.gen(function*() {
        faultsOf(harness).fault("duplicate", 1)
        yield* partner.send(messageFor(harness, "doubled"))
        ensure(harness.texts().length === 1, "the partner sent the message twice")
      }), { idempotentSend: true }),
    ...statusCases
  ]
}
