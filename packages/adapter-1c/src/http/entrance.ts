import { setTimeout as sleep } from "node:timers/promises"
import type { InboundHub } from "@aptekit/core"
import type { OneCConfig } from "../config.ts"
import { ExchangeFailure, failureOf, kindOf } from "../failure.ts"
import type { Jobs } from "../import/jobs.ts"
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
/** Guessing passwords gets slow. */
const WRONG_PASSWORD_MS = 1000

const cookieOf = (request: Request): string | undefined =>
  request.headers.get("cookie")?.split(";").map((part) => part.trim().split("="))
    .find(([name]) => name === COOKIE)?.[1]

const lengthOf = (request: Request): number | null => {
  const header = request.headers.get("content-length")
  return header !== null && /^\d{1,15}$/u.test(header) ? Number(header) : null
}

/** The site's side of the exchange (facts 9–32): one question in, one text out. Nothing that comes can break it. */
export class Entrance {
  readonly #config: OneCConfig
  readonly #sessions: Sessions
  readonly #jobs: Jobs
  readonly #log: InboundHub["log"]
  readonly #credentials: Credentials

  constructor(config: OneCConfig, sessions: Sessions, jobs: Jobs, log: InboundHub["log"]) {
    this.#config = config
    this.#sessions = sessions
    this.#jobs = jobs
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
    if (query.type !== "catalog" && query.type !== "sale") throw unknownType(query.type)
    if (query.mode === "checkauth") return this.#checkauth(query)
    if (query.type === "sale" && query.mode !== "init") throw ordersUnsupported()
    const session = known ?? this.#sessions.latest() ?? (await this.#sessions.create()).session
    session.active++
    try {
      return await this.#inSession(request, query, session)
    } finally {
      session.active--
      session.lastUsed = Date.now()
    }
  }

  async #inSession(request: Request, query: ExchangeQuery, session: Session): Promise<Response> {
    switch (query.mode) {
      case "init":
        return this.#init(query, session, cookieOf(request) ?? query.sessid)
      case "file":
        return this.#file(request, query, session)
      case "import":
        return this.#import(query, session)
      case "complete":
      case "deactivate":
        // Nothing is hidden because a file does not name it (R5).
        return success()
      case "info":
        return info()
      default:
        throw unknownMode(query.mode)
    }
  }

  /** Name and password with each request, or the cookie of a session that began with them. */
  async #authorize(request: Request, query: ExchangeQuery): Promise<Session | undefined> {
    const session = this.#sessions.find(cookieOf(request)) ?? this.#sessions.find(query.sessid)
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

  async #checkauth(query: ExchangeQuery): Promise<Response> {
    const { token } = await this.#sessions.create()
    return this.#isBitrix(query) ? success(COOKIE, token, `sessid=${token}`) : success(COOKIE, token)
  }

  async #init(query: ExchangeQuery, session: Session, token: string): Promise<Response> {
    if (query.type === "catalog") await session.init()
    const lines = [`zip=${this.#config.zip ? "yes" : "no"}`, `file_limit=${this.#config.fileLimit}`]
    if (!this.#isBitrix(query)) return text(lines)
    const version = /^\d\.\d{1,2}$/u.test(query.version) ? query.version : "3.1"
    return text([...lines, `sessid=${token}`, `version=${version}`])
  }

  async #file(request: Request, query: ExchangeQuery, session: Session): Promise<Response> {
    if (request.method !== "POST") throw new ExchangeFailure("mode-unknown", "Файлы передаются методом POST.")
    const name = safeName(query.filename)
    if (isIgnored(name)) {
      await drain(request.body, this.#config.limits.upload)
      return success()
    }
    await session.append(name, request.body, lengthOf(request), this.#config.limits.upload)
    return success()
  }

  async #import(query: ExchangeQuery, session: Session): Promise<Response> {
    const name = safeName(query.filename)
    const answer = await this.#jobs.ask(session, name)
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
      : `Команда mode=${shown(mode)} не поддерживается.`
  )

const ordersUnsupported = (): ExchangeFailure =>
  new ExchangeFailure(
    "orders-unsupported",
    "Обмен заказами через CommerceML в этой версии хаба не поддерживается. " +
      "Отключите обмен заказами в настройках обмена 1С."
  )
