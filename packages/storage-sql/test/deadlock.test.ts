import { setTimeout as pause } from "node:timers/promises"
import { Storage } from "@aptekit/core"
import { makeChange, makeOrder, smallNetwork, loadNetwork } from "@aptekit/core/testing"
import { Effect } from "effect"
import { createConnection } from "mysql2/promise"
import { describe, expect, it } from "vitest"
import { onServer, useMariadb } from "../../../test/mariadb.ts"
import { mariadb } from "../src/index.ts"

const server = useMariadb()

const BALLAST = 200
/** InnoDB renews what it tells of its transactions only when nobody has asked for 100 ms. */
const LOOK_EVERY = 150

/** Is somebody waiting for a lock in this database? */
const waiting = async (uri: string): Promise<boolean> => {
  const rows = await onServer(uri, `SELECT 1 FROM information_schema.innodb_trx t
    JOIN information_schema.processlist p ON p.id = t.trx_mysql_thread_id WHERE p.db = DATABASE() AND t.trx_state = 'LOCK WAIT'`)
  return rows.length > 0
}

const deadlocks = async (uri: string): Promise<number> =>
  Number((await onServer(uri, "SHOW GLOBAL STATUS LIKE 'Innodb_deadlocks'"))[0]?.["Value"])

describe.skipIf(server.skip !== null)("MariaDB", () => {
  it("P3: D18: D21: a change that a deadlock throws out is repeated by itself and counts once", async () => {
    const uri = await server.fresh()
    await Effect.runPromise(
      Effect.gen(function*() {
        yield* loadNetwork(smallNetwork())
        const storage = yield* Storage
        yield* Effect.promise(async () => {
          const other = await createConnection(uri)
          const cells = await onServer(uri, "SELECT cell FROM stock_levels ORDER BY cell")
          const [aspirinNorth, , ibuprofenNorth] = cells.map((row) => row["cell"] as number)
          const touch = (cell: number | undefined) => other.query("UPDATE stock_levels SET on_hand = on_hand WHERE cell = ?", [cell])
          // The server throws out whoever has done less: our transaction must be the heavier one.
          await other.query("CREATE TABLE ballast (n INT)")
          const before = await deadlocks(uri)
          await other.query("START TRANSACTION")
          await other.query(`INSERT INTO ballast VALUES ${Array.from({ length: BALLAST }, (_, n) => `(${n})`).join(", ")}`)
          await touch(ibuprofenNorth)

          // Takes aspirin, then waits for the ibuprofen that we hold; then we want its aspirin.
          const lines = [{ product: "aspirin", quantity: 2 }, { product: "ibuprofen", quantity: 1 }]
          const change = makeChange("the-change", null, makeOrder({ n: 1, lines }))
          const committed = Effect.runPromise(storage.commit(change))
          while (!(await waiting(uri))) await pause(LOOK_EVERY)
          await touch(aspirinNorth)
          await other.query("COMMIT")
          await committed
          await other.end()
          expect(await deadlocks(uri)).toBeGreaterThan(before)
        })
        const rows = yield* Effect.promise(() => onServer(uri, "SELECT reserved FROM stock_levels WHERE reserved > 0 ORDER BY reserved"))
        expect(rows.map((row) => row["reserved"])).toEqual([1, 2])
        expect((yield* storage.feed.read(0, 100)).filter((event) => event.type === "order.placed")).toHaveLength(1)
      }).pipe(Effect.provide(mariadb({ uri })))
    )
  })
})
