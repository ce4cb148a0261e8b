import {
  type InvalidInput,
  type KeyConflict,
  type NotFound,
  type Refused,
  Schema,
  type StorageUnavailable,
  type VersionConflict
} from "@aptekit/core"

/** What can go wrong, by stable code: its HTTP status and its title. `type` is `urn:aptekit:problem:<code>`. */
export const PROBLEMS = {
  badRequest: [400, "The request cannot be read"],
  unauthorized: [401, "No key, or an unknown one"],
  forbidden: [403, "This key may not do that"],
  notFound: [404, "Not found"],
  methodNotAllowed: [405, "This path does not take this method"],
  refused: [409, "The state does not allow it"],
  keyConflict: [409, "The same key came before with other contents"],
  versionConflict: [409, "Somebody else was faster"],
  versionMismatch: [412, "The order has another version"],
  tooLarge: [413, "The body is too large"],
  unsupportedMediaType: [415, "The body must be JSON"],
  invalidInput: [422, "The contents are wrong"],
  tooManyRequests: [429, "Too many requests"],
  internal: [500, "Something went wrong here"],
  storageUnavailable: [503, "The storage does not answer"],
  timeout: [503, "The answer took too long"],
  shuttingDown: [503, "The server is shutting down"]
} as const satisfies Record<string, readonly [number, string]>

export type ProblemCode = keyof typeof PROBLEMS

/** RFC 9457, with what this API adds. Holds no values of the request: they may be personal. */
export const Problem = Schema.Struct({
  type: Schema.String,
  title: Schema.String,
  status: Schema.Int,
  /** Stable, for programs. */
  code: Schema.Literals(Object.keys(PROBLEMS) as ReadonlyArray<ProblemCode>),
  /** For people: what, where, and what to do. */
  detail: Schema.String,
  /** Names this failure in the log (5xx). */
  instance: Schema.optionalKey(Schema.String),
  /** What is wrong with the contents, by path; or the names of the differing fields. */
  errors: Schema.optionalKey(Schema.Array(Schema.Struct({ path: Schema.String, message: Schema.String }))),
  /** Of a refusal: why, in which state, and what that state allows. */
  reason: Schema.optionalKey(Schema.String),
  command: Schema.optionalKey(Schema.String),
  state: Schema.optionalKey(Schema.String),
  allowed: Schema.optionalKey(Schema.Array(Schema.String)),
  lines: Schema.optionalKey(
    Schema.Array(Schema.Struct({ lineId: Schema.Int, wanted: Schema.Int, available: Schema.Int }))
  ),
  /** Of a 503: was nothing done, or does nobody know? */
  outcome: Schema.optionalKey(Schema.Literals(["notApplied", "unknown"]))
}).annotate({ identifier: "Problem" })

type Extra = Partial<Omit<typeof Problem.Encoded, "type" | "title" | "status" | "code" | "detail">>

/** A refusal on its way to the client. Thrown by handlers; the one place that answers it is `endpoint.ts`. */
export class HttpProblem extends Error {
  override readonly name = "HttpProblem"
  readonly code: ProblemCode
  readonly extra: Extra
  readonly headers: Readonly<Record<string, string>>
  constructor(code: ProblemCode, detail: string, extra: Extra = {}, headers: Readonly<Record<string, string>> = {}) {
    super(detail)
    this.code = code
    this.extra = extra
    this.headers = headers
  }
}

type DomainError = InvalidInput | NotFound | Refused | KeyConflict | VersionConflict | StorageUnavailable

const RETRY = { "retry-after": "2" }

type Rules = {
  readonly [T in DomainError["_tag"]]: (error: Extract<DomainError, { _tag: T }>, ifMatch: boolean) => HttpProblem
}

const RULES: Rules = {
  InvalidInput: (e) => new HttpProblem("invalidInput", e.message, { errors: e.issues }),
  NotFound: (e) => new HttpProblem("notFound", e.message),
  Refused: (e) =>
    new HttpProblem("refused", e.message, {
      reason: e.code,
      command: e.command,
      state: e.state,
      allowed: e.allowed,
      ...(e.lines === undefined ? {} : { lines: e.lines })
    }),
  KeyConflict: (e) =>
    new HttpProblem("keyConflict", e.message, {
      errors: e.fields.map((path) => ({ path, message: "differs from the first request" }))
    }),
  VersionConflict: (e, ifMatch) => new HttpProblem(ifMatch ? "versionMismatch" : "versionConflict", e.message),
  StorageUnavailable: (e) =>
    new HttpProblem(
      "storageUnavailable",
      e.outcome === "unknown"
        ? "Outcome unknown: it may have been done. Read it again, or repeat the same request with the same key."
        : "Nothing was changed; try again.",
      { outcome: e.outcome },
      RETRY
    )
}

/**
 * Any failure as a problem; `undefined` for what nobody foresaw.
 * `ifMatch`: did the caller name a version? Then a conflict is its own answer (412).
 */
export const problemOf = (error: unknown, ifMatch: boolean): HttpProblem | undefined => {
  if (error instanceof HttpProblem) return error
  const tag = (error as { readonly _tag?: unknown } | null)?._tag
  if (typeof tag !== "string" || !Object.hasOwn(RULES, tag)) return undefined
  const rule = RULES[tag as DomainError["_tag"]] as (error: unknown, ifMatch: boolean) => HttpProblem
  return rule(error, ifMatch)
}

/** What nobody foresaw: says nothing but the number under which the log has it. */
export const internalProblem = (instance: string): HttpProblem =>
  new HttpProblem(
    "internal",
    "An unforeseen failure; nothing about it is known to have been done. Report it with its instance.",
    { instance }
  )

export const PROBLEM_TYPE = "application/problem+json"

export const problemResponse = (problem: HttpProblem): Response => {
  const [status, title] = PROBLEMS[problem.code]
  const body: typeof Problem.Encoded = {
    type: `urn:aptekit:problem:${problem.code}`,
    title,
    status,
    code: problem.code,
    detail: problem.message,
    ...problem.extra
  }
  return new Response(JSON.stringify(body), {
    status,
    headers: { "content-type": PROBLEM_TYPE, "cache-control": "no-store", ...problem.headers }
  })
}
