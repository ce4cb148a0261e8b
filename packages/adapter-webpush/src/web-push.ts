import { createECDH } from "node:crypto"
import { AdapterFault, defineAdapter, holding, messagesPort, Schema } from "@aptekit/core"
import { Redacted } from "effect"
import webPush from "web-push"
import { lost, mustBeAccepted } from "./answer.ts"
import { type Push, pushOf } from "./notification.ts"
import { KNOWN_SERVICES, Service } from "./services.ts"

/** Web-standard `fetch` that takes a `Request`: the simulator's as well as Node's own. */
type Fetch = (request: Request) => Promise<Response>

const Fetch = Schema.declare((value): value is Fetch => typeof value === "function", { expected: "a fetch function" })

const Key = (letters: number) =>
  Schema.String.check(Schema.isPattern(new RegExp(`^[\\w-]{${letters}}$`, "u"), { expected: `a key of ${letters} letters of base64url` }))

const publicKeyOf = (privateKey: string): string => {
  const curve = createECDH("prime256v1")
  curve.setPrivateKey(privateKey, "base64url")
  return curve.getPublicKey("base64url")
}

/** How push services know the hub: `npx web-push generate-vapid-keys` makes a pair. RFC 8292. */
const Vapid = Schema.Struct({
  /** The key with which the app subscribes (`applicationServerKey`): with another one all subscriptions are void. */
  publicKey: Key(87),
  privateKey: Schema.RedactedFromValue(Key(43)),
  /** Whom a push service may write to: `mailto:it@apteka.kz` or an address of https. */
  subject: Schema.String.check(
    Schema.isPattern(/^(?:mailto:[^\s@]+@[^\s@]+|https:\/\/\S+)$/u, { expected: "mailto:it@apteka.kz or https://apteka.kz" })
  )
}).check(
  Schema.makeFilter(({ publicKey, privateKey }) => {
    try {
      return publicKeyOf(Redacted.value(privateKey)) === publicKey || "`publicKey` and `privateKey` are no pair"
    } catch {
      return "`privateKey` is no key of P-256"
    }
  })
)

/** Services keep nothing longer than four weeks. Seconds. */
const LONGEST_KEPT = 28 * 24 * 3600
const DAY = 24 * 3600

/**
 * Web Push (RFC 8030, 8291, 8292): a notification of an app or a site, over the push service of the buyer's browser. The same
 * message twice is one notification: undelivered, the service keeps the latest of its topic; delivered, the device the latest of
 * its tag. What became of it nobody tells.
 */
export const webPushMessages = defineAdapter({
  name: "web-push",
  config: Schema.Struct({
    vapid: Vapid,
    /** For how long a service keeps what a device that is off cannot get; `validMinutes` of a message wins. @default a day */
    ttlSeconds: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: LONGEST_KEPT }))),
    /** What a device that saves its battery may put off. @default "normal" */
    urgency: Schema.optionalKey(Schema.Literals(["very-low", "low", "normal", "high"])),
    /** Of a notification whose message has no subject: the network's name. */
    title: Schema.optionalKey(Schema.NonEmptyString),
    /** Hosts of push services; addresses of others are refused. @default those of Chrome, Firefox, Safari and Edge */
    services: Schema.optionalKey(Schema.NonEmptyArray(Service)),
    fetch: Schema.optionalKey(Fetch)
  }),
  ports: { messages: messagesPort },
  capabilities: {
    sms: false,
    email: false,
    push: true,
    lookUp: false,
    status: false,
    balance: false,
    deliveryReports: false,
    idempotentSend: true,
    senderNames: false
  },
  setup: (config) => {
    const { vapid, urgency = "normal", ttlSeconds = DAY, title, services = KNOWN_SERVICES, fetch = globalThis.fetch } = config
    const vapidDetails = { subject: vapid.subject, publicKey: vapid.publicKey, privateKey: Redacted.value(vapid.privateKey) }
    return {
      messages: {
        send: async (message, { signal }) => {
          const push = pushOf(message, { services, title })
          const TTL = message.validMinutes === undefined ? ttlSeconds : Math.min(message.validMinutes * 60, LONGEST_KEPT)
          const { endpoint, headers, body } = sealed(push, { vapidDetails, TTL, urgency, topic: push.topic })
          // A redirect would show the message's token to another host.
          const request = new Request(endpoint, { method: "POST", headers, body, redirect: "manual", signal })
          const response = await holding(request, fetch).catch((error: unknown) => {
            throw lost(error)
          })
          await response.body?.cancel()
          mustBeAccepted(response, Date.now())
          return { providerId: push.topic }
        }
      }
    }
  }
})

/** The payload for this device alone, and the hub's word for the service. @throws AdapterFault `rejected` */
const sealed = ({ subscription, payload }: Push, options: webPush.RequestOptions) => {
  const endpoint = subscription.endpoint.href
  try {
    const request = webPush.generateRequestDetails({ endpoint, keys: subscription.keys }, payload, options)
    // `fetch` counts the body itself.
    const { "Content-Length": _, ...rest } = request.headers
    const headers = Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, String(value)]))
    return { endpoint, headers, body: new Uint8Array(request.body) }
  } catch {
    throw new AdapterFault("the keys of the subscription are none", { outcome: "rejected" })
  }
}
