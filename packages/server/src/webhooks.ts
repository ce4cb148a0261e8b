import { lookup as lookUp, type LookupAddress } from "node:dns"
import { request as plainRequest } from "node:http"
import { request as secureRequest, type RequestOptions } from "node:https"
import { BlockList, isIP, type LookupFunction } from "node:net"
import { AdapterFault, neverSent, type WebhookAnswer, type WebhookDelivery, type WebhookSender } from "@aptekit/core"
import { Webhook } from "standardwebhooks"
import { VERSION } from "./version.ts"

const TIMEOUT_MS = 10_000
/** Of an answer so much is read; whoever says more is cut off. */
const MOST_BYTES = 16 * 1024

/** Addresses that are not the public internet: what runs there must not be reached through a webhook (SSRF). */
const NOT_PUBLIC = new BlockList()
for (const [net, prefix] of [
  ["0.0.0.0", 8], ["10.0.0.0", 8], ["100.64.0.0", 10], ["127.0.0.0", 8], ["169.254.0.0", 16], ["172.16.0.0", 12],
  ["192.0.0.0", 24], ["192.0.2.0", 24], ["192.88.99.0", 24], ["192.168.0.0", 16], ["198.18.0.0", 15], ["198.51.100.0", 24],
  ["203.0.113.0", 24], ["224.0.0.0", 4], ["240.0.0.0", 4]
] as const) NOT_PUBLIC.addSubnet(net, prefix, "ipv4")
for (const [net, prefix] of [
  ["::", 96], ["64:ff9b::", 96], ["64:ff9b:1::", 48], ["100::", 64], ["2001::", 23], ["2001:db8::", 32], ["2002::", 16],
  ["fc00::", 7], ["fe80::", 9], ["ff00::", 8]
] as const) NOT_PUBLIC.addSubnet(net, prefix, "ipv6")

/** Is this an address of the public internet? Also of IPv4 written as IPv6. */
export const isPublic = (address: string): boolean => {
  const family = isIP(address)
  if (family === 0) return false
  const [, mapped] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/iu.exec(address) ?? []
  if (mapped !== undefined) return isPublic(mapped)
  if (family === 6 && /^::ffff:/iu.test(address)) return false
  return !NOT_PUBLIC.check(address, family === 4 ? "ipv4" : "ipv6")
}

const refused = (host: string): AdapterFault =>
  new AdapterFault(
    `${host} is no public address; a webhook there needs webhooks: { allowPrivate: true } in the configuration`,
    { outcome: "rejected" }
  )

/**
 * The addresses that are connected to are the ones that were looked at: a name that changes its mind between two
 * look-ups gains nothing.
 */
const publicLookup: LookupFunction = (hostname, options, done) => {
  lookUp(hostname, { ...options, all: true }, (error, addresses: ReadonlyArray<LookupAddress>) => {
    if (error !== null) return done(error, "", 4)
    if (addresses.some(({ address }) => !isPublic(address))) return done(refused(hostname), "", 4)
    if (options.all === true) return done(null, [...addresses])
    return done(null, addresses[0]!.address, addresses[0]!.family)
  })
}

/** Standard Webhooks: one id for all tries, the time of this one, a signature for each secret. */
export const signedHeaders = ({ id, at, secrets, body }: WebhookDelivery): Readonly<Record<string, string>> => ({
  "webhook-id": id,
  "webhook-timestamp": String(Math.floor(at / 1000)),
  "webhook-signature": secrets.map((secret) => new Webhook(secret).sign(id, new Date(at), body)).join(" ")
})

const faultOf = (error: unknown): AdapterFault => {
  if (error instanceof AdapterFault) return error
  const code = (error as NodeJS.ErrnoException).code ?? (error instanceof Error ? error.name : "error")
  return new AdapterFault(`no answer: ${code}`, { outcome: neverSent(error) ? "unavailable" : "unknown" })
}

/** To which addresses webhooks go. */
export interface WebhookOptions {
  /** Loopback and private networks too. */
  readonly allowPrivate?: boolean
  readonly timeoutMs?: number
}

/** Sends signed webhooks: no redirects, ten seconds, 16 kB of the answer, public addresses only. */
export const webhookSender = (options: WebhookOptions = {}): WebhookSender => async (delivery) => {
  const url = new URL(delivery.url)
  const host = url.hostname.replace(/^\[|\]$/gu, "")
  if (options.allowPrivate !== true && isIP(host) !== 0 && !isPublic(host)) throw refused(host)
  const settings: RequestOptions = {
    method: "POST",
    headers: {
      ...signedHeaders(delivery),
      "content-type": "application/json",
      "content-length": Buffer.byteLength(delivery.body),
      "user-agent": `Aptekit/${VERSION}`
    },
    signal: AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS),
    agent: false,
    ...(options.allowPrivate === true ? {} : { lookup: publicLookup })
  }
  return call(url, settings, delivery.body).catch((error: unknown) => {
    throw faultOf(error)
  })
}

/** The status is the answer: a body that is too long, drips or breaks off takes nothing back. */
const call = (url: URL, settings: RequestOptions, body: string): Promise<WebhookAnswer> =>
  new Promise((resolve, reject) => {
    const request = (url.protocol === "https:" ? secureRequest : plainRequest)(url, settings, (response) => {
      const parts: Array<Buffer> = []
      let bytes = 0
      const end = (): void =>
        resolve({
          status: response.statusCode ?? 0,
          text: Buffer.concat(parts).toString("utf8").slice(0, MOST_BYTES),
          ...(response.headers["retry-after"] === undefined ? {} : { retryAfter: response.headers["retry-after"] })
        })
      response.on("data", (part: Buffer) => {
        parts.push(part)
        bytes += part.length
        if (bytes < MOST_BYTES) return
        end()
        request.destroy()
      })
      response.on("end", end)
      response.on("error", end)
      request.off("error", reject)
      request.on("error", end)
    })
    request.on("error", reject)
    request.end(body)
  })
