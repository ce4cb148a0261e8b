import { setTimeout as pause } from "node:timers/promises"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { expect, test } from "vitest"
import { callGateway } from "../src/gateway/call.ts"

setFlagsFromString("--expose-gc")
const collect = runInNewContext("gc") as () => void

/** A gateway that takes a request and never answers, known by nothing but the request's own signal. */
const hanging = (request: Request): Promise<Response> =>
  new Promise((_, reject) => request.signal.addEventListener("abort", () => reject(request.signal.reason as Error)))

test("R-OPS-1: a call to a gateway that hangs ends when it is given up, though memory was tidied meanwhile", async () => {
  const giveUp = new AbortController()
  const call = callGateway("a gateway", hanging, new URL("https://gateway.test"), { signal: giveUp.signal })
  const ended = call.catch((error: unknown) => error)
  for (let turn = 0; turn < 4; turn++) {
    // What is collected is let go between two turns of the loop.
    await pause(1)
    collect()
  }
  giveUp.abort()
  expect(await ended).toMatchObject({ outcome: "unknown" })
})
