import { emailMessages } from "@aptekit/adapter-email"
import { emailSimulator } from "@aptekit/adapter-email/testing"
import { webPushMessages } from "@aptekit/adapter-webpush"
import { pushServiceSimulator } from "@aptekit/adapter-webpush/testing"
import { afterAll, expect, test } from "vitest"
import { useServer } from "./support/server.ts"

const mail = await emailSimulator()
afterAll(() => mail[Symbol.asyncDispose]())
const push = pushServiceSimulator()

const { call, order, log } = await useServer({
  adapters: [
    emailMessages(mail.config, { id: "mail" }),
    webPushMessages({ ...push.config, title: "Аптека", fetch: push.fetch }, { id: "app" })
  ],
  jobs: true
})

const customer = { name: "Айгерім", phone: "8 701 000 00 07", email: "aigerim@example.test", language: "kk" }

test("R-SMS-2: an order is told in a letter, in the buyer's language; over the app where it is subscribed; in a letter again when it has gone", async () => {
  const first = await order({ customer })
  await expect.poll(() => mail.ledger).toMatchObject([{ to: customer.email, subject: `${first.number} тапсырыс брондалды` }])
  const subscription = push.subscribe()
  expect((await call("shop", "PUT", "/push-subscriptions", { phone: customer.phone, subscription })).status).toBe(200)
  const second = await order({ customer })
  await expect.poll(() => push.ledger).toMatchObject([{ title: `${second.number} тапсырыс брондалды`, lang: "kk" }])
  push.unsubscribe(subscription)
  const third = await order({ customer })
  await expect.poll(() => mail.ledger.map(({ subject }) => subject)).toEqual([first, third].map(({ number }) => `${number} тапсырыс брондалды`))
  const calls = push.calls.length
  const fourth = await order({ customer })
  await expect.poll(() => mail.ledger.at(-1)?.subject).toContain(fourth.number)
  expect(push.calls).toHaveLength(calls)
  expect(JSON.stringify(log)).not.toMatch(/aigerim@|device-1|smtp-simulated-password/u)
})
