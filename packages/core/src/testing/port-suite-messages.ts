import { Effect } from "effect"
import { messagesPort } from "../notify/ports.ts"
import {
  ensure, faultCases, faultsOf, mustFail, portCase, type PortCheck, type PortHarness, type PortSuite
} from "./port-suite.ts"

export interface MessagesHarness extends PortHarness {
  /** The texts that reached the partner, oldest first. */
  readonly texts: () => ReadonlyArray<string>
  /** Does the partner take our id as idempotency key? Then the same id twice is one message. */
  readonly idempotent: boolean
}

const message = (key: string, text = "Заказ 1042 собран") => ({
  id: `${key}:assembled:3`,
  to: "+77010000042",
  text,
  language: "ru" as const
})

type Check = PortCheck<typeof messagesPort.methods, MessagesHarness>

const messagesCase = (name: string, check: Check) => portCase(messagesPort, name, check)

const arrivesWhole = (text: string): Check => (partner, harness) =>
  Effect.map(partner.send(message("whole", text)), () => {
    const got = harness.texts().at(-1)
    const count = got?.length ?? 0
    ensure(got === text, `the partner got ${count} characters, not the ${text.length} that were sent, or others`)
  })

/** What the hub relies on when it sends messages to buyers (SMS-1, D27). */
export const messagesSuite: PortSuite<MessagesHarness> = {
  port: messagesPort.name,
  cases: [
    messagesCase("sends a message and gives the partner's id", (partner, harness) =>
      Effect.map(partner.send(message("one")), ({ providerId }) => {
        ensure(providerId !== "", "the partner's id is empty")
        ensure(harness.texts().length === 1, `the partner got ${harness.texts().length} messages, not 1`)
      })),
    messagesCase("find knows a message that was sent, and none that was not", (partner) =>
      Effect.gen(function*() {
        const { providerId } = yield* partner.send(message("sent"))
        const [found, none] = [yield* partner.find(message("sent")), yield* partner.find(message("never"))]
        ensure(found.providerId === providerId, `find gave ${found.providerId}, send gave ${providerId}`)
        ensure(none.providerId === null, "find gave an id for a message that was never sent; it must give null")
      })),
    messagesCase("the same id twice is one message where the partner takes ids, else find tells of the first", (
      partner,
      harness
    ) =>
      Effect.gen(function*() {
        const first = yield* partner.send(message("twice"))
        const found = yield* partner.find(message("twice"))
        ensure(found.providerId === first.providerId, "before it is repeated, find must tell of the first")
        const second = yield* partner.send(message("twice"))
        const count = harness.texts().length
        const expected = harness.idempotent ? 1 : 2
        ensure(count === expected, `the partner got ${count} messages, not the ${expected} its harness declares`)
        ensure(!harness.idempotent || second.providerId === first.providerId, "one message has two partner's ids")
      })),
    messagesCase("Cyrillic, Kazakh, emoji, quotes and line breaks arrive whole", arrivesWhole(
      "№1042 «дайын»: Абай д-лы, 10\nӘәҒғҚқҢңӨөҰұҮүҺһІі ₸ 💊 'a' \"b\" \\ & < % + ="
    )),
    messagesCase("a long text arrives whole", arrivesWhole("Заказ 1042. ".repeat(100))),
    messagesCase("messages sent at once are kept apart", (partner, harness) =>
      Effect.gen(function*() {
        const all = Array.from({ length: 20 }, (_, i) => message(`at-once-${i}`, `text ${i}`))
        const sent = yield* Effect.forEach(all, (one) => partner.send(one), { concurrency: "unbounded" })
        ensure(new Set(sent.map((s) => s.providerId)).size === 20, "two messages have one partner's id")
        ensure(new Set(harness.texts()).size === 20, "not each of the texts reached the partner")
      })),
    ...faultCases<typeof messagesPort.methods, MessagesHarness>({
      port: messagesPort,
      call: (partner) => partner.send(message("fault")),
      personal: () => ["7010000042", "Заказ 1042 собран"]
    }),
    messagesCase("a partner that drops the answer after the work ends as unknown, and find then finds it", (
      partner,
      harness
    ) =>
      Effect.gen(function*() {
        faultsOf(harness).fault("dropAfter", 1)
        mustFail(yield* Effect.result(partner.send(message("lost"))), ["unknown"], harness, ["7010000042"])
        const found = yield* partner.find(message("lost"))
        ensure(found.providerId !== null, "the message was sent, but find does not find it: it would be sent twice")
      })),
    messagesCase("a request that arrives twice is one message where the partner takes ids", (partner, harness) =>
      Effect.gen(function*() {
        faultsOf(harness).fault("duplicate", 1)
        yield* partner.send(message("doubled"))
        ensure(!harness.idempotent || harness.texts().length === 1, "the partner sent the message twice")
      }))
  ]
}
