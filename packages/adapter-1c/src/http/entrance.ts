import { setTimeout as sleep } from "node:timers/promises"
import type { InboundHub } from "@aptekit/core"
import type { OneCConfig } from "../config.ts"
import { ExchangeFailure, failureOf, kindOf } from "../failure.ts"
import type { Jobs } from "../import/jobs.ts"
import type { SaleService } from "../sale/service.ts"
import { isIgnored, safeName } from "../spool/file-name.ts"
import { drain } from "../spool/receive.ts"
import type { Session } from "../spool/session.ts"
import type { Sessions } from "../spool/sessions.ts"
import { failure, info, progress, success, text, unauthorized } from "./answers.ts"
import { Credentials } from "./credentials.ts"
import { type ExchangeQuery, queryOf } from "./query.ts"

/** Cookie by which 1C says that it is the same session. */
const COOKIE = "aptekit1c"
const MAX_DRAINED = 64 * 1024 * 1024
/** A longer one is none. */
const MAX_VERSION = 10
/** Guessing passwords gets slow. */
const WRONG_PASSWORD_MS = 1000

const cookieOf = (request: Request): string | undefined =>
  request.headers.get("cookie")?.split(";").map((part) => part.trim().split("="))
    .find(([name]) => name === COOKIE)?.[1]

const lengthOf = (request: Request): number | null => {
  const header = request.headers.get("content-length")
  return header !== null && /^\d{1,15}$/u.test(header) ? Number(header) : null
}

/** What each of the two exchanges, catalogue and orders, has of its own. */
interface Lane {
  readonly sessions: Sessions
  readonly jobs: Jobs
}

/** The site's side of the exchange (facts 9–32): one question in, one text out. Nothing that comes can break it. */
export class Entrance {
  readonly #config: OneCConfig
  readonly #catalog: Lane
  readonly #sale: SaleService | undefined
  readonly #log: InboundHub["log"]
  readonly #credentials: Credentials

  constructor(config: OneCConfig, catalog: Lane, sale: SaleService | undefined, log: InboundHub["log"]) {
    this.#config = config
    this.#catalog = catalog
    this.#sale = sale
    this.#log = log
    this.#credentials = new Credentials(config.login, config.password)
  }

  async handle(request: Request): Promise<Response> {
    const query = queryOf(request.url)
    try {
      return await this.#answer(request, query)
    } catch (error) {
      const told = failureOf(error)
      const reason = kindOf(told.cause ?? told)
      this.#log("exchange refused", { code: told.code, type: shown(query.type), mode: shown(query.mode), reason })
      // A client that still sends would not read the answer.
      await drain(request.bodyUsed ? null : request.body, MAX_DRAINED).catch(() => 0)
      return told.code === "no-credentials" ? unauthorized(told.message) : failure(told.message)
    }
  }

  async #answer(request: Request, query: ExchangeQuery): Promise<Response> {
    const known = await this.#authorize(request, query)
    const lane = this.#laneOf(query)
    if (query.mode === "checkauth") return this.#checkauth(query, lane)
    // Where orders are off only the questions of "check the connection" come as far as here.
    if (query.type === "sale" && this.#sale === undefined) return this.#parameters(request, query)
    const session = this.#sessionOf(known, query, lane) ?? (await lane.sessions.create(query.mode !== "init")).session
    session.active++
    try {
      return await this.#inSession(request, query, session)
    } finally {
      session.active--
      session.lastUsed = Date.now()
    }
  }

  /** The exchange of orders has sessions of its own: those of the catalogue may hold a gigabyte. */
  #laneOf(query: ExchangeQuery): Lane {
    if (query.type === "catalog") return this.#catalog
    if (query.type !== "sale") throw unknownType(query.type)
    // "Check the connection" of 1C asks as far as init: it is to pass.
    if (this.#sale === undefined && !["checkauth", "init"].includes(query.mode)) throw ordersOff()
    return this.#sale ?? this.#catalog
  }

