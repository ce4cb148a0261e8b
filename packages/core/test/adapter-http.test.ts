import { describe, expect, test } from "vitest"
import { neverSent, retryAfterMs } from "../src/index.ts"

const failed = (cause: unknown) => new TypeError("fetch failed", { cause })
const aggregate = (...errors: ReadonlyArray<object>) => Object.assign(new AggregateError(errors), { code: "ECONNREFUSED" })

describe("D27: a request has left, or surely has not", () => {
  test.each([
    ["a refused connection", { code: "ECONNREFUSED" }, true],
    ["a name that is not found", { code: "ENOTFOUND", syscall: "getaddrinfo" }, true],
    ["all addresses refused", aggregate({ code: "ECONNREFUSED" }, { code: "ENETUNREACH" }), true],
    ["a connection that took too long to stand", { code: "ETIMEDOUT", syscall: "connect" }, true],
    ["a certificate of somebody else", { code: "ERR_TLS_CERT_ALTNAME_INVALID" }, true],
    ["one of two addresses cut", aggregate({ code: "ECONNREFUSED" }, { code: "ECONNRESET" }), false],
    ["no address at all", aggregate(), false],
    ["a connection that was cut", { code: "ECONNRESET", syscall: "read" }, false],
    ["an answer that took too long", { code: "UND_ERR_HEADERS_TIMEOUT" }, false],
    ["no cause at all", undefined, false]
  ])("%s", (_, cause, expected) => {
    expect(neverSent(failed(cause))).toBe(expected)
  })
})

const NOW = Date.parse("2026-11-28T10:00:00Z")

test.each([
  ["120", 120_000], [" 5 ", 5_000], ["Sat, 28 Nov 2026 10:01:00 GMT", 60_000], ["Sat, 28 Nov 2026 09:00:00 GMT", undefined],
  ["0", undefined], ["-1", undefined], ["soon", undefined], ["", undefined], [null, undefined]
])("D27: Retry-After %j is %j ms", (header, ms) => {
  expect(retryAfterMs(header, NOW)).toBe(ms)
})
