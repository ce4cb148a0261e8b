import { isIP } from "node:net"
import smpp, { type Pdu, type Session } from "smpp"
import { fault, faultOf, safeCode } from "../gateway/call.ts"
import { SMPP_STATUS } from "./codes.ts"

export interface LinkOptions {
  readonly host: string
  readonly port: number
  readonly tls: boolean
  readonly systemId: string
  readonly password: string
  readonly systemType: string
  /** Milliseconds between two `enquire_link`; one that is not answered until the next ends the connection. */
  readonly enquireEvery: number
  /** Answers a `deliver_sm`: true, it is kept; false, the gateway is to send it again. */
  readonly deliver: (pdu: Pdu) => Promise<boolean>
  readonly log: (message: string, detail?: Readonly<Record<string, unknown>>) => void
}

export type Command = "submit_sm" | "query_sm"

export interface Link {
  /**
   * One command and its answer.
   * @throws AdapterFault `unavailable` where it was not sent, `unknown` where its answer did not come
   */
  readonly request: (command: Command, fields: object, signal: AbortSignal) => Promise<Pdu>
  readonly close: () => Promise<void>
}

/** Shorter than a call may take, so that what was not sent ends as unavailable. Milliseconds. */
const BIND_WITHIN = 5_000
const FIRST_PAUSE = 1_000
const LONGEST_PAUSE = 60_000
const UNBIND_WITHIN = 1_000
/** ESME_RX_T_APPN: "for now not", upon which a gateway tries again. */
const AGAIN_LATER = 0x64

const GATEWAY = "the SMPP gateway"

/**
 * A connection that stays: bound at once, asked by `enquire_link` whether it lives, made anew with growing pauses when it
 * is lost, and at once when there is something to send.
 */
export const openLink = (options: LinkOptions): Link => {
  const { log } = options
  let bound: Session | null = null
  let binding: Promise<Session> | null = null
  let pause = FIRST_PAUSE
  let timer: NodeJS.Timeout | undefined
  let closed = false
  let wasLost = false

  const ready = (): Promise<Session> => {
    if (closed) return Promise.reject(fault("unavailable", `the connection to ${GATEWAY} is closed`))
    if (bound !== null) return Promise.resolve(bound)
    clearTimeout(timer)
    binding ??= bind(options).then(
      (session) => {
        binding = null
        bound = session
        pause = FIRST_PAUSE
        session.once("close", () => lost(session))
        if (session.socket.destroyed) lost(session)
        else if (wasLost) log(`${GATEWAY} is connected again`)
        return session
      },
      (error: unknown) => {
        binding = null
        again(error instanceof Error ? error.message : "the connection failed")
        throw error
      }
    )
    return binding
  }

  const lost = (session: Session): void => {
    if (bound !== session) return
    bound = null
    again("the connection was lost")
  }

  const again = (reason: string): void => {
    if (closed) return
    if (pause === FIRST_PAUSE) log(`WARNING: ${GATEWAY} is not connected`, { reason })
    wasLost = true
    clearTimeout(timer)
    timer = setTimeout(() => void ready().catch(() => undefined), pause * (0.5 + Math.random() / 2))
    timer.unref()
    pause = Math.min(pause * 2, LONGEST_PAUSE)
  }

  void ready().catch(() => undefined)

  return {
    request: async (command, fields, signal) => exchange(await unlessAborted(ready(), signal), command, fields, signal),
    close: async () => {
      closed = true
      clearTimeout(timer)
      const session = bound ?? (await binding?.catch(() => null)) ?? null
      if (session !== null) await leave(session)
    }
  }
}

