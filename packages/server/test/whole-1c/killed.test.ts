import type { Dialect, OneCClient } from "@aptekit/adapter-1c/testing"
import { describe, expect, test } from "vitest"
import { useMariadb } from "../../../../test/mariadb.ts"
import { type Portion, portionsOf } from "./support/base-files.ts"
import { type Home, Life, mariadbHome, sqliteHome } from "./support/child.ts"
import { type ApiState, stateOf } from "./support/state.ts"

const server = useMariadb()

const GOODS = 20
const portionOf = (dialect: Dialect, round: number): Portion => portionsOf({ dialect, goods: GOODS, portions: 1, round })[0]!

/** A question that 1C asks in an exchange, by its name. `mortal`: the hub is killed after it. */
interface Step {
  readonly name: string
  readonly ask: (client: OneCClient) => Promise<unknown>
  readonly mortal: boolean
}

const PIECE = 3_000
/**
 * A start costs seconds: of what is alike for every file the hub dies after one. What differs between dialects is the session
 * and what an import is asked for; the other steps are those of УТ.
 */
const stepsOf = (dialect: Dialect): ReadonlyArray<Step> => {
  const portion = portionOf(dialect, 1)
  const step = (name: string, mortal: boolean, ask: Step["ask"], anywhere = false): Step =>
    ({ name, ask, mortal: mortal && (anywhere || dialect === "ut") })
  const lastName = portion.at(-1)!.name
  return [
    step("checkauth", true, (client) => client.checkauth()),
    step("init", true, (client) => client.init(), true),
    ...portion.flatMap(({ name, bytes }, i) => [
      step(`first piece of ${name}`, i === 1, (client) => client.sendFile(name, bytes.subarray(0, PIECE))),
      step(`rest of ${name}`, name === lastName, async (client) =>
        bytes.length > PIECE && client.sendFile(name, bytes.subarray(PIECE)))
    ]),
    ...portion.flatMap(({ name }, i) => [
      step(`import of ${name} asked for`, true, (client) => client.get({ mode: "import", filename: name }), i === 0),
      step(`import of ${name} done`, i === 0, (client) => client.import(name))
    ])
  ]
}

/** What an undisturbed hub shows after each exchange of the base, and after each of its files. */
const undisturbed = async (home: Home, rounds: number): Promise<ReadonlyArray<ReadonlyArray<ApiState>>> => {
  const life = new Life(home)
  await life.start()
  const states: Array<ReadonlyArray<ApiState>> = []
  for (let round = 0; round < rounds; round++) {
    const seen: Array<ApiState> = []
    for (const file of portionOf(home.dialect, round)) {
      await life.client().exchange([file])
      seen.push(await stateOf(life.read))
    }
    states.push(seen)
  }
  await life.kill()
  return states
}

const twoRounds = new Map<Dialect, Promise<ReadonlyArray<ReadonlyArray<ApiState>>>>()
/** The same for every test of a dialect on SQLite. */
const undisturbedTwice = (dialect: Dialect): Promise<ReadonlyArray<ReadonlyArray<ApiState>>> => {
  let states = twoRounds.get(dialect)
  if (states === undefined) twoRounds.set(dialect, states = sqliteHome(dialect).then((home) => undisturbed(home, 2)))
  return states
}

const last = <A>(items: ReadonlyArray<A>): A => items.at(-1)!

/** The rows are those of before, or of after one of the files: never half of one. */
const expectWhole = async (life: Life, allowed: ReadonlyArray<ApiState>, when: string): Promise<void> => {
  const { stock } = await stateOf(life.read)
  expect(allowed.map((state) => [when, state.stock])).toContainEqual([when, stock])
}

describe.for(["ut", "unf", "bitrix"] as const)("R-STK-2: P7: P10: killed after each step of an exchange of %s", (dialect) => {
  test("the session goes on where it was: the same in the end", { timeout: 240_000 }, async () => {
    const [first, second] = await undisturbedTwice(dialect)
    const life = new Life(await sqliteHome(dialect))
    await life.start()
    await life.client().exchange(portionOf(dialect, 0))
    const client = life.client()
    for (const { name, ask, mortal } of stepsOf(dialect)) {
      await ask(client)
      if (!mortal) continue
      await life.restart()
      await expectWhole(life, [last(first!), ...second!], name)
    }
    expect(await stateOf(life.read)).toEqual(last(second!))
    await life.kill()
  })
})

test("R-STK-2: P7: P10: killed after each step, 1C begins the portion anew: the same in the end", { timeout: 240_000 }, async () => {
  const dialect = "ut"
  const [first, second] = await undisturbedTwice(dialect)
  const life = new Life(await sqliteHome(dialect))
  await life.start()
  await life.client().exchange(portionOf(dialect, 0))
  const steps = stepsOf(dialect)
  for (const [i, { name, mortal }] of steps.entries()) {
    if (!mortal) continue
    const client = life.client()
    for (const { ask } of steps.slice(0, i + 1)) await ask(client)
    await life.restart()
    await expectWhole(life, [last(first!), ...second!], name)
  }
  await life.client().exchange(portionOf(dialect, 1))
  expect(await stateOf(life.read)).toEqual(last(second!))
  await life.kill()
})

/**
 * Points within the imports of a portion's two files. `open`: the import begins; `products`: they are written; `rows`: after
 * them, before the rows; `run.journalled`, `slice.applied`: while the rows are applied; `finish.after`: all is done, and 1C
 * has not heard of it.
 */
const POINTS = [
  "open.before:1", "products.before:1", "products.after:1", "finish.after:1", "rows.before:1", "rows.after:1", "finish.before:2",
  "finish.after:2"
]
/** Where the database matters; `test/faults/import-kill.test.ts` has the last two for SQLite. */
const STORAGE_POINTS = ["products.after:1", "rows.after:1", "finish.before:2", "run.journalled:1", "slice.applied:1"]

/** `parity`: at which points 1C goes on with its session; at the others it begins anew. */
const killAtPoints = async (home: () => Promise<Home>, points: ReadonlyArray<string>, parity: number): Promise<void> => {
  const { dialect } = await home()
  const states = await undisturbed(await home(), points.length + 1)
  const life = new Life(await home())
  await life.start()
  await life.client().exchange(portionOf(dialect, 0))
  for (const [i, point] of points.entries()) {
    const portion = portionOf(dialect, i + 1)
    await life.arm(point)
    const client = life.client()
    const answer = await client.exchange(portion).then(() => "done", (error: unknown) => error)
    expect([point, answer]).toEqual([point, expect.any(Error)])
    expect(await life.ended()).toEqual({ code: null, signal: "SIGKILL" })
    await life.start()
    await expectWhole(life, [last(states[i]!), ...states[i + 1]!], point)
    if (i % 2 !== parity) await life.client().exchange(portion)
    else for (const { name } of portion) await client.import(name)
    expect([point, await stateOf(life.read)]).toEqual([point, last(states[i + 1]!)])
  }
  await life.kill()
}

describe("R-STK-2: P7: P10: killed at the points of an import, 1C goes on or begins anew: the same in the end", () => {
  test("SQLite", { timeout: 240_000 }, () => killAtPoints(() => sqliteHome("ut"), POINTS, 0))
  test.skipIf(server.skip !== null)("MariaDB", { timeout: 240_000 }, () =>
    killAtPoints(async () => mariadbHome("ut", await server.fresh()), STORAGE_POINTS, 1))
})
