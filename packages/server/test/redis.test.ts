import { describe, expect, test } from "vitest"
import { redisWake } from "../src/redis.ts"
import { until } from "./faults/support/hub.ts"
import { noRedis, ownRedis } from "./support/own-redis.ts"

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
})
