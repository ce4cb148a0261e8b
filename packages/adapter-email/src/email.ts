import { isIP } from "node:net"
import { AdapterFault, defineAdapter, messagesPort, Schema } from "@aptekit/core"
import { Effect, Pool, Redacted } from "effect"
import { Address, type Letter, letterOf } from "./letter.ts"
import { type Link, type LinkOptions, OldLink, openLink } from "./smtp/link.ts"
import { SERVER } from "./smtp/replies.ts"

/** RFC 8314, RFC 6409. */
const PORTS = { tls: 465, starttls: 587, none: 25 } as const

const isHere = (host: string): boolean => host === "localhost" || (isIP(host) !== 0 && /^(?:127\.|::1$)/u.test(host))

const Config = Schema.Struct({
  host: Schema.NonEmptyString,
  /** @default 465, with `starttls` 587, with `none` 25 */
  port: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 65_535 }))),
  /** TLS from the first byte, TLS by STARTTLS or nothing, or none at all. @default "tls" */
  security: Schema.optionalKey(Schema.Literals(["tls", "starttls", "none"])),
  /** PEM of the authority that signed the server's certificate, where it is not a public one. */
  ca: Schema.optionalKey(Schema.NonEmptyString),
  auth: Schema.optionalKey(Schema.Struct({
    user: Schema.NonEmptyString,
    password: Schema.RedactedFromValue(Schema.NonEmptyString)
  })),
  /** Who writes; the address is one that the server sends for. */
  from: Schema.Struct({ address: Address, name: Schema.optionalKey(Schema.NonEmptyString) }),
  replyTo: Schema.optionalKey(Address),
  /** Connections at a time; mail providers say how many they take. @default 3 */
  parallel: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 50 })))
}).check(
  Schema.makeFilter(({ auth, security, host }) =>
    security !== "none" || auth === undefined || isHere(host) ||
    "a password over a connection without TLS is for everybody to read; set `security` to \"tls\" or \"starttls\", or leave `auth` out"
  )
)

/** Waiting for a connection, or for a new one. What takes longer was not sent, and can be tried again. */
const CONNECTED_WITHIN = "6 seconds"
/** A connection that nobody uses is closed; servers would do it themselves, a little later. */
const IDLE = "5 seconds"

/**
 * E-mail over SMTP. A letter whose answer was lost cannot be asked for and is not repeated: SMTP has no question for it, and
 * a delivery report would come by mail. Its Message-ID stays the same, so that a person can find it in the server's log.
 */
export const emailMessages = defineAdapter({
  name: "email",
  config: Config,
  ports: { messages: messagesPort },
  capabilities: {
    sms: false,
    email: true,
    push: false,
    lookUp: false,
    status: false,
    balance: false,
    deliveryReports: false,
    idempotentSend: false,
    senderNames: false
  },
  setup: (config) =>
    Effect.gen(function*() {
      const { from, replyTo } = config
      const links = yield* Pool.makeWithTTL({
        acquire: Effect.acquireRelease(
          Effect.tryPromise({ try: () => openLink(linkOptions(config)), catch: (error) => error }),
          (link) => Effect.sync(link.close)
        ),
        min: 0,
        max: config.parallel ?? 3,
        timeToLive: IDLE
      })
      return {
        messages: {
          send: (message) =>
            Effect.gen(function*() {
              const sender = { address: from.address, name: from.name, replyTo }
              const letter = yield* Effect.tryPromise({ try: () => letterOf(message, sender), catch: (error) => error })
              yield* deliver(links, letter)
              return { providerId: letter.reference }
            })
        }
      }
    })
})

const linkOptions = ({ host, port, security = "tls", ca, auth }: typeof Config.Type): LinkOptions => ({
  host,
  port: port ?? PORTS[security],
  security,
  ca,
  auth: auth === undefined ? undefined : { user: auth.user, password: Redacted.value(auth.password) }
})

const deliver = (links: Pool.Pool<Link, unknown>, letter: Letter): Effect.Effect<void, unknown> =>
  Effect.scoped(Effect.gen(function*() {
    const link = yield* Pool.get(links).pipe(
      Effect.timeoutOrElse({
        duration: CONNECTED_WITHIN,
        orElse: () => Effect.fail(new AdapterFault(`${SERVER} has no connection free`, { outcome: "unavailable" }))
      })
    )
    yield* sendOver(link, letter).pipe(Effect.onError(() => Pool.invalidate(links, link)))
  })).pipe(
    Effect.catchIf((error): error is OldLink => error instanceof OldLink, () => deliver(links, letter))
  )

const sendOver = (link: Link, letter: Letter): Effect.Effect<void, unknown> =>
  Effect.suspend(() =>
    link.isOpen()
      ? Effect.tryPromise({ try: (signal) => link.send(letter, signal), catch: (error) => error })
      : Effect.fail(new OldLink())
  )
