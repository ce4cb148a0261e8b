import { once } from "node:events"
import { type AddressInfo, createServer, type Socket } from "node:net"
import type { Readable } from "node:stream"
import { buffer } from "node:stream/consumers"
import { createServer as createSecureServer } from "node:tls"
import { type Fault, type FaultControls, faultSwitch, GARBAGE } from "@aptekit/core/testing"
import PostalMime from "postal-mime"
import { SMTPServer, type SMTPServerOptions, type SMTPServerSession } from "smtp-server"
import { SIMULATED_CERTIFICATE, SIMULATED_KEY } from "./certificate.ts"

const USER = "pharmacy@example.test"
const PASSWORD = "smtp-simulated-password"

/** A letter in the mailbox. */
export interface SimulatedEmail {
  /** Its Message-ID. */
  readonly id: string
  /** As SMTP was told, not as the letter says. */
  readonly from: string
  readonly to: string
  /** As the letter says: `Аптека <no-reply@example.test>`. */
  readonly sender: string
  readonly subject: string
  readonly text: string
  readonly html: string | null
  /** Over TLS? */
  readonly secure: boolean
  readonly raw: string
}

/** Where in the conversation a reply is given: greeting, login, sender, recipient, as the message comes, after its end. */
export type SmtpStep = "CONNECT" | "AUTH" | "MAIL" | "RCPT" | "DATA" | "END"

/** A mail server in this process; disposing of it frees its port. */
export interface EmailSimulator extends FaultControls, AsyncDisposable {
  readonly config: {
    readonly host: string
    readonly port: number
    readonly security: "tls" | "starttls" | "none"
    /** Not with `none`. */
    readonly ca?: string
    readonly auth: { readonly user: string; readonly password: string }
    readonly from: { readonly address: string; readonly name: string }
  }
  readonly ledger: ReadonlyArray<SimulatedEmail>
  /** Connections that were made so far, and how many are open. */
  readonly made: () => number
  readonly open: () => number
  /** The next so many times this step is answered so (`"451 4.7.1 greylisted"`), or the connection is lost: null. */
  readonly answer: (step: SmtpStep, reply: string | null, times?: number) => void
  /** Ends all connections, as a server that restarts. */
  readonly drop: () => void
}

/** How letters get in. */
export interface EmailSimulatorOptions {
  /** @default any that is free */
  readonly port?: number
  /** @default "none" */
  readonly security?: "tls" | "starttls" | "none"
}

const textIn = (text: string | undefined): string => (text ?? "").replaceAll("\r\n", "\n").replace(/\n$/u, "")

const read = async (raw: Buffer, { envelope, secure }: SMTPServerSession): Promise<SimulatedEmail> => {
  const { messageId = "", from, subject = "", text, html } = await PostalMime.parse(raw)
  return {
    id: messageId,
    from: envelope.mailFrom === false ? "" : envelope.mailFrom.address,
    to: envelope.rcptTo.map(({ address }) => address).join(","),
    sender: from === undefined ? "" : `${from.name} <${from.address ?? ""}>`,
    subject,
    text: textIn(text),
    html: html === undefined ? null : textIn(html),
    secure,
    raw: raw.toString("utf8")
  }
}

const refusal = (reply: string): Error => {
  const [code = "", ...words] = reply.split(" ")
  return Object.assign(new Error(words.join(" ")), { responseCode: Number(code) })
}

