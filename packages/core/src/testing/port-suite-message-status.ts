import { Effect, Result } from "effect"
import { buildAdapters, type HttpEntrance } from "../adapter/adapter.ts"
import type { AdapterError } from "../adapter/errors.ts"
import type { Capabilities } from "../adapter/port.ts"
import { requirePort } from "../adapter/registry.ts"
import { messagesPort } from "../notify/ports.ts"
import type { MessageReport } from "../notify/reports.ts"
import { messageFor, type MessagesHarness, PERSONAL } from "./port-suite-message-harness.ts"
import { ensure, faultsOf, mustFail, noHub, portCase, type PortCase, type PortCheck } from "./port-suite.ts"
import { GARBAGE } from "./simulator.ts"

type Check = PortCheck<typeof messagesPort.methods, MessagesHarness>

const statusCase = (name: string, needs: Capabilities, check: Check): PortCase<MessagesHarness> =>
  portCase(messagesPort, name, check, needs)

const settleOf = (harness: MessagesHarness) => {
  const { settle } = harness
  ensure(settle !== undefined, "this case needs the harness's `settle`, or a skip by its name with a reason")
  return (state: "delivered" | "undelivered") => Effect.promise(async () => settle(state))
}

const goodTime = (at: string | null): void =>
  ensure(at === null || (/^\d{4}-\d\d-\d\dT/u.test(at) && !Number.isNaN(Date.parse(at))), `at is no ISO 8601 time: ${at}`)

const unsupported = (capability: string, call: (partner: Parameters<Check>[0]) => Effect.Effect<unknown, AdapterError>) =>
  statusCase(`without ${capability} the call ends as rejected, unsupported, and reaches nobody`, {
    [capability]: false
  }, (partner) =>
    Effect.map(Effect.result(call(partner)), (ended) => {
      ensure(Result.isFailure(ended), "the call ended as done")
      const { outcome, reason } = ended.failure
      ensure(outcome === "rejected" && reason === "unsupported", `it ended as ${outcome}, ${reason}`)
    }))

/** A case about what the partner tells by itself: with a hub that keeps the reports. */
const reportCase = (
  name: string,
  check: (partner: Parameters<Check>[0], harness: MessagesHarness, side: {
    readonly http: HttpEntrance | undefined
    readonly reports: ReadonlyArray<MessageReport>
  }) => Effect.Effect<void, unknown>
): PortCase<MessagesHarness> => ({
  name,
  needs: { deliveryReports: true },
  run: (harness) =>
    Effect.gen(function*() {
      const reports: Array<MessageReport> = []
      const all = yield* buildAdapters([harness.adapter], (connection) => ({
        ...noHub(connection),
        messages: { report: async (report) => void reports.push(report) }
      }))
      const http = all.get(harness.adapter.id)?.http
      yield* check(yield* requirePort({ all }, messagesPort), harness, { http, reports })
    }).pipe(Effect.scoped, Effect.runPromise)
})

