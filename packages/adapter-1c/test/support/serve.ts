import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import type { HttpEntrance } from "@aptekit/core"
import { afterEach } from "vitest"

const open: Array<() => void> = []
afterEach(() => {
  for (const close of open.splice(0)) close()
})

const answer = async (entrance: HttpEntrance, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
  const { method = "GET", url = "/", headers } = incoming
  const body = method === "POST" || method === "PATCH" ? { body: Readable.toWeb(incoming) as ReadableStream, duplex: "half" as const } : {}
  const request = new Request(`http://hub${url}`, { method, headers: headers as Record<string, string>, ...body })
  const response = await entrance(request)
  outgoing.writeHead(response.status, Object.fromEntries(response.headers))
  if (response.body === null) outgoing.end()
  else await pipeline(Readable.fromWeb(response.body as never), outgoing)
}

/** A web-standard entrance behind real HTTP, until the test ends. Gives its address. */
export const serve = (entrance: HttpEntrance): Promise<string> =>
  new Promise((resolve) => {
    const server = createServer((incoming, outgoing) => {
      answer(entrance, incoming, outgoing).catch(() => outgoing.destroy())
    })
    open.push(() => {
      server.closeAllConnections()
      server.close()
    })
    server.listen(0, "127.0.0.1", () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}/exchange/1c`))
  })