/** A mail server on this machine, that keeps letters instead of delivering them: logins, refusals, faults. */
export const emailSimulator = async ({ port = 0, security = "none" }: EmailSimulatorOptions = {}): Promise<EmailSimulator> => {
  const ledger: Array<SimulatedEmail> = []
  const faults = faultSwitch()
  const sockets = new Set<Socket>()
  const arrivals: Array<{ readonly count: number; readonly resolve: () => void }> = []
  const canned = new Map<SmtpStep, { readonly reply: string | null; times: number }>()
  let [made, came, garbled, down] = [0, 0, 0, 0]

  /** What the conversation is held over: under TLS the socket of TLS, not the one below. */
  const socketOf = ({ id }: SMTPServerSession) => [...server.connections].find((connection) => connection.id === id)?._socket
  const lose = (session: SMTPServerSession): void => void socketOf(session)?.destroy()

  /** Answers a step as it was told to; otherwise goes on. */
  const step = (name: SmtpStep, session: SMTPServerSession, next: (error?: Error) => void): void => {
    const told = canned.get(name)
    if (told === undefined || told.times-- <= 0) return next()
    if (told.reply === null) lose(session)
    else next(refusal(told.reply))
  }

  /** The message, through the fault that is set. */
  const take = async (raw: Buffer, session: SMTPServerSession, next: (error?: Error) => void): Promise<void> => {
    const fault = faults.take()
    came++
    for (const waiting of arrivals) if (came >= waiting.count) waiting.resolve()
    if (fault === "slow") await faults.held(new AbortController().signal)
    if (fault === "refuses") return next(refusal("550 5.7.1 refused"))
    const letter = await read(raw, session)
    ledger.push(letter)
    if (fault === "duplicate") ledger.push(letter)
    if (fault === "dropAfter") return lose(session)
    if (fault === "garbled") return void socketOf(session)?.end(GARBAGE[garbled++ % GARBAGE.length]!)
    next()
  }

  const receive = async (stream: Readable, session: SMTPServerSession, next: (error?: Error) => void): Promise<void> => {
    const raw = await buffer(stream).catch(() => null)
    // A message that was cut off is none.
    if (raw === null) return
    step("END", session, (error) => (error === undefined ? void take(raw, session, next) : next(error)))
  }

  const options: SMTPServerOptions = {
    // What is `secured` is under TLS already.
    secure: security === "tls",
    secured: security === "tls",
    disabledCommands: security === "starttls" ? [] : ["STARTTLS"],
    allowInsecureAuth: security !== "starttls",
    key: SIMULATED_KEY,
    cert: SIMULATED_CERTIFICATE,
    disableReverseLookup: true,
    // What a step is told to answer bears its own.
    hideENHANCEDSTATUSCODES: true,
    onConnect: (session, next) => step("CONNECT", session, next),
    onAuth: ({ username, password }, session, next) =>
      step("AUTH", session, (error) => {
        if (error !== undefined) return next(error)
        if (username === USER && password === PASSWORD) next(null, { user: username })
        else next(refusal("535 5.7.8 no such account"))
      }),
    onMailFrom: (_, session, next) => step("MAIL", session, next),
    onRcptTo: (_, session, next) => step("RCPT", session, next),
    onData: (stream, session, next) => {
      stream.once("readable", () => step("DATA", session, () => undefined))
      void receive(stream, session, next)
    }
  }
  const server = new SMTPServer(options)
  // A connection that is lost is what this server is for.
  server.on("error", () => undefined)
  const accept = (socket: Socket): void => {
    if (down-- > 0) return void socket.destroy()
    made++
    sockets.add(socket)
    socket.on("error", () => socket.destroy())
    socket.once("close", () => sockets.delete(socket))
    server.connect(socket)
  }
  // Its own listener: smtp-server 3.21 asks a TLS handshake that was cut for its protocol, upon which Node 24 dies.
  const listener = security === "tls"
    ? createSecureServer({ key: SIMULATED_KEY, cert: SIMULATED_CERTIFICATE }, accept)
    : createServer(accept)
  listener.listen(port, "127.0.0.1")
  await once(listener, "listening")

  const drop = (): void => {
    // Under STARTTLS the socket of TLS first.
    for (const { _socket } of server.connections) _socket.destroy()
    for (const socket of sockets) socket.destroy()
  }
  return {
    config: {
      host: "127.0.0.1",
      port: (listener.address() as AddressInfo).port,
      security,
      ...(security === "none" ? {} : { ca: SIMULATED_CERTIFICATE }),
      auth: { user: USER, password: PASSWORD },
      from: { address: "no-reply@example.test", name: "Аптека" }
    },
    ledger,
    made: () => made,
    open: () => sockets.size,
    answer: (name, reply, times = 1) => void canned.set(name, { reply, times }),
    drop,
    fault: (fault: Fault, times = Number.POSITIVE_INFINITY) => {
      if (fault !== "down") return faults.set(fault, times)
      down = times
      drop()
    },
    mend: () => {
      down = 0
      canned.clear()
      faults.mend()
    },
    arrived: (count) => (came >= count ? Promise.resolve() : new Promise((resolve) => arrivals.push({ count, resolve }))),
    [Symbol.asyncDispose]: async () => {
      listener.close()
      drop()
      await once(listener, "close")
    }
  }
}
