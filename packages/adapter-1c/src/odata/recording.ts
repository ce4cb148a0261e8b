import { AsyncLocalStorage } from "node:async_hooks"
import { countedBody, type InboundCall } from "@aptekit/core"

export type Record1C = (call: InboundCall) => void

const task = new AsyncLocalStorage<string>()

/** Calls to the base made within belong to this task: "остатки", "заказы". */
export const inTask = <A>(name: string, work: () => Promise<A>): Promise<A> => task.run(name, work)

/** The task that is asking now; read it before waiting for a turn, which another task may give. */
export const taskNow = (): string | null => task.getStore() ?? null

const GUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/iu
const MOMENT = /^\d{4}-\d\d-\d\dT[\d:.]+$/u
/** Of an order or its part; shorter than any phone. */
const NUMBER = /^(?:\d{1,8}(?:-\d)?)?$/u

/** Which field holds a name or an address is the base's own affair: of texts only ids, dates and numbers are kept. */
const shownValue = (value: unknown): unknown => {
  if (typeof value === "string") return [GUID, MOMENT, NUMBER].some((form) => form.test(value)) ? value : "‹text›"
  if (Array.isArray(value)) return value.map(shownValue)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shownValue(inner)]))
}

/** What a call asked for: the query of a read, the fields of a write. */
const asked = (url: URL, body: string | undefined): string | null => {
  if (body !== undefined) return JSON.stringify(shownValue(JSON.parse(body)))
  return url.search === "" ? null : decodeURIComponent(url.search.slice(1))
}

interface Sent {
  readonly request: Request
  readonly url: string
  /** Under the publication, to name the operation. */
  readonly path: string
  readonly body: string | undefined
  readonly task: string | null
  /** By the status of the answer, or by the error that came instead of one. */
  readonly outcomeOf: (ended: number | Error) => InboundCall["outcome"]
}

/**
 * A call to the base that the exchange log takes down when its answer was read, given up or never came. Answers are not
 * kept: they are pages of the base.
 */
export const recordedFetch = (fetch: (request: Request) => Promise<Response>, record: Record1C) =>
  async ({ request, url, path, body, task: step, outcomeOf }: Sent): Promise<Response> => {
    const began = performance.now()
    const tell = (call: Pick<InboundCall, "outcome"> & Partial<InboundCall>): void =>
      record({
        direction: "out",
        operation: `${request.method} ${path === "" ? "/" : path}`,
        step,
        durationMs: performance.now() - began,
        sentBytes: body === undefined ? 0 : Buffer.byteLength(body),
        request: asked(new URL(url), body),
        ...call
      })
    let response: Response
    try {
      response = await fetch(request)
    } catch (error) {
      const lost = error instanceof Error ? error : new Error("unknown")
      tell({ outcome: outcomeOf(lost), error: lost.name, receivedBytes: 0 })
      throw error
    }
    const { status, statusText, headers } = response
    const ended = (receivedBytes: number): void =>
      tell({ outcome: outcomeOf(status), receivedBytes, ...(response.ok ? {} : { error: `HTTP ${status}` }) })
    if (response.body === null) {
      ended(0)
      return response
    }
    return new Response(countedBody(response.body, 0, ended), { status, statusText, headers })
  }
