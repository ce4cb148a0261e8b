import type { Instant } from "../kernel/time.ts"
import type { CallOutcome, ExchangeLogService } from "./log.ts"

type Entrance = (request: Request) => Promise<Response>

/** Of what a partner asks for, the words that name it; of everything else only that it was there. */
const SHOWN = new Set(["mode", "type", "filename", "version"])
const KEPT_TEXT = 4_096

const asked = (url: URL): string =>
  [...url.searchParams].slice(0, 20).map(([name, value]) => (SHOWN.has(name) ? `${name}=${value.slice(0, 100)}` : `${name}=…`)).join("&")

const outcomeOf = (status: number, text: string): CallOutcome => {
  if (status >= 500) return "unavailable"
  return status >= 400 || /^failure\b/u.test(text) ? "rejected" : "done"
}

/** Behind `success` a partner gets what it must show again: nobody else may read it. */
const shown = (text: string): string => (/^success\s/u.test(text) ? "success" : text)

/** A text answer short enough to be read whole beside the partner; null for others. */
const keptText = (response: Response): boolean => /^text\/plain|json/u.test(response.headers.get("content-type") ?? "")

/** Counts what goes to the partner, and keeps the beginning of a text. */
const counted = (body: ReadableStream<Uint8Array>, keep: boolean, done: (bytes: number, text: string) => void) => {
  const decoder = new TextDecoder()
  let [bytes, text] = [0, ""]
  let over = false
  const end = (): void => {
    if (!over) done(bytes, text)
    over = true
  }
  const reader = body.getReader()
  return new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const next = await reader.read().catch((error: unknown) => {
        end()
        throw error
      })
      if (next.done) {
        end()
        controller.close()
        return
      }
      bytes += next.value.byteLength
      if (keep && text.length < KEPT_TEXT) text += decoder.decode(next.value.subarray(0, KEPT_TEXT), { stream: true })
      controller.enqueue(next.value)
    },
    cancel: async (reason) => {
      end()
      await reader.cancel(reason)
    }
  })
}

/**
 * An entrance whose calls the exchange log takes down when their answer has gone out: what was asked for without its
 * values, sizes, how it ended. Bodies that come in are not kept: they may be whole catalogues, or people's orders.
 */
export const recordedEntrance =
  (connection: string, entrance: Entrance, log: ExchangeLogService, now: () => Instant): Entrance => async (request) => {
    const at = now()
    const url = new URL(request.url)
    const what = asked(url)
    const words = [...url.searchParams].filter(([name]) => name === "type" || name === "mode").map(([, value]) => value.slice(0, 40))
    const record = (outcome: CallOutcome, sentBytes: number, response: string | null, error: string | null): void =>
      log.record({
        at,
        connection,
        direction: "in",
        operation: [request.method, ...words].join(" "),
        orderId: null,
        step: null,
        workplace: null,
        outcome,
        durationMs: now() - at,
        sentBytes,
        receivedBytes: Number(request.headers.get("content-length") ?? 0) || 0,
        request: what === "" ? null : what,
        response,
        error
      })
    let response: Response
    try {
      response = await entrance(request)
    } catch (error) {
      record("unknown", 0, null, `threw: ${error instanceof Error ? error.name : typeof error}`)
      throw error
    }
    const { status } = response
    const told = (bytes: number, text: string): void => {
      const outcome = outcomeOf(status, text)
      record(outcome, bytes, text === "" ? null : shown(text), outcome === "done" ? null : `HTTP ${status}`)
    }
    if (response.body === null) {
      told(0, "")
      return response
    }
    return new Response(counted(response.body, keptText(response), told), {
      status,
      statusText: response.statusText,
      headers: response.headers
    })
  }