  /**
   * Where the request has no session of this lane, an init begins one: it takes nothing away from a client that is sending.
   * Any other request belongs to the last one: cookies get lost, and some clients never have one. Of a client that does not
   * say init either the next file begins its next exchange.
   */
  #sessionOf(known: Session | undefined, query: ExchangeQuery, lane: Lane): Session | undefined {
    if (known !== undefined && lane.sessions.all().includes(known)) return known
    const latest = lane.sessions.latest()
    return query.mode === "init" || (query.mode === "file" && latest?.isOver === true) ? undefined : latest
  }

  async #inSession(request: Request, query: ExchangeQuery, session: Session): Promise<Response> {
    const sale = query.type === "sale" ? this.#sale : undefined
    switch (query.mode) {
      case "init":
        return this.#init(request, query, session)
      case "file":
        return this.#file(request, query, session)
      case "import":
        return this.#import(query, session, (sale ?? this.#catalog).jobs)
      case "query":
        if (sale === undefined) throw unknownMode(query.mode)
        return sale.query(session)
      case "success":
        await sale?.success(session)
        return success()
      case "complete":
      case "deactivate":
        // Nothing is hidden because a file does not name it (R5).
        return success()
      case "info":
        return sale?.info() ?? info()
      default:
        throw unknownMode(query.mode)
    }
  }

  /** Name and password with each request, or the cookie of a session that began with them. */
  async #authorize(request: Request, query: ExchangeQuery): Promise<Session | undefined> {
    const both = [this.#catalog, ...(this.#sale === undefined ? [] : [this.#sale])]
    // A cookie of the catalogue may still come with a session of orders in the address.
    const lanes = query.type === "sale" ? both.toReversed() : both
    const tokens = [cookieOf(request), query.sessid]
    const session = lanes.flatMap(({ sessions }) => tokens.map((token) => sessions.find(token))).find((s) => s !== undefined)
    const verdict = this.#credentials.check(request.headers.get("authorization"))
    if (verdict === "right" || (verdict === "none" && session !== undefined)) return session
    if (verdict === "none") {
      throw new ExchangeFailure(
        "no-credentials",
        "Не указаны имя пользователя и пароль. Заполните их в настройках обмена 1С."
      )
    }
    await sleep(Math.min(WRONG_PASSWORD_MS, this.#config.pollDelayMs))
    throw new ExchangeFailure(
      "wrong-credentials",
      "Неверное имя пользователя или пароль. Проверьте их в настройках обмена 1С и в настройках хаба."
    )
  }

  async #checkauth(query: ExchangeQuery, lane: Lane): Promise<Response> {
    const { token } = await lane.sessions.create()
    return this.#isBitrix(query) ? success(COOKIE, token, `sessid=${token}`) : success(COOKIE, token)
  }

  async #init(request: Request, query: ExchangeQuery, session: Session): Promise<Response> {
    const version = query.version.slice(0, MAX_VERSION)
    if (query.type === "sale" && this.#sale !== undefined) await this.#sale.begin(session, version)
    else await session.init(version)
    return this.#parameters(request, query)
  }

  #parameters(request: Request, query: ExchangeQuery): Response {
    const lines = [`zip=${this.#config.zip ? "yes" : "no"}`, `file_limit=${this.#config.fileLimit}`]
    if (!this.#isBitrix(query)) return text(lines)
    const token = cookieOf(request) ?? query.sessid
    const version = /^\d\.\d{1,2}$/u.test(query.version) ? query.version : "3.1"
    return text([...lines, `sessid=${token}`, `version=${version}`])
  }

  async #file(request: Request, query: ExchangeQuery, session: Session): Promise<Response> {
    if (request.method !== "POST") {
      throw new ExchangeFailure("mode-unknown", "Файлы передаются методом POST. Проверьте прокси между 1С и хабом.")
    }
    const name = safeName(query.filename)
    if (isIgnored(name)) {
      await drain(request.body, this.#config.limits.upload)
      return success()
    }
    try {
      await session.append(name, request.body, lengthOf(request), this.#config.limits.upload)
    } finally {
      if (query.type === "sale") this.#sale?.uploaded(session)
    }
    return success()
  }

  async #import(query: ExchangeQuery, session: Session, jobs: Jobs): Promise<Response> {
    const name = safeName(query.filename)
    const answer = await jobs.ask(session, name)
    if (answer.kind === "success") return success()
    return answer.kind === "progress" ? progress(answer.message) : failure(answer.failure.message)
  }

  /** Only Bitrix's module sends a version (fact 15). */
  #isBitrix(query: ExchangeQuery): boolean {
    const { dialect } = this.#config
    return dialect === "bitrix" || (dialect === "auto" && query.version !== "")
  }
}

const shown = (word: string): string => word.replace(/[^\p{L}\p{N}_-]/gu, "?").slice(0, 40)

const unknownType = (type: string): ExchangeFailure =>
  new ExchangeFailure(
    "type-unknown",
    type === ""
      ? "В адресе нет параметра type. Проверьте адрес обмена в настройках 1С."
      : `Обмен вида type=${shown(type)} не поддерживается. Отключите его в настройках обмена 1С.`
  )

const unknownMode = (mode: string): ExchangeFailure =>
  new ExchangeFailure(
    "mode-unknown",
    mode === ""
      ? "В адресе нет параметра mode. Проверьте адрес обмена в настройках 1С."
      : `Команда mode=${shown(mode)} не поддерживается. Проверьте адрес обмена и отключите её в настройках обмена 1С.`
  )

const ordersOff = (): ExchangeFailure =>
  new ExchangeFailure(
    "orders-off",
    "Обмен заказами для этого соединения хаба выключен. Включите его в настройках соединения (orders) " +
      "или отключите обмен заказами в настройках обмена 1С."
  )
