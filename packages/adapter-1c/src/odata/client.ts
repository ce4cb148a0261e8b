import { setTimeout as sleep } from "node:timers/promises"
import { faultOf, lostFault, oddAnswer, type Purpose, toldIn } from "./answer.ts"
import { ODataFault } from "./fault.ts"
import { Gate } from "./gate.ts"
import { type Record1C, recordedFetch, taskNow } from "./recording.ts"
import { Patience } from "./patience.ts"
import { expectJson, piecesOf, rowsIn } from "./rows-in.ts"
import { BaseSession, type Entry } from "./session.ts"
import { XmlError } from "../xml/error.ts"
import type { Row } from "./values.ts"

const JSON_FORMAT = "application/json;odata=nometadata"

/** Nobody waits longer to say goodbye. */
const FINISH_MS = 5000

/** A web-standard fetch of one request: the global one, or a simulator's. */
export type Fetch = (request: Request) => Promise<Response>
export type Query = Readonly<Record<string, string | number | boolean | undefined>>

export interface ODataClientOptions {
  /** The publication's address, up to and with `odata/standard.odata`. */
  readonly url: string
  readonly login: string
  readonly password: string
  readonly fetch?: Fetch
  /** Calls at once. */
  readonly concurrency?: number
  /** Calls a second; left out, as many as `concurrency` lets through. */
  readonly perSecond?: number | undefined
  readonly timeoutMs?: number
  /** How often a read is repeated after trouble on the way, with pauses that double. */
  readonly retries?: number
  readonly backoffMs?: number
  /** Use `IBSession` (fact 84). */
  readonly session?: boolean
  /** How JSON is asked for: by the Accept header alone, or by `$format` too where a proxy eats the header (fact 69). */
  readonly format?: "accept" | "query"
  readonly signal?: AbortSignal
  /** Where each call is told: the exchange log. Left out, nowhere. */
  readonly record?: Record1C
}

interface Call {
  readonly method: string
  readonly path: string
  readonly query: Query
  readonly purpose: Purpose
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly task?: string | null
  /** In the place of the usual one, which is for all of the answer. */
  readonly patience?: Patience
}

/**
 * Standard OData of a 1C base (v3, fact 68 ff.). Reads are repeated a few times; a write is sent once, and what its
 * failure means is in the fault's outcome: `unknown` says "ask before you send it again". There is no delete: in 1C
 * that is physical (fact 72).
 */
