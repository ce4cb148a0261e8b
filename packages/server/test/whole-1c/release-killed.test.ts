import { expect, test } from "vitest"
import { portionsOf } from "./support/base-files.ts"
import { type Home, Life, sqliteHome } from "./support/child.ts"
import { runsOf, stateOf } from "./support/state.ts"

const DIALECT = "ut"
/** More than the guard's least number of rows. */
const GOODS = 60
const stated = (round: number) => portionsOf({ dialect: DIALECT, goods: GOODS, portions: 1, round })[0]!
/** Somebody has closed the warehouses: nearly all of the stock is gone. */
const emptied = (): ReturnType<typeof stated>[number] => {
  const offers = stated(1)[1]!
  const text = Buffer.from(offers.bytes).toString("utf8").replaceAll(/КоличествоНаСкладе="[^"]*"/gu, `КоличествоНаСкладе="0"`)
  return { ...offers, bytes: Buffer.from(text, "utf8") }
}

/** A hub with a held file, and the file's run. */
const holding = async (home: Home): Promise<readonly [Life, string]> => {
  const life = new Life(home)
  await life.start()
  await life.client().exchange(stated(0))
  await expect(life.client().exchange([emptied()])).rejects.toThrow("остановлен")
  const [run] = await runsOf(life.read)
  expect(run!.state).toBe("held")
  return [life, run!.id]
}
const release = (life: Life, run: string) => life.post<unknown>(`/sync-runs/${run}/release`, {})

/**
 * The run of the release is opened, has its rows, is journalled, is applied; the file is put away, and the decision follows.
 * From the journal on the next start applies it all (`test/faults/import-kill.test.ts` dies among its slices).
 */
const POINTS = ["open.before:1", "rows.after:1", "run.journalled:1", "finish.after:1", "release.after:1"]

test("R-STK-2: P7: P10: killed at each step of the release of a held file, and released again: the same in the end", { timeout: 120_000 }, async () => {
  const [undisturbed, its] = await holding(await sqliteHome(DIALECT))
  const before = await stateOf(undisturbed.read)
  await release(undisturbed, its)
  const after = await stateOf(undisturbed.read)
  expect(after).not.toEqual(before)
  await undisturbed.kill()

  const home = await sqliteHome(DIALECT)
  const [life, run] = await holding(home)
  for (const point of POINTS) {
    await life.arm(point)
    const answer = await release(life, run).catch((error: unknown) => error)
    expect([point, answer]).toEqual([point, expect.any(Error)])
    expect([point, await life.ended()]).toEqual([point, { code: null, signal: "SIGKILL" }])
    await life.start()
    const { stock } = await stateOf(life.read)
    expect([before.stock, after.stock].map((rows) => [point, rows])).toContainEqual([point, stock])
    expect([point, (await runsOf(life.read)).find(({ id }) => id === run)?.state]).toEqual([point, "held"])
  }
  await release(life, run)
  expect(await stateOf(life.read)).toEqual(after)
  expect((await runsOf(life.read)).find(({ id }) => id === run)).toMatchObject({ state: "done" })
  await expect(life.client().exchange([emptied()])).resolves.not.toThrow()
  await life.kill()
})
