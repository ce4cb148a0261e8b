import { connect, createServer, type Socket } from "node:net"
import type { AddressInfo } from "node:net"

/** A TCP proxy before a Redis; commands are told in upper case. */
export interface RedisProxy {
  readonly url: string
  /** The next connection that says this breaks before it is heard. Resolves when it has broken. */
  readonly breakAt: (text: string) => Promise<void>
  /** Answers come no more, and nothing says that they do not; or they do again, those that were held first. */
  readonly mute: (yes: boolean) => void
  /** How often this was said. */
  readonly said: (text: string) => number
  readonly connections: () => number
  readonly close: () => Promise<void>
}

export const redisProxy = async (target: string): Promise<RedisProxy> => {
  const to = new URL(target)
  const sockets = new Set<Socket>()
  const held: Array<() => void> = []
  let [text, muted, connections] = ["", false, 0]
  let plan: { readonly text: string; readonly done: () => void } | undefined
  const listener = createServer({ noDelay: true }, (client) => {
    connections++
    const server = connect({ host: to.hostname, port: Number(to.port), noDelay: true })
    const both = [client, server]
    const end = (): void => both.forEach((socket) => void (sockets.delete(socket), socket.destroy()))
    for (const socket of both) {
      sockets.add(socket)
      socket.on("error", end).on("close", end)
    }
    client.on("data", (chunk) => {
      const words = chunk.toString("latin1").toUpperCase()
      text += words
      if (plan !== undefined && words.includes(plan.text)) {
        const { done } = plan
        plan = undefined
        end()
        return done()
      }
      server.write(chunk)
    })
    server.on("data", (chunk) => void (muted ? held.push(() => client.write(chunk)) : client.write(chunk)))
  })
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve))
  return {
    url: `redis://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    breakAt: (wanted) => new Promise((done) => (plan = { text: wanted, done })),
    mute: (yes) => {
      muted = yes
      if (!yes) held.splice(0).forEach((say) => say())
    },
    said: (wanted) => text.split(wanted).length - 1,
    connections: () => connections,
    close: () =>
      new Promise((resolve) => {
        listener.close(() => resolve())
        sockets.forEach((socket) => socket.destroy())
      })
  }
}
