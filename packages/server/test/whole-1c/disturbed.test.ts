import { OneCClient, type OneCClientOptions, OneCStopped, type Dialect } from "@aptekit/adapter-1c/testing"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { LOGIN, type OneCServer, PASSWORD, serveOneC } from "../support/one-c.ts"
import { KEYS } from "../support/server.ts"
import { type Portion, portionsOf } from "./support/base-files.ts"
import { type ApiState, readerOf, stateOf } from "./support/state.ts"

const DIALECTS: ReadonlyArray<Dialect> = ["ut", "unf", "bitrix"]
const GOODS = 20

/** What 1C does with the portions of an exchange. */
interface Play {
  readonly client: (options?: Partial<OneCClientOptions>) => OneCClient
  readonly portions: ReadonlyArray<Portion>
}

const whole = async ({ client, portions }: Play, options: Partial<OneCClientOptions> = {}, zip = false): Promise<void> => {
  for (const portion of portions) await client(options).exchange(portion, { zip })
}

/** Plays something to a hub and gives the state in which it is then. */
type Player = (play: (play: Play) => Promise<void>, portions: ReadonlyArray<Portion>) => Promise<ApiState>

const playerOf = (hub: OneCServer, dialect: Dialect): Player => async (play, portions) => {
  const client: Play["client"] = (options = {}) =>
    new OneCClient({ url: `${hub.url}/exchange/1c`, login: LOGIN, password: PASSWORD, dialect, ...options })
  await play({ client, portions })
  return stateOf(readerOf(() => hub.url, KEYS.admin.text))
}

const stopped = async (work: Promise<unknown>): Promise<string> => {
  const error = await work.then(() => undefined, (reason: unknown) => reason)
  if (!(error instanceof OneCStopped)) throw new Error("1C was not stopped", { cause: error })
  return error.answer
}

const wrongly = (play: Play): Promise<string> => stopped(play.client({ password: "not this one" }).checkauth())

const PLAIN = { zip: false }

type Disturbance = readonly [what: string, play: (play: Play) => Promise<void>]

/** Ways in which an exchange does not go as it should; after each it has been finished as 1C finishes it. */
const DISTURBANCES: ReadonlyArray<Disturbance> = [
  ["archives", (play) => whole(play, {}, true)],
  ["pieces sent twice", (play) => whole(play, { faults: { repeatPieces: true } })],
  ["cookies not sent", (play) => whole(play, { faults: { loseSession: true } })],
  ["a session lost in the middle", (play) => whole(play, { faults: { forgetSession: true } })],
  ["nobody waits for the imports", async (play) => {
    await whole(play, { faults: { skipPolling: true } })
    // Asked again, each ends behind those before it.
    await whole(play)
  }],
  ["portions sent twice", async (play) => {
    for (const portion of play.portions) for (let i = 0; i < 2; i++) await play.client().exchange(portion, PLAIN)
  }],
  ["the last portion first", (play) => whole({ ...play, portions: play.portions.toReversed() })],
  ["files of a session in reverse: prices and rests before goods", (play) =>
    whole({ ...play, portions: play.portions.map((portion) => portion.toReversed()) })],
  ["a wrong password before each portion and within one", async (play) => {
    for (const portion of play.portions) {
      await wrongly(play)
      const client = play.client()
      await client.checkauth()
      await client.init()
      for (const { name, bytes } of portion) {
        await client.sendFile(name, bytes)
        expect(await wrongly(play)).toMatch(/^failure\nНеверное имя пользователя или пароль/u)
      }
      for (const { name } of portion) await client.import(name)
    }
  }],
  ["a session given up after its files, and the portion again", async (play) => {
    for (const portion of play.portions) {
      const client = play.client()
      await client.checkauth()
      await client.init()
      for (const { name, bytes } of portion) await client.sendFile(name, bytes.subarray(0, 2_000))
      await play.client().exchange(portion, PLAIN)
    }
  }],
  ["two programs play the same exchange at once", (play) => Promise.all([whole(play), whole(play)]).then(() => undefined)],
  ["two portions at once", async ({ client, portions }) => {
    await Promise.all(portions.map((portion) => client().exchange(portion, PLAIN)))
  }],
  ["a file that breaks off, then the whole one", async (play) => {
    for (const portion of play.portions) {
      const broken = portion.map(({ name, bytes }) => ({ name, bytes: bytes.subarray(0, bytes.length - 40) }))
      expect(await stopped(play.client().exchange(broken, PLAIN))).toMatch(/^failure\nФайл «.+» не загружен, ничего не изменено/u)
      await play.client().exchange(portion, PLAIN)
    }
  }]
]

/** Bytes of a piece's body after which the connection breaks: none, the first, within a letter, the last. */
const CUTS = [0, 1, 60, 1_501, 2_999]

describe.for(DIALECTS)("R-STK-1: R-STK-2: whole exchanges of %s", (dialect) => {
  const servers: Array<OneCServer> = []
  let round = 0
  let disturbed: Player
  let undisturbed: Player
  beforeAll(async () => {
    for (let i = 0; i < 2; i++) servers.push(await serveOneC({ dialect, fileLimit: 3_000, pollDelayMs: 200 }))
    disturbed = playerOf(servers[0]!, dialect)
    undisturbed = playerOf(servers[1]!, dialect)
  })
  afterAll(async () => {
    for (const server of servers) await server.close()
  })
  /** The next exchange of the base: everything in it is later than before. */
  const next = (): ReadonlyArray<Portion> => portionsOf({ dialect, goods: GOODS, portions: 2, round: round++ })

  test("undisturbed: goods, three branches, prices; what is marked is off sale, and back without its mark", async () => {
    const first = await undisturbed(whole, next())
    expect(first.products).toHaveLength(2 * GOODS)
    expect(first.branches).toHaveLength(3)
    expect(first.stock.filter((row) => /"available":[1-9].*"amount":/u.test(row)).length).toBeGreaterThan(80)
    const marked = ({ products }: ApiState): number => products.filter((row) => row.includes(`"stopped":true`)).length
    const second = await undisturbed(whole, next())
    expect([marked(first), marked(second), marked(await undisturbed(whole, next()))]).toEqual([0, 4, 0])
    expect(second.stock).not.toEqual(first.stock)
  })

  test.for(DISTURBANCES)("%s: the same in the end", async ([, play]) => {
    const portions = next()
    const reference = await undisturbed(whole, portions)
    expect(await disturbed(play, portions)).toEqual(reference)
  })

  test.for(CUTS)("the connection is cut after %i bytes of a piece: the same in the end", async (cutBody) => {
    const portions = next()
    const reference = await undisturbed(whole, portions)
    const seen = await disturbed(async (play) => {
      // 1C gives the exchange up at once and begins anew; or it sends the piece again.
      for (const portion of play.portions) {
        const client = play.client()
        await client.checkauth()
        await client.init()
        await client.sendPiece(portion[0]!.name, portion[0]!.bytes.subarray(0, 3_000), cutBody)
        await play.client({ faults: { cutBody } }).exchange(portion, PLAIN)
      }
    }, portions)
    expect(seen).toEqual(reference)
  })
})
