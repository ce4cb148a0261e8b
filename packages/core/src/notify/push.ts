import { Effect, Result } from "effect"
import type { AdapterError } from "../adapter/errors.ts"
import type { PortService } from "../adapter/port.ts"
import type { KeptSubscription } from "../store/messages.ts"
import type { messagesPort } from "./ports.ts"

type Messages = PortService<typeof messagesPort.methods>
type Sent = Effect.Success<ReturnType<Messages["send"]>>

const toOf = ({ endpoint, keys }: KeptSubscription): string => JSON.stringify({ endpoint, keys })

/** FNV-1a: tells the few browsers of a buyer apart, and does not show the address that is their key. */
const shortOf = (text: string): string => {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return (hash >>> 0).toString(36)
}

/** Each browser has an id of its own, the same at every try: what one has got must not hide it from another. */
const idFor = (id: string, { endpoint }: KeptSubscription): string => `${id}/${shortOf(endpoint)}`

/** The worst that may have happened stands for all: what nobody knows, then what may still work. */
const worstOf = (errors: ReadonlyArray<AdapterError>): AdapterError =>
  errors.find(({ outcome }) => outcome === "unknown") ?? errors.find(({ outcome }) => outcome === "unavailable") ?? errors[0]!

/**
 * Tells every browser of a buyer. Told is who was told in one of them: the others are not worth a second message to this one. A
 * browser that is gone is forgotten; where all are, the kind refuses the message.
 */
export const pushEach = (
  service: Messages,
  content: Omit<Parameters<Messages["send"]>[0], "to">,
  browsers: ReadonlyArray<KeptSubscription>,
  forget: (endpoint: string) => Effect.Effect<void>
): Effect.Effect<Sent, AdapterError> =>
  Effect.gen(function*() {
    const ended = yield* Effect.forEach(browsers, (browser) =>
      Effect.result(service.send({ ...content, id: idFor(content.id, browser), to: toOf(browser) })).pipe(
        Effect.tap((result) =>
          Result.isFailure(result) && result.failure.because === "addressGone" ? forget(browser.endpoint) : Effect.void)
      ), { concurrency: browsers.length })
    const sent = ended.find(Result.isSuccess)
    if (sent !== undefined) return sent.success
    return yield* worstOf(ended.flatMap((result) => (Result.isFailure(result) ? [result.failure] : [])))
  })

/** Did a message whose end nobody knows come to any of the browsers? */
export const pushFound = (
  service: Messages,
  id: string,
  browsers: ReadonlyArray<KeptSubscription>
): Effect.Effect<string | null, AdapterError> =>
  Effect.gen(function*() {
    for (const browser of browsers) {
      const { providerId } = yield* service.find({ id: idFor(id, browser), to: toOf(browser) })
      if (providerId !== null) return providerId
    }
    return null
  })