export class ODataClient {
  readonly #options: Required<Omit<ODataClientOptions, "signal" | "perSecond">> & {
    readonly signal: AbortSignal | undefined
  }
  readonly #fetch: ReturnType<typeof recordedFetch>
  readonly #gate: Gate
  readonly #session: BaseSession
  readonly #authorization: string

  constructor(options: ODataClientOptions) {
    this.#options = {
      fetch: (request) => globalThis.fetch(request),
      concurrency: 2,
      timeoutMs: 60_000,
      retries: 3,
      backoffMs: 500,
      session: true,
      format: "accept",
      record: () => undefined,
      ...options,
      signal: options.signal,
      url: options.url.replace(/\/+$/u, "")
    }
    this.#fetch = recordedFetch(this.#options.fetch, this.#options.record)
    this.#gate = new Gate(this.#options.concurrency, options.perSecond)
    this.#session = new BaseSession(this.#options.session)
    // Names of users are Russian: Basic in UTF-8 (fact 91).
    this.#authorization = `Basic ${Buffer.from(`${options.login}:${options.password}`, "utf8").toString("base64")}`
  }

  get url(): string {
    return this.#options.url
  }

  /** An entity, or a page of a set. */
  async get(path: string, query: Query = {}): Promise<Row> {
    const call: Call = { method: "GET", path, query, purpose: "read" }
    return this.#patiently(async () => json(await this.#call(call), "read", path))
  }

  /**
   * The rows of a set as they flow, some at a time: neither a page nor a whole table is ever in memory. `head` is given the
   * answer without them, at its end. Repeated only until it begins to flow, which an empty piece tells; from then on
   * `timeoutMs` is for each piece.
   */
  async *flow(path: string, query: Query, head: (answer: Row) => void): AsyncGenerator<ReadonlyArray<Row>> {
    const patience = new Patience(this.#options.timeoutMs)
    try {
      const response = await this.#patiently(async () =>
        expectJson(await this.#call({ method: "GET", path, query, purpose: "read", patience }), path))
      patience.end()
      yield []
      head(yield* rowsIn(response, path, patience))
    } finally {
      patience.end()
    }
  }

  /** `/$count` is text with a BOM (fact 74). */
  async count(path: string, query: Query = {}): Promise<number> {
    return this.#patiently(async () => {
      const response = await this.#call({ method: "GET", path: `${path}/$count`, query, purpose: "read" })
      const text = (await body(response, "read", path)).replace(/^\uFEFF/u, "").trim()
      if (!/^\d+$/u.test(text)) throw oddAnswer("read", path, response.headers.get("content-type") ?? "")
      return Number(text)
    })
  }

  /**
   * XML: `$metadata`, or what `SelectChanges` answers. `read` begins anew where an answer breaks off or is no XML; `timeoutMs` is
   * for each piece.
   */
  async xml<A>(
    path: string,
    read: (pieces: AsyncIterable<Uint8Array>) => Promise<A>,
    { query = {}, method = "GET" }: { readonly query?: Query; readonly method?: "GET" | "POST" } = {}
  ): Promise<A> {
    const headers = { accept: "application/atom+xml, application/xml" }
    return this.#patiently(async () => {
      const patience = new Patience(this.#options.timeoutMs)
      try {
        const response = await this.#call({ method, path, query, purpose: "read", headers, patience })
        const type = response.headers.get("content-type") ?? ""
        if (response.body !== null && /xml/iu.test(type)) return await read(piecesOf(response.body, path, patience))
        await response.body?.cancel()
        throw oddAnswer("read", path, type, "XML")
      } catch (error) {
        throw error instanceof XmlError ? oddAnswer("read", path, "", "XML") : error
      } finally {
        patience.end()
      }
    })
  }

  /** Makes an object; the answer is the object. */
  async create(path: string, row: Row): Promise<Row> {
    return this.#write({ method: "POST", path, query: {}, purpose: "write", body: JSON.stringify(row) })
  }

  /** Changes named fields. `version`: what `DataVersion` was when they were compared (fact 81). */
  async patch(path: string, row: Row, version?: string): Promise<Row> {
    const headers = version === undefined ? {} : { "if-match": version }
    return this.#write({ method: "PATCH", path, query: {}, purpose: "write", body: JSON.stringify(row), headers })
  }

  /** A method of an object, such as `Post`. What it answers nobody knows, but that it is no page. */
  async invoke(path: string, query: Query = {}): Promise<void> {
    const response = await this.#call({ method: "POST", path, query, purpose: "write" })
    await response.body?.cancel()
    if (isHtml(response)) throw oddAnswer("write", path, response.headers.get("content-type") ?? "")
  }

  /** Ends the session, so that its licence is free. Never fails. */
  async finish(): Promise<void> {
    const last = await this.#session.finish()
    if (last === null) return
    const headers = { ...last, authorization: this.#authorization }
    const signal = AbortSignal.timeout(Math.min(this.#options.timeoutMs, FINISH_MS))
    const request = new Request(this.#options.url, { headers, signal })
    const sent = { request, url: this.#options.url, path: "", body: undefined, task: taskNow(), outcomeOf: outcomeOf("read", "") }
    await this.#fetch(sent).then((response) => response.body?.cancel(), () => undefined)
  }

  async #write(call: Call): Promise<Row> {
    return json(await this.#call(call), "write", call.path)
  }

  async #patiently<A>(read: () => Promise<A>): Promise<A> {
    const { retries, backoffMs, signal } = this.#options
    for (let attempt = 0; ; attempt++) {
      try {
        return await read()
      } catch (error) {
        const worthIt = error instanceof ODataFault && error.outcome === "unavailable" && error.blame === "partner"
        if (!worthIt || attempt >= retries || signal?.aborted === true) throw error
      }
      await sleep(backoffMs * 2 ** attempt, undefined, signal === undefined ? {} : { signal })
    }
  }

  async #call(call: Call): Promise<Response> {
    const asked = { ...call, task: taskNow() }
    return this.#gate.run(() => this.#inSession(asked))
  }

  /** 400 to a session's start: without it. Anyone but the interface answers a cookie: a new session (fact 84). */
  async #inSession(call: Call): Promise<Response> {
    const entry = await this.#session.enter()
    const isKnown = entry.session !== null && !entry.isStart
    try {
      const response = await this.#send(call, entry.headers)
      this.#session.learn(entry, response)
      if (response.ok) return isKnown && isHtml(response) ? await this.#shownOut(call, entry, response) : response
      const text = await body(response, call.purpose, call.path)
      if (entry.isStart && response.status === 400) return await this.#withoutSession(call)
      if (isKnown && isForgotten(response.status, text)) {
        this.#session.drop(entry)
        // Behind a server's own error nobody knows what became of a write.
        if (call.purpose === "read" || response.status < 500) return await this.#again(call)
      }
      throw faultOf(response.status, text, call.purpose, call.path)
    } finally {
      entry.done()
    }
  }

  /** A page where an answer should be, such as that of a login: the session is gone. A write may have been done. */
  async #shownOut(call: Call, entry: Entry, response: Response): Promise<Response> {
    this.#session.drop(entry)
    if (call.purpose === "write") return response
    await response.body?.cancel()
    return this.#again(call)
  }

  async #withoutSession(call: Call): Promise<Response> {
    const response = await this.#send(call, {})
    if (!response.ok) throw await refusalIn(response, call)
    this.#session.disable()
    return response
  }

  async #again(call: Call): Promise<Response> {
    const entry = await this.#session.enter()
    try {
      const response = await this.#send(call, entry.headers)
      this.#session.learn(entry, response)
      if (!response.ok) throw await refusalIn(response, call)
      return response
    } finally {
      entry.done()
    }
  }

  async #send(call: Call, session: Readonly<Record<string, string>>): Promise<Response> {
    const { timeoutMs, signal, format } = this.#options
    const query = format === "query" && call.headers?.["accept"] === undefined
      ? { ...call.query, $format: "json;odata=nometadata" }
      : call.query
    const headers = {
      accept: JSON_FORMAT,
      ...(call.body === undefined ? {} : { "content-type": "application/json;charset=utf-8" }),
      ...call.headers,
      ...session,
      authorization: this.#authorization
    }
    const target = this.#options.url + address(call.path, query)
    if (target.length > MOST_ADDRESS) throw tooLong(call.path, target.length)
    // From here on, not while the call waited for its turn.
    call.patience?.begin()
    const timeout = call.patience?.signal ?? AbortSignal.timeout(timeoutMs)
    const request = new Request(target, {
      method: call.method,
      headers,
      signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
      redirect: "manual",
      ...(call.body === undefined ? {} : { body: call.body })
    })
    const { purpose, path, body, task = null } = call
    try {
      return await this.#fetch({ request, url: target, path, body, task, outcomeOf: outcomeOf(purpose, path) })
    } catch (error) {
      throw lostFault(error, purpose, path)
    }
  }
}

