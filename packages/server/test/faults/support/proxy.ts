import { connect, createServer, type Socket } from "node:net"
import type { AddressInfo } from "node:net"

/**
 * Where a connection is cut: when the text comes by; when the COMMIT of its transaction comes, which never arrives;
 * when that COMMIT has been passed on and the server is at it; when it is done and only the answer is lost.
 */
export type Cut = "at once" | "before COMMIT" | "during COMMIT" | "after COMMIT"

export interface CutOptions {
  /** The database cannot be reached afterwards. */
  readonly unreachable?: boolean
  /** So many transactions with this text go by before. */
  readonly after?: number
}

/** A TCP proxy before a MariaDB, which knows COMMIT when it sees one. */
export interface DatabaseProxy {
  /** The same database through the proxy. */
  readonly uri: string
  /** Cuts the connection that carries this text, once. Resolves when it has done so. */
  readonly cut: (text: string, when: Cut, options?: CutOptions) => Promise<void>
  /** The database cannot be reached any more, and open connections are gone; or it can again. */
  readonly unreachable: (yes: boolean) => void
  readonly close: () => Promise<void>
}

/** COM_QUERY with its text: the driver sends one command at a time. */
const COMMIT = Buffer.from("\u0003COMMIT")

interface Plan {
  readonly text: Buffer
  readonly when: Cut
  readonly options: CutOptions
  readonly done: () => void
}

export const startProxy = async (target: string): Promise<DatabaseProxy> => {
  const to = new URL(target)
  const sockets = new Set<Socket>()
  let plan: Plan | undefined
  let skip = 0
  let down = false

  const cutOff = (): void => sockets.forEach((socket) => socket.destroy())

  const pass = (client: Socket): void => {
    const server = connect({ host: to.hostname, port: Number(to.port || 3306), noDelay: true })
    const both = [client, server]
    let carries = false
    let lost = false
    const end = (): void => both.forEach((socket) => void (sockets.delete(socket), socket.destroy()))
    for (const socket of both) {
      sockets.add(socket)
      socket.on("error", end).on("close", end)
    }
    const happened = (): void => {
      const { options, done } = plan!
      plan = undefined
      if (options.unreachable === true) {
        down = true
        cutOff()
      }
      end()
      done()
    }
    client.on("data", (chunk) => {
      if (plan !== undefined && chunk.includes(plan.text)) carries = true
      if (plan?.when === "at once" && carries) return happened()
      if (plan !== undefined && carries && chunk.includes(COMMIT)) {
        carries = false
        if (skip-- > 0) return void server.write(chunk)
        if (plan.when === "before COMMIT") return happened()
        if (plan.when === "during COMMIT") return void server.write(chunk, happened)
        lost = true
      }
      server.write(chunk)
    })
    server.on("data", (chunk) => {
      if (lost) happened()
      else client.write(chunk)
    })
  }

  const listener = createServer({ noDelay: true }, (client) => (down ? client.destroy() : pass(client)))
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve))
  const uri = new URL(target)
  uri.hostname = "127.0.0.1"
  uri.port = String((listener.address() as AddressInfo).port)
  return {
    uri: uri.href,
    cut: (text, when, options = {}) =>
      new Promise((done) => {
        skip = options.after ?? 0
        plan = { text: Buffer.from(text), when, options, done }
      }),
    unreachable: (yes) => {
      down = yes
      if (yes) cutOff()
    },
    close: () =>
      new Promise((resolve) => {
        listener.close(() => resolve())
        cutOff()
      })
  }
}
