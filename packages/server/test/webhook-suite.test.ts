import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { CHANNEL_STATUS, defineAdapter, Schema, webhookLane } from "@aptekit/core"
import { createSimulator, runPortSuite, type StatusesHarness, statusesSuite } from "@aptekit/core/testing"
import { Webhook } from "standardwebhooks"
import { describe, test } from "vitest"
import { webhookSender } from "../src/webhooks.ts"

const SECRET = `whsec_${Buffer.alloc(32, 5).toString("base64")}`

/** The channel's webhook is the hub's own: it stands here for an adapter that has nothing but a name. */
const webhook = defineAdapter({
  name: "channel-webhook",
  config: Schema.Struct({}),
  ports: {},
  capabilities: { keyedStatuses: true },
  setup: () => ({})
})

interface Heard {
  readonly key: string | null
  readonly body: string
}

/** A channel's own server behind real HTTP: it believes only what is signed. */
const receiver = async () => {
  const simulator = createSimulator<Heard>({
    refuse: () => new Response(null, { status: 404 }),
    handle: async (request, ledger) => {
      const body = await request.text()
      const [id, at, signature] = ["id", "timestamp", "signature"].map((name) => request.headers.get(`webhook-${name}`))
      // The suite's rounds run ahead of the clock: the signature counts, not how old it is.
      if (new Webhook(SECRET).sign(id!, new Date(Number(at) * 1000), body) !== signature) return new Response(null, { status: 401 })
      ledger.push({ key: id!, body })
      return new Response(null, { status: 204 })
    }
  })
  const server = createServer((incoming, outgoing) => {
    const parts: Array<Buffer> = []
    incoming.on("data", (part: Buffer) => parts.push(part))
    incoming.on("end", () => {
      const init = { method: "POST", headers: incoming.headers as Record<string, string>, body: Buffer.concat(parts) }
      simulator.fetch(new Request("http://shop.test/hook", init)).then(
        ({ status }) => outgoing.writeHead(status).end(),
        () => incoming.socket.destroy()
      )
    })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as AddressInfo
  const close = async (): Promise<void> => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  return { simulator, url: `http://127.0.0.1:${port}/hook`, close }
}

const harness = async (): Promise<StatusesHarness> => {
  const { simulator, url, close } = await receiver()
  return {
    adapter: webhook({}),
    simulator,
    secrets: [SECRET],
    webhooks: webhookSender({ allowPrivate: true }),
    channel: { webhook: { url, secrets: [SECRET], stopped: null } },
    push: (world) => world.lane(webhookLane("shop")),
    heard: () => simulator.ledger.map(({ key, body }) => {
      const { data } = JSON.parse(body) as { readonly data: { readonly order: { readonly id: string; readonly status: string } } }
      return { orderId: data.order.id, status: data.order.status, key, text: body }
    }),
    close
  }
}

describe(`SDK-2, R-ORD-13: ${CHANNEL_STATUS}`, () => {
  runPortSuite(statusesSuite, harness, { test, capabilities: webhook.capabilities })
})