/** What becomes of messages after they were sent, the account, and what partners cannot do. */
export const statusCases: ReadonlyArray<PortCase<MessagesHarness>> = [
  statusCase("status tells how a message stands, from the beginning to its end", { status: true }, (partner, harness) =>
    Effect.gen(function*() {
      const settle = settleOf(harness)
      const { providerId } = yield* partner.send(messageFor(harness, "status"))
      const to = messageFor(harness, "status").to
      const first = yield* partner.status({ providerId, to })
      ensure(first.state === "accepted" || first.state === "sent", `a message just sent is ${first.state}`)
      yield* settle("delivered")
      const last = yield* partner.status({ providerId, to })
      ensure(last.state === "delivered", `a delivered message is ${last.state}`)
      goodTime(last.at)
      const again = yield* partner.status({ providerId, to })
      ensure(again.state === "delivered", `asked again, a delivered message is ${again.state}`)
      ensure(!JSON.stringify([first, last]).includes(PERSONAL[0]!), "the status holds the phone; it is written into logs")
    })),
  statusCase("status tells that a message was not delivered", { status: true }, (partner, harness) =>
    Effect.gen(function*() {
      const { providerId } = yield* partner.send(messageFor(harness, "not"))
      yield* settleOf(harness)("undelivered")
      const { state, at } = yield* partner.status({ providerId, to: messageFor(harness, "not").to })
      ensure(state === "undelivered", `a message that was not delivered is ${state}`)
      goodTime(at)
    })),
  statusCase("a status that cannot be asked for fails, and betrays nobody", { status: true }, (partner, harness) =>
    Effect.gen(function*() {
      const { providerId } = yield* partner.send(messageFor(harness, "asked"))
      const ask = Effect.result(partner.status({ providerId, to: messageFor(harness, "asked").to }))
      faultsOf(harness).fault("garbled", GARBAGE.length)
      for (const _ of GARBAGE) mustFail(yield* ask, ["unknown"], harness, PERSONAL)
      faultsOf(harness).fault("down", 1)
      mustFail(yield* ask, ["unavailable"], harness, PERSONAL)
    })),
  statusCase("balance tells what is left, and fails as every call does", { balance: true }, (partner, harness) =>
    Effect.gen(function*() {
      const { balance } = harness
      ensure(balance !== undefined, "this case needs the harness's `balance`, or a skip by its name with a reason")
      const left = yield* partner.balance({})
      ensure(Number(left?.amount) === Number(balance.amount), `${left?.amount} are left, not ${balance.amount}`)
      ensure(left?.currency === balance.currency, `the currency is ${left?.currency}, not ${balance.currency}`)
      faultsOf(harness).fault("garbled", GARBAGE.length)
      for (const _ of GARBAGE) mustFail(yield* Effect.result(partner.balance({})), ["unknown"], harness, PERSONAL)
      faultsOf(harness).fault("down", 1)
      mustFail(yield* Effect.result(partner.balance({})), ["unavailable"], harness, PERSONAL)
    })),
  reportCase("a delivery report reaches the hub, also when it comes twice", (partner, harness, { http, reports }) =>
    Effect.gen(function*() {
      const { tell } = harness
      ensure(tell !== undefined, "this case needs the harness's `tell`, or a skip by its name with a reason")
      const { providerId } = yield* partner.send(messageFor(harness, "reported"))
      yield* settleOf(harness)("delivered")
      yield* Effect.promise(() => tell(http))
      yield* Effect.promise(() => tell(http))
      ensure(reports.length > 0, "no report reached the hub")
      for (const report of reports) {
        ensure(report.providerId === providerId, `reported of ${report.providerId}, sent was ${providerId}`)
        ensure(report.state === "delivered", `a delivered message is reported as ${report.state}`)
        goodTime(report.at)
        ensure(!JSON.stringify(report).includes(PERSONAL[0]!), "the report holds the phone")
      }
    })),
  reportCase("a forged delivery report is refused, and nothing reaches the hub", (partner, harness, { http, reports }) =>
    Effect.gen(function*() {
      const { forge } = harness
      ensure(forge !== undefined, "this case needs the harness's `forge`, or a skip by its name with a reason")
      ensure(http !== undefined, "the adapter has no HTTP entrance")
      yield* partner.send(messageFor(harness, "forged"))
      yield* settleOf(harness)("delivered")
      const { status } = yield* Effect.promise(() => forge(http))
      ensure(status >= 400 && status < 500, `a forged report was answered ${status}; it must be refused`)
      ensure(reports.length === 0, "a forged report reached the hub")
    })),
  unsupported("lookUp", (partner) => partner.find({ id: "one:assembled:3", to: "+77010000042" })),
  unsupported("status", (partner) => partner.status({ providerId: "one", to: "+77010000042" })),
  unsupported("balance", (partner) => partner.balance({}))
]
