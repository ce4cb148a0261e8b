import { createHash } from "node:crypto"
import { AdapterFault, type messagesPort, Schema } from "@aptekit/core"
import { isServed } from "./services.ts"

type Message = typeof messagesPort.methods.send.input.Encoded

const Bytes = (count: number) =>
  Schema.String.check(Schema.makeFilter((text: string) => Buffer.from(text, "base64url").length === count || `${count} bytes are wanted`))

/** `PushSubscription.toJSON()` of a browser. */
const Subscription = Schema.Struct({
  endpoint: Schema.URLFromString,
  keys: Schema.Struct({ p256dh: Bytes(65), auth: Bytes(16) })
})
export type Subscription = typeof Subscription.Type
const readSubscription = Schema.decodeUnknownSync(Schema.fromJsonString(Subscription))

/** What the app's service worker gets, in the words of `showNotification(title, options)`. */
export interface Notification {
  readonly title: string
  readonly body: string
  readonly lang: string
  /** The same for the same message: a device shows one notification of it. */
  readonly tag: string
  readonly url?: string
}

/** A push message before it is sealed. */
export interface Push {
  readonly subscription: Subscription
  readonly payload: string
  /** The same for the same message: a push service keeps the latest of it that is not delivered yet. RFC 8030 5.4. */
  readonly topic: string
}

/** 4096 bytes of a body without its header, tag and end (RFC 8291 4): all that every push service takes. */
export const LONGEST = 3993

const reject = (words: string): never => {
  throw new AdapterFault(words, { outcome: "rejected" })
}

const subscriptionIn = (to: string, services: ReadonlyArray<string>): Subscription => {
  let subscription: Subscription
  try {
    subscription = readSubscription(to)
  } catch {
    // What the parser says would hold the address, which is a key to the device.
    return reject("the address is no subscription: { endpoint, keys: { p256dh, auth } } as JSON is wanted")
  }
  if (!isServed(subscription.endpoint, services)) {
    reject("the subscription is one of a push service that is not known here; name its host in `services` if it is right")
  }
  return subscription
}

/** 32 letters of the alphabet of topics. */
export const topicOf = (id: string): string => createHash("sha256").update(id).digest("base64url").slice(0, 32)

export interface Settings {
  readonly services: ReadonlyArray<string>
  readonly title: string | undefined
}

/** @throws AdapterFault `rejected`, where it can be no push message */
export const pushOf = (message: Message, { services, title: usual }: Settings): Push => {
  const { id, to, kind, text, subject, language, url } = message
  if (kind !== "push") reject(`a push service sends no ${kind}`)
  if (text.trim() === "") reject("the text is empty")
  const title = subject ?? usual
  const topic = topicOf(id)
  const notification: Notification = {
    title: title ?? text,
    body: title === undefined ? "" : text,
    lang: language,
    tag: topic,
    ...(url === undefined ? {} : { url })
  }
  const payload = JSON.stringify(notification)
  const size = Buffer.byteLength(payload)
  if (size > LONGEST) reject(`the message is too large for a push service (${size} of ${LONGEST} bytes)`)
  return { subscription: subscriptionIn(to, services), payload, topic }
}
