import { createECDH, type ECDH, randomBytes } from "node:crypto"
import { createSimulator, type Simulator } from "@aptekit/core/testing"
import ece from "http_ece"
import { checkVapid } from "./vapid.ts"

const ORIGIN = "https://push.example.test"
/** RFC 8030 7.2. Bytes. */
const LARGEST = 4096
/** Seconds. */
const LONGEST_KEPT = 28 * 24 * 3600

/** A message that waits for its device, or that the device shows; opened as the device would. */
export interface SimulatedPush {
  /** Of the subscription. */
  readonly device: string
  readonly topic: string | null
  readonly ttl: number
  readonly urgency: string | null
  readonly title: string
  readonly text: string
  readonly lang: string
  readonly tag: string
  readonly url: string | null
}

/** A subscription as browsers write it (`PushSubscription.toJSON`). */
export interface PushSubscriptionJson {
  readonly endpoint: string
  readonly keys: { readonly p256dh: string; readonly auth: string }
}

interface Device {
  readonly curve: ECDH
  readonly auth: string
  /** The buyer has switched notifications off. */
  ended: boolean
}

/** A push service and the browsers behind it. */
export interface PushServiceSimulator extends Simulator<SimulatedPush> {
  readonly config: {
    readonly vapid: { readonly publicKey: string; readonly privateKey: string; readonly subject: string }
    readonly services: readonly [string]
  }
  /** A browser subscribes; `origin`: where the simulator is a process. */
  readonly subscribe: (origin?: string) => PushSubscriptionJson
  /** The buyer switches notifications off: from now on 410. */
  readonly unsubscribe: (subscription: PushSubscriptionJson) => void
  /** The next so many messages are answered so, and not taken. */
  readonly answer: (status: number, headers?: Readonly<Record<string, string>>, times?: number) => void
}

const keyPair = (): ECDH => {
  const curve = createECDH("prime256v1")
  curve.generateKeys()
  return curve
}

/** Leading zeros of a private key are part of it. */
const privateKeyOf = (curve: ECDH): string =>
  Buffer.concat([Buffer.alloc(32), curve.getPrivateKey()]).subarray(-32).toString("base64url")

const empty = (status: number, headers: Readonly<Record<string, string>> = {}): Response => new Response(null, { status, headers })

const idIn = (endpoint: string): string => new URL(endpoint).pathname.slice("/push/".length)

const open = (body: Buffer, { curve, auth }: Device): Record<string, string> =>
  JSON.parse(ece.decrypt(body, { version: "aes128gcm", privateKey: curve, authSecret: auth }).toString("utf8")) as Record<string, string>

/** The latest message of a topic takes the place of the one before. RFC 8030 5.4. */
const keep = (push: SimulatedPush, ledger: Array<SimulatedPush>): void => {
  const known = ledger.findIndex(({ device, topic }) => topic !== null && device === push.device && topic === push.topic)
  if (known === -1) ledger.push(push)
  else ledger[known] = push
}

/**
 * A push service with the browsers behind it: checks VAPID, opens what is sealed for a device (aes128gcm), keeps the latest
 * message of a topic. `POST /subscriptions` subscribes a browser, `DELETE` of an endpoint ends it.
 */
export const pushServiceSimulator = (): PushServiceSimulator => {
  const hub = keyPair()
  const publicKey = hub.getPublicKey("base64url")
  const devices = new Map<string, Device>()
  let canned: { readonly status: number; readonly headers: Readonly<Record<string, string>>; times: number } | null = null

  const subscribe = (origin = ORIGIN): PushSubscriptionJson => {
    const [id, curve, auth] = [`device-${devices.size + 1}`, keyPair(), randomBytes(16).toString("base64url")]
    devices.set(id, { curve, auth, ended: false })
    return { endpoint: `${origin}/push/${id}`, keys: { p256dh: curve.getPublicKey("base64url"), auth } }
  }
  const end = (endpoint: string): void => {
    const device = devices.get(idIn(endpoint))
    if (device !== undefined) device.ended = true
  }

  /** What is wrong with a request, as its HTTP status. */
  const refusalOf = ({ headers, url }: Request, body: Buffer, device: Device | undefined): number | null => {
    if (device === undefined) return 404
    if (device.ended) return 410
    const vapid = checkVapid(headers.get("authorization"), new URL(url).origin, publicKey)
    if (vapid !== "right") return vapid === "another key" ? 403 : 401
    if (body.length > LARGEST) return 413
    const ttl = Number(headers.get("ttl") ?? Number.NaN)
    const topic = headers.get("topic")
    const isRight = ttl >= 0 && ttl <= LONGEST_KEPT && (topic === null || /^[\w-]{1,32}$/u.test(topic)) &&
      headers.get("content-encoding") === "aes128gcm"
    return isRight ? null : 400
  }

  const take = async (request: Request, ledger: Array<SimulatedPush>): Promise<Response> => {
    const { headers, url } = request
    const id = idIn(url)
    const device = devices.get(id)
    const body = Buffer.from(await request.arrayBuffer())
    const refusal = refusalOf(request, body, device)
    if (refusal !== null) return empty(refusal)
    const { title = "", body: text = "", lang = "", tag = "", url: opens = null } = open(body, device!)
    const [topic, ttl, urgency] = [headers.get("topic"), Number(headers.get("ttl")), headers.get("urgency")]
    keep({ device: id, topic, ttl, urgency, title, text, lang, tag, url: opens }, ledger)
    return empty(201, { location: `${new URL(url).origin}/message/${ledger.length}` })
  }

  const simulator = createSimulator<SimulatedPush>({
    refuse: () => empty(403),
    handle: (request, ledger) => {
      const { origin, pathname } = new URL(request.url)
      if (pathname === "/subscriptions" && request.method === "POST") return Response.json(subscribe(origin), { status: 201 })
      if (request.method === "DELETE") {
        end(request.url)
        return empty(204)
      }
      return canned !== null && canned.times-- > 0 ? empty(canned.status, canned.headers) : take(request, ledger)
    }
  })
  return {
    ...simulator,
    config: {
      vapid: { publicKey, privateKey: privateKeyOf(hub), subject: "mailto:it@example.test" },
      services: [ORIGIN]
    },
    subscribe,
    unsubscribe: ({ endpoint }) => end(endpoint),
    answer: (status, headers = {}, times = 1) => (canned = { status, headers, times })
  }
}
