import { AdapterFault, type FaultOptions } from "@aptekit/core"

export const SERVER = "the mail server"

/** What nodemailer says of a failure; its message and `response` may hold an address, so neither is passed on. */
export interface SmtpFailure {
  /** nodemailer's own: EAUTH, ETLS, EENVELOPE, EMESSAGE, ECONNECTION… */
  readonly code?: string | undefined
  /** The command that was answered, `CONN` where it is the connection, `API` where nothing was sent. */
  readonly command?: string | undefined
  readonly responseCode?: number | undefined
  readonly response?: string | undefined
  /** Of the system or of TLS, under nodemailer's own. */
  readonly originalCode?: string | undefined
}

const fault = (words: string, options: FaultOptions): AdapterFault => new AdapterFault(`${SERVER} ${words}`, options)

/** `550 5.1.1`: the reply without its words. RFC 5321, RFC 3463. */
export const replyOf = ({ response = "", responseCode }: SmtpFailure): string => {
  const enhanced = /^\d{3}[ -]([245]\.\d{1,3}\.\d{1,3})\b/u.exec(response)?.[1]
  if (responseCode === undefined) return "no reply that SMTP knows"
  return enhanced === undefined ? String(responseCode) : `${responseCode} ${enhanced}`
}

/** The subject and detail of a status code, x.7.1 → `7.1`. */
const detailOf = (failure: SmtpFailure): string => /\.(\d+\.\d+)$/u.exec(replyOf(failure))?.[1] ?? ""

const isPermanent = ({ responseCode = 0 }: SmtpFailure): boolean => responseCode >= 500 && responseCode < 600
const isTransient = ({ responseCode = 0 }: SmtpFailure): boolean => responseCode >= 400 && responseCode < 500

/** Certificates and handshakes do not mend themselves. */
const isTls = ({ code, originalCode = "" }: SmtpFailure): boolean => code === "ETLS" || /CERT|TLS|SSL|SIGNATURE/u.test(originalCode)

/**
 * How sending ended. Until the message itself is handed over nothing was sent, whatever happens; after that only a reply
 * of the server says how it ended, and without one nobody knows.
 */
export const faultOf = (failure: SmtpFailure, handed: boolean): AdapterFault =>
  handed ? afterHandingOver(failure) : beforeHandingOver(failure)

const afterHandingOver = (failure: SmtpFailure): AdapterFault => {
  if (failure.code !== "EMESSAGE" || !(isPermanent(failure) || isTransient(failure))) {
    return fault("did not say whether it took the message", { outcome: "unknown" })
  }
  return refused("this message", failure)
}

const beforeHandingOver = (failure: SmtpFailure): AdapterFault => {
  const reply = replyOf(failure)
  if (failure.code === "EAUTH") return loginFault(failure)
  if (isTls(failure)) {
    return fault("has no TLS that can be trusted; check `host`, `security` and `ca`", { outcome: "unavailable", because: "gateway" })
  }
  if (failure.responseCode === 530) {
    return fault(`wants a login first; set \`auth\` (${reply})`, { outcome: "unavailable", because: "gateway" })
  }
  if (failure.code === "EMESSAGE") return fault("takes no message of this size", { outcome: "rejected" })
  if (failure.command === "API") return fault("cannot be given this address", { outcome: "rejected" })
  if (failure.code === "EENVELOPE" && isPermanent(failure)) return envelopeFault(failure)
  if (failure.responseCode !== undefined) return fault(`takes no message for now (${reply})`, { outcome: "unavailable" })
  return fault("cannot be reached", { outcome: "unavailable" })
}

const loginFault = (failure: SmtpFailure): AdapterFault =>
  isTransient(failure)
    ? fault(`lets nobody in for now (${replyOf(failure)})`, { outcome: "unavailable" })
    : fault(`does not let the account in; check \`auth\` (${replyOf(failure)})`, { outcome: "unavailable", because: "gateway" })

const envelopeFault = (failure: SmtpFailure): AdapterFault => {
  const reply = replyOf(failure)
  // The session was out of step, not the message: a new connection mends it.
  if (failure.responseCode === 503) return fault(`lost the thread (${reply})`, { outcome: "unavailable" })
  if (failure.command === "MAIL FROM") {
    return fault(`does not send for this sender; check \`from\` (${reply})`, { outcome: "unavailable", because: "gateway" })
  }
  return refused(failure.command === "RCPT TO" ? "this recipient" : "this message", failure)
}

/** x.7.z is policy: the account may not send this, another one may. x.4.5: the account's quota is used up. */
const refused = (what: string, failure: SmtpFailure): AdapterFault => {
  const reply = replyOf(failure)
  const detail = detailOf(failure)
  if (isTransient(failure)) return fault(`put ${what} off (${reply})`, { outcome: "unavailable" })
  if (detail === "4.5") return fault(`takes no more for now (${reply})`, { outcome: "unavailable", because: "gateway" })
  const policy = detail.startsWith("7.") ? { because: "gateway" as const } : {}
  return fault(`does not take ${what} (${reply})`, { outcome: "rejected", ...policy })
}
