import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { useMariadb } from "../../../../test/mariadb.ts"
import { type HubOptions, spawnHub, startHub } from "./support/hub.ts"
import { type Partners, startPartners } from "./support/partners.ts"
import { startProxy } from "./support/proxy.ts"

const server = useMariadb()

const CUTS = ["exists `counters`", "exists `fulfilments_sweep_at`", "exists `sync_journal`", "insert into counters"]

let partners: Partners
beforeAll(async () => {
  partners = await startPartners()
})
afterAll(() => partners.close())

/** Starts on what the first start has left, and stops as it should. */
const startsNow = async (options: HubOptions): Promise<void> => {
  const hub = await startHub(options)
  expect(await hub.stop()).toEqual({ code: 0, signal: null })
}

describe("P10: a hub cut off while it makes its tables", () => {
  test.skipIf(server.skip !== null).for(CUTS)(
    "starts the next time without anybody's help: cut at %s (MariaDB)",
    { timeout: 60_000 },
    async (text) => {
      const uri = await server.fresh()
      const proxy = await startProxy(uri)
      const cut = proxy.cut(text, "at once", { unreachable: true })
      const first = spawnHub({ env: { APTEKIT_MARIADB_URI: proxy.uri }, partners: partners.url })
      await cut
      expect(await first.ready).toBeNull()
      expect((await first.exited).code).toBe(1)
      await proxy.close()
      await startsNow({ env: { APTEKIT_MARIADB_URI: uri }, partners: partners.url })
    }
  )
})
