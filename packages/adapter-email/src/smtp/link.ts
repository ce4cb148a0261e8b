import { Readable } from "node:stream"
import SMTPConnection from "nodemailer/lib/smtp-connection"
import type { Letter } from "../letter.ts"
import { faultOf, type SmtpFailure } from "./replies.ts"

export interface LinkOptions {
  readonly host: string
  readonly port: number
  readonly security: "tls" | "starttls" | "none"
  /** PEM; instead of the authorities that Node knows. */
  readonly ca: string | undefined
  readonly auth: { readonly user: string; readonly password: string } | undefined
}

/** A connection that is logged in. */
export interface Link {
  /** False where it has ended: by a failure, or by the server that has waited long enough. */
  readonly isOpen: () => boolean
  /** @throws AdapterFault; OldLink where the letter has not left and a new connection may take it */
  readonly send: (letter: Letter, signal: AbortSignal) => Promise<void>
  readonly close: () => void
}

/** The connection had worked before, and has ended unnoticed. */
export class OldLink {
  readonly _tag = "OldLink"
}

/** All of connecting, and the greeting. Milliseconds. */
const CONNECT_WITHIN = 5_000
/** Silence in the middle of a conversation; longer than a call takes and than a connection may idle. Milliseconds. */
const SILENCE = 15_000

const LOST: SmtpFailure = { code: "ECONNECTION", command: "CONN" }

/**
 * Connects, secures and logs in. nodemailer's own transports repeat by themselves what was lost, so only its protocol is used.
 * @throws AdapterFault
 */
export const openLink = (options: LinkOptions): Promise<Link> =>
  new Promise((resolve, reject) => {
    const { host, port, security, ca, auth } = options
    const connection = new SMTPConnection({
      host,
      port,
      secure: security === "tls",
      requireTLS: security === "starttls",
      ignoreTLS: security === "none",
      tls: { minVersion: "TLSv1.2", ...(ca === undefined ? {} : { ca }) },
      connectionTimeout: CONNECT_WITHIN,
      greetingTimeout: CONNECT_WITHIN,
      dnsTimeout: CONNECT_WITHIN,
      socketTimeout: SILENCE,
      socketCloseTimeout: 1_000
    })
    // nodemailer tells a failure by an event, by a callback or by both; the first word counts.
    const fail = (failure: SmtpFailure): void => {
      reject(faultOf(failure, false))
      connection.close()
    }
    connection.on("error", fail)
    connection.once("end", () => fail(LOST))
    const ready = (): void => resolve(linkOver(connection))
    connection.connect((refused) => {
      if (refused !== undefined) return fail(refused)
      if (auth === undefined) return ready()
      connection.login({ user: auth.user, pass: auth.password }, (refused) => (refused === null ? ready() : fail(refused)))
    })
  })

const linkOver = (connection: SMTPConnection): Link => {
  let taken = 0
  const isOpen = (): boolean => !connection.destroyed
  return {
    isOpen,
    send: async (letter, signal) => {
      const { failure, handed } = await handOver(connection, letter, signal)
      if (failure === null) return void taken++
      // What was refused leaves a conversation behind that is not worth mending.
      connection.close()
      if (taken > 0 && !handed && isLost(failure)) throw new OldLink()
      throw faultOf(failure, handed)
    },
    close: () => (isOpen() ? connection.quit() : connection.close())
  }
}

/** 421: the server is about to close the connection. */
const isLost = ({ code, responseCode }: SmtpFailure): boolean =>
  responseCode === 421 || (responseCode === undefined && (code === "ECONNECTION" || code === "ESOCKET"))

interface Ended {
  readonly failure: SmtpFailure | null
  /** Had the server agreed to take the message? It may have all of it then. */
  readonly handed: boolean
}

const handOver = (connection: SMTPConnection, { envelope, raw }: Letter, signal: AbortSignal): Promise<Ended> =>
  new Promise((resolve) => {
    let handed = false
    // Read when the server has agreed to take the message, and not before.
    const content = new Readable({
      read() {
        handed = true
        this.push(raw)
        this.push(null)
      }
    })
    const end = (failure: SmtpFailure | null): void => {
      connection.off("error", end)
      connection.off("end", lost)
      signal.removeEventListener("abort", lost)
      resolve({ failure, handed })
    }
    const lost = (): void => end(LOST)
    connection.once("error", end)
    connection.once("end", lost)
    signal.addEventListener("abort", lost, { once: true })
    if (signal.aborted) return lost()
    // A copy: nodemailer keeps what becomes of a letter in its envelope.
    connection.send({ ...envelope }, content, (failure) => end(failure))
  })
