import { type Dialect, OneCClient, OneCStopped } from "@aptekit/adapter-1c/testing"
import { expect } from "vitest"
import { LOGIN, type OneCServer, PASSWORD, serveOneC } from "../../support/one-c.ts"
import { KEYS } from "../../support/server.ts"
import { type Portion, portionsOf } from "./base-files.ts"
import { type ApiState, readerOf, stateOf } from "./state.ts"
import { flaw, type Told } from "./understandable.ts"

const GOODS = 4

/** A hub with a few goods of a base, and what the tests need to see whether it is still as it was. */
export interface FuzzHub {
  readonly server: OneCServer
  readonly portion: Portion
  readonly client: () => OneCClient
  /** A request as it is; the answer is checked for its form. */
  readonly ask: (query: string, init?: RequestInit) => Promise<Told>
  /** Products, branches, stock and prices. */
  readonly state: () => Promise<ApiState>
  /** Sends the base's own files once more, as of a later time. */
  readonly restore: () => Promise<void>
  readonly expectAlive: () => Promise<void>
}

export const basic = `Basic ${Buffer.from(`${LOGIN}:${PASSWORD}`, "utf8").toString("base64")}`

export const openFuzzHub = async (dialect: Dialect, config: object = {}): Promise<FuzzHub> => {
  const server = await serveOneC({ dialect, zip: false, fileLimit: 1_000_000, pollDelayMs: 400, guard: { share: 1 }, ...config })
  let round = 0
  const portionAt = (at: number): Portion => portionsOf({ dialect, goods: GOODS, portions: 1, round: at })[0]!
  const client = (): OneCClient =>
    new OneCClient({ url: `${server.url}/exchange/1c`, login: LOGIN, password: PASSWORD, dialect })
  const restore = async (): Promise<void> => {
    // Even rounds only: nothing is marked.
    round += 2
    await client().exchange(portionAt(round))
  }
  await restore()
  return {
    server,
    portion: portionAt(0),
    client,
    restore,
    state: () => stateOf(readerOf(() => server.url, KEYS.admin.text)),
    ask: async (query, init = {}) => {
      const headers = { authorization: basic, ...init.headers as Record<string, string> }
      const response = await fetch(`${server.url}/exchange/1c${query}`, { ...init, headers })
      return { status: response.status, text: await response.text() }
    },
    expectAlive: async () => {
      const answers = await Promise.all(["healthz", "readyz"].map(async (path) => (await fetch(`${server.url}/${path}`)).status))
      expect(answers).toEqual([200, 200])
    }
  }
}

/** What 1C was told in the end: `success`, or the failure, which must be one that its administrator understands. */
export const toldBy = async (work: Promise<unknown>, what: string, named: ReadonlyArray<string>): Promise<"success" | "failure"> => {
  const answer = await work.then(() => "success", (error: unknown) => {
    if (error instanceof OneCStopped) return error.answer
    throw new Error(`${what}: no answer`, { cause: error })
  })
  const wrong = flaw({ status: 200, text: answer }, named)
  expect(wrong, `${what}: ${answer}`).toBe(undefined)
  return answer === "success" ? "success" : "failure"
}

/** How long a fuzz test works: some seconds, or `FUZZ_MS`. */
export const FUZZ_MS = Number(process.env["FUZZ_MS"] ?? 2_000)

export const forAWhile = async (work: (round: number) => Promise<void>): Promise<number> => {
  const end = performance.now() + FUZZ_MS
  let round = 0
  do await work(round++)
  while (performance.now() < end)
  return round
}
