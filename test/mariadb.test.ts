import { describe, expect, test } from "vitest"
import { onServer, useMariadb } from "./mariadb.ts"

const mariadb = useMariadb()

describe.skipIf(mariadb.skip !== null)("the suites' MariaDB", () => {
  test("every call gives an empty database of its own", async () => {
    const [one, two] = [await mariadb.fresh(), await mariadb.fresh()]
    expect(one).not.toBe(two)
    await onServer(one, "CREATE TABLE t (id INT)")
    expect(await onServer(one, "SHOW TABLES")).toHaveLength(1)
    expect(await onServer(two, "SHOW TABLES")).toHaveLength(0)
  })

  test("R-SDK-4: it is a MariaDB of 10.6 or newer, the oldest that the hub supports", async () => {
    const [row] = await onServer(await mariadb.fresh(), "SELECT VERSION() AS version")
    const [, major, minor] = /^(\d+)\.(\d+)\..*MariaDB/u.exec(String(row?.["version"])) ?? []
    expect(Number(major) * 100 + Number(minor)).toBeGreaterThanOrEqual(1006)
  })
})
