/** What adapters over HTTP have to know alike: whether a request has left, and when to come back. */

/** Errors from before the request left: nothing arrived. What is not here may have arrived. */
const NEVER_SENT = new Set([
  "ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "UND_ERR_CONNECT_TIMEOUT", "CERT_HAS_EXPIRED",
  "DEPTH_ZERO_SELF_SIGNED_CERT", "SELF_SIGNED_CERT_IN_CHAIN", "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "ERR_TLS_CERT_ALTNAME_INVALID"
])

interface SystemError {
  readonly code?: unknown
  readonly syscall?: unknown
  readonly errors?: ReadonlyArray<unknown>
  readonly cause?: unknown
}

/** Is it certain of what `fetch` rejected with that the request did not leave? Of several addresses: that it left to none. */
export const neverSent = (error: unknown): boolean => {
  const { code, syscall, errors, cause } = (error ?? {}) as SystemError
  if (Array.isArray(errors)) return errors.length > 0 && errors.every(neverSent)
  if (code === undefined && syscall === undefined && cause !== undefined) return neverSent(cause)
  return NEVER_SENT.has(String(code)) || syscall === "connect" || syscall === "getaddrinfo"
}

/**
 * A header `Retry-After` as milliseconds from `now`: seconds, or a date. Undefined where there is none or it makes no sense.
 * RFC 9110 10.2.3.
 */
export const retryAfterMs = (header: string | null, now: number): number | undefined => {
  const text = header?.trim() ?? ""
  const ms = /^\d{1,9}$/u.test(text) ? Number(text) * 1000 : Date.parse(text) - now
  return Number.isFinite(ms) && ms > 0 ? ms : undefined
}

const held = new Set<Request>()

/**
 * Makes a call with a request and holds on to it until the call has ended, its answer read: a `Request` that nobody holds is
 * collected, and what aborts its signal then ends no `fetch` any more (Node 20 to 24). A partner that hangs would be waited
 * for five minutes.
 */
export const holding = async <A>(request: Request, call: (request: Request) => Promise<A>): Promise<A> => {
  held.add(request)
  try {
    return await call(request)
  } finally {
    held.delete(request)
  }
}
