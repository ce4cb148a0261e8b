import { once } from "node:events"
import type { AddressInfo } from "node:net"
import { type Fault, type FaultControls, faultSwitch } from "@aptekit/core/testing"
import smpp, { type Pdu, type Session } from "smpp"
import { SIMULATED_TIME, type SimulatedSms } from "./kit.ts"

const SYSTEM_ID = "aptekit"
const PASSWORD = "smpp-simulated-password"

/** One `submit_sm` as it came. */
export interface SubmittedPart {
  readonly id: string
  readonly phone: string
  readonly sender: string
  readonly text: string
  readonly dataCoding: number
  readonly registered: number
  /** Its header of a part: reference, how many, which. */
  readonly part: { readonly reference: number; readonly of: number; readonly index: number } | null
}

/** An SMPP server in this process; disposing of it frees its port. */
export interface SmppSimulator extends FaultControls, AsyncDisposable {
  readonly config: {
    readonly host: string
    readonly port: number
    readonly systemId: string
    readonly password: string
    readonly sender: string
  }
  /** Whole messages, as a phone would show them. */
  readonly ledger: ReadonlyArray<SimulatedSms>
  readonly parts: ReadonlyArray<SubmittedPart>
  /** How many connections are bound. */
  readonly bound: () => number
  /** `enquire_link` that came. */
  readonly enquiries: () => number
  /** The next so many `submit_sm` are answered with this command_status, from `after` more on. */
  readonly answer: (status: number, times?: number, after?: number) => void
  /** No `enquire_link` is answered any more. */
  readonly deafen: () => void
  /** Ends all connections, as a gateway that restarts. */
  readonly drop: () => void
  /** Says good-bye to all; resolves when they have answered and gone. */
  readonly unbind: () => Promise<void>
  readonly settle: (state: "delivered" | "undelivered") => void
  /** Sends the delivery reports of the latest message, of each part one; gives the answers' command_status. */
  readonly tell: () => Promise<ReadonlyArray<number>>
  /** Sends any `deliver_sm`; gives the answer's command_status. */
  readonly deliver: (fields: object) => Promise<number>
}

/** What is no SMPP, or no answer to what was asked. */
const GARBAGE: ReadonlyArray<(session: Session, pdu: Pdu) => void> = [
  (session) => void session.socket.write("<html><body>Bad gateway</body></html>"),
  (session) => void session.socket.write(Buffer.alloc(16, 0xff)),
  (session, pdu) => void session.send(pdu.response({ message_id: "" })),
  (session, pdu) => void session.send(pdu.response({ command_status: 0x4ff })),
  (session) => session.socket.end(Buffer.from([0, 0, 0, 16, 0x80, 0])),
  (session) => void session.socket.write(Buffer.from("220 mail.test ESMTP\r\n"))
]

const STATES: Readonly<Record<string, number>> = { ENROUTE: 1, DELIVRD: 2, UNDELIV: 5 }
const WORDS = { delivered: "DELIVRD", undelivered: "UNDELIV" } as const

const textIn = (pdu: Pdu): string => String((pdu.message_payload ?? pdu.short_message)?.message ?? "")

const headerIn = (pdu: Pdu): SubmittedPart["part"] => {
  const [header] = (pdu.short_message?.udh ?? []) as ReadonlyArray<Buffer>
  if (header === undefined || header[0] !== 0x00) return null
  return { reference: header[2]!, of: header[3]!, index: header[4]! }
}