/** For the exchange log: how a call ended by its status, or by what came instead of one. */
const outcomeOf = (purpose: Purpose, path: string) => (ended: number | Error) => {
  if (ended instanceof Error) return lostFault(ended, purpose, path).outcome
  return ended < 400 ? "done" : faultOf(ended, "", purpose, path).outcome
}

/** Web servers refuse longer ones (Apache takes 8,190 bytes of the first line) with a page that says nothing. */
const MOST_ADDRESS = 8000

const tooLong = (path: string, length: number): ODataFault =>
  new ODataFault(`Адрес запроса к ${path} длиной ${length} не примет веб-сервер: сократите filter и имена в mapping.`, {
    outcome: "rejected",
    blame: "setup"
  })

/** Not `URLSearchParams`: a blank is %20 here. */
const address = (path: string, query: Query): string => {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined)
  const text = pairs.map(([key, value]) => `${key}=${encodeURIComponent(String(value))}`).join("&")
  return `/${encodeURI(path)}${text === "" ? "" : `?${text}`}`
}

const refusalIn = async (response: Response, { purpose, path }: Call): Promise<ODataFault> =>
  faultOf(response.status, await body(response, purpose, path), purpose, path)

const isHtml = (response: Response): boolean => /html/iu.test(response.headers.get("content-type") ?? "")

/**
 * Does the base no longer know the session? What it says then nobody knows (fact 84): a refusal in anybody's words but the
 * interface's, or a failure that speaks of sessions.
 */
const isForgotten = (status: number, text: string): boolean => {
  if (status === 412 || toldIn(text) !== undefined) return false
  return status < 500 || /сеанс|session/iu.test(text)
}

const body = async (response: Response, purpose: Purpose, where: string): Promise<string> => {
  try {
    return await response.text()
  } catch (error) {
    throw lostFault(error, purpose, where)
  }
}

const json = async (response: Response, purpose: Purpose, where: string): Promise<Row> => {
  const type = response.headers.get("content-type") ?? ""
  const text = await body(response, purpose, where)
  if (response.status === 204) return {}
  if (!/json/iu.test(type)) throw oddAnswer(purpose, where, type)
  try {
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/u, ""))
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Row
  } catch {
    // As odd as another type.
  }
  throw oddAnswer(purpose, where, type)
}