const unlessAborted = <A>(promise: Promise<A>, signal: AbortSignal): Promise<A> =>
  new Promise((resolve, reject) => {
    const giveUp = (): void => reject(fault("unavailable", `${GATEWAY} could not be connected in time`))
    if (signal.aborted) return giveUp()
    signal.addEventListener("abort", giveUp, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", giveUp))
  })

/** Connects and binds. @throws AdapterFault `unavailable` */
const bind = (options: LinkOptions): Promise<Session> =>
  new Promise((resolve, reject) => {
    const { host, port, tls, systemId, password, systemType } = options
    const session = smpp.connect({ host, port, tls, ...(tls && isIP(host) === 0 ? { servername: host } : {}) })
    const fail = (reason: Error): void => {
      clearTimeout(timer)
      session.destroy()
      reject(reason)
    }
    const timer = setTimeout(() => fail(fault("unavailable", `${GATEWAY} does not answer`)), BIND_WITHIN)
    // What is not SMPP leaves the library waiting for ever: such a connection is of no use.
    session.on("error", () => session.destroy())
    // Each command that waits listens for the end of the connection.
    session.setMaxListeners(0)
    session.once("close", () => fail(fault("unavailable", `${GATEWAY} cannot be reached`)))
    session.once(tls ? "secureConnect" : "connect", () => {
      const fields = { system_id: systemId, password, system_type: systemType, interface_version: 0x34 }
      session.bind_transceiver(fields, ({ command_status }) => {
        if (command_status !== 0) return fail(refusal(command_status))
        clearTimeout(timer)
        serve(session, options)
        resolve(session)
      })
    })
  })

/** Not bound, nothing can be sent, whatever the reason: a person mends the account, and messages wait. */
const refusal = (status: number): Error =>
  faultOf(
    ["unavailable", "does not let the account in", SMPP_STATUS[status]?.[2]],
    `${GATEWAY}: ${SMPP_STATUS[status]?.[1] ?? "does not let the account in"} (${safeCode(status)})`
  )

/** Answers what the gateway asks, and asks it whether it lives. */
const serve = (session: Session, { enquireEvery, deliver }: LinkOptions): void => {
  let answered = true
  const timer = setInterval(() => {
    if (!answered) return session.destroy()
    answered = false
    session.enquire_link({}, () => (answered = true))
  }, enquireEvery)
  timer.unref()
  session.once("close", () => clearInterval(timer))
  session.on("enquire_link", (pdu: Pdu) => session.send(pdu.response()))
  session.on("unbind", (pdu: Pdu) => {
    session.send(pdu.response())
    session.socket.end()
  })
  session.on("unknown", (pdu: Pdu) => session.send(pdu.response()))
  session.on("deliver_sm", (pdu: Pdu) => {
    const answer = (kept: boolean): void => void session.send(pdu.response({ command_status: kept ? 0 : AGAIN_LATER }))
    deliver(pdu).then(answer, () => answer(false))
  })
}

const exchange = (session: Session, command: Command, fields: object, signal: AbortSignal): Promise<Pdu> =>
  new Promise((resolve, reject) => {
    const stop = (): void => {
      session.off("close", lost)
      signal.removeEventListener("abort", giveUp)
    }
    const lost = (): void => {
      stop()
      reject(fault("unknown", `the connection to ${GATEWAY} was lost before its answer`))
    }
    const giveUp = (): void => {
      stop()
      reject(fault("unknown", `${GATEWAY} has not answered in time`))
    }
    if (signal.aborted) return giveUp()
    session.once("close", lost)
    signal.addEventListener("abort", giveUp, { once: true })
    const sent = session[command](fields, (answer) => {
      stop()
      resolve(answer)
    })
    if (sent) return
    stop()
    reject(fault("unavailable", `${GATEWAY} is not connected`))
  })

/** Says good-bye, and goes, answered or not. */
const leave = (session: Session): Promise<void> =>
  new Promise((resolve) => {
    if (session.socket.destroyed) return resolve()
    session.once("close", resolve)
    const timer = setTimeout(() => session.destroy(), UNBIND_WITHIN)
    session.once("close", () => clearTimeout(timer))
    if (!session.unbind({}, () => session.destroy())) session.destroy()
  })
