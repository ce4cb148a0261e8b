import { setImmediate as turn } from "node:timers/promises"
import { describe, expect, test } from "vitest"
import { redisWake } from "../src/redis.ts"
import { until } from "./faults/support/hub.ts"
import { noRedis, ownRedis } from "./support/own-redis.ts"
import { redisProxy } from "./support/redis-proxy.ts"

const DATABASE = "db.test/aptekit"

describe.skipIf(noRedis !== null)("wake-up over Redis", () => {
  test("OPS-1: replicas of one database hear one another, not themselves and not others; also after Redis was away", { timeout: 60_000 }, async () => {
    const redis = await ownRedis()
    await redis.start()
    const said: Array<string> = []
    const heard = { here: 0, there: 0, elsewhere: 0 }
    const open = (of: keyof typeof heard, database = DATABASE) =>
      redisWake(redis.url, (level) => void said.push(`${of} ${level}`)).open(database, () => void heard[of]++)
    const lines = [await open("here"), await open("there"), await open("elsewhere", "db.test/another")] as const
    try {
      const arrives = (what: string) => {
        const before = heard.there
        return until(what, async () => {
          lines[0].tell()
          return heard.there > before
        })
      }
      await arrives("the other replica hears")
      await redis.kill()
      await until("both say that Redis is away", async () => said.includes("here warn") && said.includes("there warn"))
      lines[0].tell()
      await redis.start()
      await arrives("the other replica hears again")
      expect([heard.here, heard.elsewhere]).toEqual([0, 0])
      expect(said.filter((one) => one === "here warn"), "once, not at each try").toHaveLength(1)
    } finally {
      for (const line of lines) line.close()
      await redis.kill()
    }
  })

  const behindProxy = async (work: (proxy: Awaited<ReturnType<typeof redisProxy>>, url: string) => Promise<void>): Promise<void> => {
    const redis = await ownRedis()
    await redis.start()
    const proxy = await redisProxy(redis.url)
    try {
      await work(proxy, redis.url)
    } finally {
      await proxy.close()
      await redis.kill()
    }
  }
  const silent = (): void => undefined

  test("OPS-1: a replica whose connection broke as it began to listen listens when it is back", { timeout: 60_000 }, () =>
    behindProxy(async (proxy, url) => {
      let heard = 0
      const broken = proxy.breakAt("SUBSCRIBE")
      const listening = await redisWake(proxy.url, silent).open(DATABASE, () => void heard++)
      const telling = await redisWake(url, silent).open(DATABASE, silent)
      try {
        await broken
        await until("it hears after all", async () => {
          telling.tell()
          return heard > 0
        })
      } finally {
        for (const line of [listening, telling]) line.close()
      }
    }))

  test("OPS-1: while Redis gives no answer nothing piles up, and then everybody is told", { timeout: 60_000 }, () =>
    behindProxy(async (proxy, url) => {
      let heard = 0
      const telling = await redisWake(proxy.url, silent).open(DATABASE, silent)
      const listening = await redisWake(url, silent).open(DATABASE, () => void heard++)
      try {
        await until("the two know one another", async () => {
          telling.tell()
          return heard > 0
        })
        proxy.mute(true)
        const before = proxy.said("PUBLISH")
        for (let i = 0; i < 500; i++) {
          telling.tell()
          await turn()
        }
        expect(proxy.said("PUBLISH") - before).toBeLessThanOrEqual(2)
        const known = heard
        proxy.mute(false)
        await until("the last of it is told", async () => heard > known)
      } finally {
        for (const line of [listening, telling]) line.close()
      }
    }))

  test("OPS-1: a connection that is dead without a word is left for a new one", { timeout: 60_000 }, () =>
    behindProxy(async (proxy, url) => {
      const said: Array<string> = []
      let heard = 0
      const listening = await redisWake(proxy.url, (level) => void said.push(level), 900).open(DATABASE, () => void heard++)
      const telling = await redisWake(url, silent).open(DATABASE, silent)
      const arrives = (what: string) => {
        const before = heard
        return until(what, async () => {
          telling.tell()
          return heard > before
        })
      }
      try {
        await arrives("it hears")
        // Longer than its patience: asking is enough of a sign of life.
        await until("it has asked a few times", async () => proxy.said("PING") > 8)
        expect([said.filter((level) => level === "warn"), proxy.connections()]).toEqual([[], 2])
        proxy.mute(true)
        await until("it tries anew", async () => proxy.connections() > 2)
        proxy.mute(false)
        await arrives("it hears again")
      } finally {
        for (const line of [listening, telling]) line.close()
      }
    }))
})
