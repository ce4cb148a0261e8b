import type { Instant } from "../kernel/time.ts"
import { countedBody } from "./counted.ts"
import { ABOUT_NOTHING, type CallOutcome, type ExchangeLogService } from "./log.ts"

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

/**
 * The request with its body counted where its sender does not say how long it is; and how much of it was read so far.
 * Where it says so, nothing stands in the way of a large file.
 */
const measured = (request: Request): readonly [request: Request, received: () => number] => {
  const said = request.headers.get("content-length")
  if (said !== null || request.body === null) return [request, () => Number(said ?? 0) || 0]
  let read = 0
  const counting = new TransformStream<Uint8Array, Uint8Array>({
    transform: (chunk, controller) => {
      read += chunk.byteLength
      controller.enqueue(chunk)
    }
  })
  const { method, headers, signal } = request
  // A body that flows needs `duplex`, which the types of some platforms do not know yet.
  const init = { method, headers, signal, body: request.body.pipeThrough(counting), duplex: "half" }
  return [new Request(request.url, init as RequestInit), () => read]
}

/**
 * An entrance whose calls the exchange log takes down when their answer has gone out: what was asked for without its
 * values, sizes, how it ended. Bodies that come in are not kept: they may be whole catalogues, or people's orders.
 */
export const recordedEntrance =
  (connection: string, entrance: Entrance, log: ExchangeLogService, now: () => Instant): Entrance => async (incoming) => {
    const at = now()
    const [request, received] = measured(incoming)
    const url = new URL(request.url)
    const what = asked(url)
    const words = [...url.searchParams].filter(([name]) => name === "type" || name === "mode").map(([, value]) => value.slice(0, 40))
    const record = (outcome: CallOutcome, sentBytes: number, response: string | null, error: string | null): void =>
      log.record({
        at,
        connection,
        direction: "in",
        operation: [request.method, ...words].join(" "),
        ...ABOUT_NOTHING,
        outcome,
        durationMs: now() - at,
        sentBytes,
        receivedBytes: received(),
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
    return new Response(countedBody(response.body, keptText(response) ? KEPT_TEXT : 0, told), {
      status,
      statusText: response.statusText,
      headers: response.headers
    })
  }
