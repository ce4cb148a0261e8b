import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { geocoderSimulator } from "@aptekit/adapter-geo/testing"
import { type MessageGatewaySimulator, messageGatewaySimulator } from "@aptekit/adapter-sms/testing"
import { ADDRESS } from "./world.ts"

/** The partners of the hub, in the test's own process: their ledgers are the witnesses. */
export interface Partners {
  readonly url: string
  readonly gateway: MessageGatewaySimulator
  /** Runs when a message has arrived, instead of the gateway's work or after it, and before any answer. */
  onMessage: { readonly when: "before" | "after"; readonly act: () => Promise<void> } | null
  /** How often that has run. */
  called: number
  readonly close: () => Promise<void>
}

const requestOf = async (incoming: IncomingMessage): Promise<Request> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  const method = incoming.method ?? "GET"
  return new Request(`http://partner.test/${(incoming.url ?? "").split("/").slice(2).join("/")}`, {
    method,
    headers: incoming.headers as Record<string, string>,
    ...(method === "POST" ? { body: Buffer.concat(chunks) } : {})
  })
}

/** A gateway that takes no idempotency keys, as most do (P6), and a geocoder, over HTTP on a free port. */
export const startPartners = async (): Promise<Partners> => {
  const gateway = messageGatewaySimulator({ idempotent: false })
  const geocoder = geocoderSimulator({ places: [ADDRESS] })

  const answer = async (incoming: IncomingMessage): Promise<Response> => {
    const request = await requestOf(incoming)
    if (incoming.url?.startsWith("/geocoder/") === true) return geocoder.fetch(request)
    const watched = request.method === "POST" ? partners.onMessage : null
    const act = async (): Promise<void> => {
      await watched?.act()
      partners.called++
    }
    if (watched?.when === "before") {
      await act()
      throw new Error("the caller is gone, and nothing was done")
    }
    const response = await gateway.fetch(request)
    if (watched?.when === "after") await act()
    return response
  }

  const handle = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    try {
      const response = await answer(incoming)
      outgoing.writeHead(response.status, { "content-type": "application/json" }).end(await response.text())
    } catch {
      outgoing.destroy()
    }
  }
  const server = createServer((incoming, outgoing) => void handle(incoming, outgoing))
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))

  const partners: Partners = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    gateway,
    onMessage: null,
    called: 0,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
  }
  return partners
}
