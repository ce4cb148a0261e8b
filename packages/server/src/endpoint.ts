import { hash, randomUUID } from "node:crypto"
import type { ApiKey } from "@aptekit/core"
import type { Context } from "hono"
import { rolesOf } from "./access.ts"
import { readJson } from "./http/body.ts"
import { addressOf } from "./http/client.ts"
import type { Limits } from "./http/limits.ts"
import { describeError, type Log } from "./log.ts"
import { countRequest } from "./metrics.ts"
import type { Operation, Services } from "./operation.ts"
import { HttpProblem, internalProblem, problemOf, problemResponse, PROBLEMS } from "./problems.ts"

/** Bytes of an ordinary body, and of a bulk one. */
export interface BodyLimits {
  readonly ordinary: number
  readonly bulk: number
}

/** What the door of every operation needs. */
export interface Door extends Services {
  readonly limits: Limits
  readonly bodies: BodyLimits
  readonly log: Log
  readonly draining: () => boolean
  /** Milliseconds before an answer is given up; bulk operations get four times that. */
  readonly timeoutMs: number
}

export const WWW_AUTHENTICATE = { "www-authenticate": 'Bearer realm="aptekit"' }

/** The key that the call carries, looked up by its hash. */
export const keyOf = (c: Context, services: Pick<Services, "network">): ApiKey | undefined => {
  const [, text] = /^Bearer +(\S+)$/iu.exec(c.req.header("authorization") ?? "") ?? []
  return text === undefined ? undefined : services.network().key(hash("sha256", text))
}

const authenticate = async (c: Context, door: Door): Promise<ApiKey> => {
  const key = keyOf(c, door)
  if (key !== undefined) return key
  await door.limits.failure(addressOf(c))
  throw new HttpProblem(
    "unauthorized",
    "Send Authorization: Bearer <key> with a key of this network.",
    {},
    WWW_AUTHENTICATE
  )
}

/** Gives up waiting, not the work: what was begun may still be done. */
const within = async (work: Promise<Response>, ms: number): Promise<Response> => {
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const detail = `No answer within ${ms / 1000} s. It may still be done: repeat it with the same key.`
      reject(new HttpProblem("timeout", detail, { outcome: "unknown" }, { "retry-after": "2" }))
    }, ms)
  })
  try {
    return await Promise.race([work, deadline])
  } finally {
    clearTimeout(timer)
  }
}

const admit = async (c: Context, operation: Operation, door: Door): Promise<ApiKey> => {
  if (door.draining()) {
    throw new HttpProblem(
      "shuttingDown",
      "Nothing was done; send it again.",
      { outcome: "notApplied" },
      { "retry-after": "1" }
    )
  }
  const key = await authenticate(c, door)
  if (!rolesOf(operation.id).includes(key.role)) {
    throw new HttpProblem("forbidden", `${operation.id} is not for keys of the role ${key.role}.`)
  }
  await door.limits.request(key.hash)
  return key
}

const answer = async (c: Context, operation: Operation, door: Door): Promise<Response> => {
  const key = await admit(c, operation, door)
  const { body } = operation
  if (body === undefined) return operation.handle({ ...door, c, key, body: undefined })
  const limit = body.bulk ? door.bodies.bulk : door.bodies.ordinary
  return operation.handle({ ...door, c, key, body: await readJson(c, limit, body.required) })
}

/** Any failure as an answer, with one line in the log: which operation, which problem, never a value of the request. */
export const failed = (error: unknown, operation: string, log: Log, ifMatch: boolean): Response => {
  const known = problemOf(error, ifMatch)
  const problem = known ?? internalProblem(`urn:uuid:${randomUUID()}`)
  const [status] = PROBLEMS[problem.code]
  log(status >= 500 ? "error" : "info", "request failed", {
    operation,
    status,
    code: problem.code,
    reason: problem.extra.reason,
    instance: problem.extra.instance,
    ...(known === undefined || status >= 500 ? describeError(error) : {})
  })
  return problemResponse(problem)
}

/** The door of one operation: key → role → rate → body → handler; failures become problems, all is counted. */
export const endpoint = (operation: Operation, door: Door) => {
  const timeoutMs = operation.body?.bulk ? door.timeoutMs * 4 : door.timeoutMs
  return async (c: Context): Promise<Response> => {
    const started = performance.now()
    let response: Response
    try {
      const work = answer(c, operation, door)
      response = await (operation.endless ? work : within(work, timeoutMs))
    } catch (error) {
      response = failed(error, operation.id, door.log, c.req.header("if-match") !== undefined)
    }
    countRequest(operation.id, response.status, operation.endless ? null : (performance.now() - started) / 1000)
    return response
  }
}
