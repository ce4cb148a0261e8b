import { createHash } from "node:crypto"
import { domainToASCII } from "node:url"
import { AdapterFault, type messagesPort, Schema } from "@aptekit/core"
import MailComposer from "nodemailer/lib/mail-composer"

type Message = typeof messagesPort.methods.send.input.Encoded

const ADDRESS = /^[^\s@<>()[\]\\,;:"]{1,64}@[^\s@<>()[\]\\,;:"]{1,253}$/u
const domainOf = (address: string): string => domainToASCII(address.slice(address.lastIndexOf("@") + 1))
const isAddress = (text: string): boolean => ADDRESS.test(text) && domainOf(text).includes(".")

/** `no-reply@apteka.kz`; a domain may be written in its own letters. */
export const Address = Schema.String.check(
  Schema.makeFilter((text: string) => isAddress(text) || "an e-mail address such as no-reply@apteka.kz is wanted")
)

/** Who writes. */
export interface Sender {
  readonly address: string
  readonly name: string | undefined
  readonly replyTo: string | undefined
}

/** A message as SMTP hands it over. */
export interface Letter {
  readonly envelope: { readonly from: string; readonly to: string; readonly size: number }
  readonly raw: Buffer
  /** Of its Message-ID what stands before the `@`. */
  readonly reference: string
}

/** So much of a text stands for a subject where there is none; mailboxes show no more. Characters. */
const LONGEST_SUBJECT = 78

const reject = (words: string): never => {
  throw new AdapterFault(words, { outcome: "rejected" })
}

const subjectFrom = (text: string): string => {
  const line = text.trim().split(/\r?\n/u, 1)[0]!
  const letters = [...new Intl.Segmenter().segment(line)].map(({ segment }) => segment)
  return letters.length <= LONGEST_SUBJECT ? line : `${letters.slice(0, LONGEST_SUBJECT - 1).join("")}…`
}

/**
 * The same for the same message however often it is sent and over whatever server, so that a repetition is recognised. A digest:
 * ids are ours, and Message-IDs are seen by strangers. RFC 5322 3.6.4.
 */
export const referenceOf = (id: string): string => createHash("sha256").update(id).digest("hex").slice(0, 40)

/** The message as MIME. @throws AdapterFault `rejected`, where it can be no e-mail */
export const letterOf = async (message: Message, { address, name, replyTo }: Sender): Promise<Letter> => {
  const { id, to, text, html, language, kind, subject, sender = name } = message
  if (kind !== "email") reject(`a mail server sends no ${kind}`)
  if (!isAddress(to)) reject("the recipient is no e-mail address")
  if (text.trim() === "") reject("the text is empty")
  const reference = referenceOf(id)
  const mail = new MailComposer({
    messageId: `<${reference}@${domainOf(address)}>`,
    from: { address, name: sender ?? "" },
    to: { address: to, name: "" },
    ...(replyTo === undefined ? {} : { replyTo }),
    subject: subject ?? subjectFrom(text),
    text,
    ...(html === undefined ? {} : { html }),
    // No out-of-office reply is wanted (RFC 3834).
    headers: { "auto-submitted": "auto-generated", "content-language": language },
    disableFileAccess: true,
    disableUrlAccess: true
  }).compile()
  const raw = await mail.build()
  const { from, to: recipients } = mail.getEnvelope()
  if (from === false || recipients.length !== 1) return reject("the recipient is no e-mail address")
  return { envelope: { from, to: recipients[0]!, size: raw.length }, raw, reference }
}