/** A gateway that speaks SMPP 3.4, on a port of this machine: binds, parts, delivery reports, congestion, faults. */
export const smppSimulator = async ({ port = 0 }: { readonly port?: number } = {}): Promise<SmppSimulator> => {
  const ledger: Array<SimulatedSms> = []
  const parts: Array<SubmittedPart> = []
  const bound = new Set<Session>()
  const open = new Set<Session>()
  const faults = faultSwitch()
  const arrivals: Array<{ readonly count: number; readonly resolve: () => void }> = []
  let down = 0
  let [came, garbled, enquiries, answerable] = [0, 0, 0, true]
  let canned: { readonly status: number; times: number; after: number } | null = null

  const take = (pdu: Pdu): string => {
    const { destination_addr: phone = "", source_addr: sender = "" } = pdu
    const [id, text, part] = [(0x1a0000 + parts.length).toString(16).toUpperCase(), textIn(pdu), headerIn(pdu)]
    parts.push({ id, phone, sender, text, dataCoding: pdu.data_coding ?? 0, registered: pdu.registered_delivery ?? 0, part })
    join(parts.at(-1)!)
    return id
  }

  /** A phone shows a message when its last part is there. */
  const join = (latest: SubmittedPart): void => {
    const { part, phone, sender } = latest
    const mine = part === null
      ? [latest]
      : parts.filter((one) => one.phone === phone && one.part?.reference === part.reference).slice(-part.of)
    if (part !== null && (mine.length < part.of || part.index !== part.of)) return
    const sorted = mine.toSorted((a, b) => (a.part?.index ?? 0) - (b.part?.index ?? 0))
    const text = sorted.map((one) => one.text).join("")
    ledger.push({ id: sorted[0]!.id, phone, sender, text, parts: sorted.length, status: "ENROUTE", changed: SIMULATED_TIME })
  }

  const cannedStatus = (): number => {
    if (canned === null || canned.times <= 0) return 0
    if (canned.after-- > 0) return 0
    canned.times--
    return canned.status
  }

  const submitted = (pdu: Pdu): Pdu => {
    const status = cannedStatus()
    if (status !== 0) return pdu.response({ command_status: status })
    if (!/^[1-9]\d{6,14}$/u.test(pdu.destination_addr ?? "")) return pdu.response({ command_status: 0x0b })
    return pdu.response({ message_id: take(pdu) })
  }

  const queried = (pdu: Pdu): Pdu => {
    const sms = ledger.find((one) => one.id === pdu.message_id)
    if (sms === undefined) return pdu.response({ command_status: 0x0c })
    return pdu.response({ message_id: sms.id, final_date: "261121100000000+", message_state: STATES[sms.status], error_code: 0 })
  }

  /** Each command through the fault that is set. */
  const meet = async (session: Session, pdu: Pdu, work: (pdu: Pdu) => Pdu): Promise<void> => {
    const fault = faults.take()
    came++
    for (const waiting of arrivals) if (came >= waiting.count) waiting.resolve()
    if (fault === "slow") await faults.held(new AbortController().signal)
    if (fault === "refuses") return void session.send(pdu.response({ command_status: 0x0b }))
    if (fault === "duplicate") work(pdu)
    const answer = work(pdu)
    if (fault === "dropAfter") return session.destroy()
    if (fault === "garbled") return GARBAGE[garbled++ % GARBAGE.length]!(session, pdu)
    session.send(answer)
  }

  const server = smpp.createServer((session) => {
    session.on("error", () => session.destroy())
    if (down-- > 0) return session.destroy()
    open.add(session)
    session.on("close", () => {
      open.delete(session)
      bound.delete(session)
    })
    session.on("bind_transceiver", (pdu: Pdu) => {
      const known = pdu.system_id === SYSTEM_ID && pdu.password === PASSWORD
      session.send(pdu.response(known ? { system_id: "simulated" } : { command_status: 0x0e }))
      if (known) bound.add(session)
    })
    session.on("enquire_link", (pdu: Pdu) => {
      enquiries++
      if (answerable) session.send(pdu.response())
    })
    session.on("unbind", (pdu: Pdu) => session.send(pdu.response()))
    session.on("submit_sm", (pdu: Pdu) => void meet(session, pdu, submitted))
    session.on("query_sm", (pdu: Pdu) => void meet(session, pdu, queried))
  })
  server.listen(port, "127.0.0.1")
  await once(server, "listening")

  const drop = (): void => {
    for (const session of open) session.destroy()
  }

  const deliver = (fields: object): Promise<number> =>
    new Promise((resolve, reject) => {
      const [session] = bound
      if (session === undefined) return reject(new Error("nobody is bound to the simulated gateway"))
      session.deliver_sm(fields, (answer) => resolve(answer.command_status))
    })

  return {
    config: {
      host: "127.0.0.1",
      port: (server.address() as AddressInfo).port,
      systemId: SYSTEM_ID,
      password: PASSWORD,
      sender: "Apteka"
    },
    ledger,
    parts,
    bound: () => bound.size,
    enquiries: () => enquiries,
    answer: (status, times = 1, after = 0) => (canned = { status, times, after }),
    deafen: () => (answerable = false),
    drop,
    unbind: async () => {
      const leaving = [...bound].map((session) => new Promise<void>((resolve) => {
        session.once("close", resolve)
        session.unbind({}, () => undefined)
      }))
      await Promise.all(leaving)
    },
    fault: (fault: Fault, times = Number.POSITIVE_INFINITY) => {
      if (fault !== "down") return faults.set(fault, times)
      down = times
      drop()
    },
    mend: () => {
      down = 0
      faults.mend()
    },
    arrived: (count) => (came >= count ? Promise.resolve() : new Promise((resolve) => arrivals.push({ count, resolve }))),
    settle: (state) => {
      for (const sms of ledger) sms.status = WORDS[state]
    },
    deliver,
    tell: async () => {
      const sms = ledger.at(-1)
      if (sms === undefined) throw new Error("the simulated gateway has no message to report of")
      const first = parts.findIndex((part) => part.id === sms.id)
      const answers: Array<number> = []
      for (const { id, phone, sender } of parts.slice(first, first + sms.parts)) {
        const [ok, error] = sms.status === "DELIVRD" ? ["001", "000"] : ["000", "011"]
        const message = `id:${id} sub:001 dlvrd:${ok} submit date:2611211000 done date:2611211000 stat:${sms.status} err:${error} text:`
        const fields = { source_addr: phone, destination_addr: sender, esm_class: 0x04, short_message: { message } }
        answers.push(await deliver(fields))
      }
      return answers
    },
    [Symbol.asyncDispose]: async () => {
      drop()
      server.close()
      await once(server, "close")
    }
  }
}
