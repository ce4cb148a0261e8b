import { once } from "node:events"
import { createServer, type RequestListener } from "node:http"
import type { AddressInfo } from "node:net"
import { getRequestListener } from "@hono/node-server"
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response"

export type Fetch = (request: Request) => Promise<Response>

/** A port of this machine that can be shut and opened again. */
export interface Door {
  readonly origin: string
  /** Ends all connections; new ones are refused, as by a partner that is down. */
  readonly shut: () => Promise<void>
  /** Listens on the same port again. */
  readonly open: () => Promise<void>
}

const listen = async (listener: RequestListener, port: number) => {
  const server = createServer(listener)
  server.listen(port, "127.0.0.1")
  await once(server, "listening")
  return server
}

/** A web-standard function behind real HTTP, on the loopback only. A function that throws loses the connection. */
export const openDoor = async (fetch: Fetch, port: number): Promise<Door> => {
  const answer: Parameters<typeof getRequestListener>[0] = async (request, { incoming }) => {
    try {
      return await fetch(request)
    } catch {
      // A simulator throws what a client would see of a lost connection.
      incoming.socket.destroy()
      return RESPONSE_ALREADY_SENT
    }
  }
  const handle = getRequestListener(answer, { overrideGlobalObjects: false })
  const listener: RequestListener = (incoming, outgoing) => void handle(incoming, outgoing)
  let server = await listen(listener, port)
  const { port: taken } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${taken}`,
    shut: async () => {
      if (!server.listening) return
      const closed = once(server, "close")
      server.close()
      server.closeAllConnections()
      await closed
    },
    open: async () => {
      if (!server.listening) server = await listen(listener, taken)
    }
  }
}
