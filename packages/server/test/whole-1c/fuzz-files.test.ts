import { zipOf } from "@aptekit/adapter-1c/testing"
import { readdirSync, readFileSync } from "node:fs"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { newSeed, withSeed } from "../faults/support/random.ts"
import { FUZZ_MS, forAWhile, type FuzzHub, openFuzzHub, toldBy } from "./support/fuzz-hub.ts"
import { mutate } from "./support/mutations.ts"

const seed = newSeed()
const timeout = FUZZ_MS + 60_000
const say = (text: string): void => void (process.env["FUZZ_MS"] !== undefined && process.stdout.write(`${text}\n`))

describe.for(["ut", "unf", "bitrix"] as const)("R-API-1: R-STK-2: hostile files of %s", (dialect) => {
  let hub: FuzzHub
  beforeAll(async () => {
    hub = await openFuzzHub(dialect)
  })
  afterAll(() => hub.server.close())

  test(`changed anyhow, a file is taken or refused with a reason, and refused it changes nothing (SEED=${seed})`, { timeout }, () =>
    withSeed(seed, async (chance) => {
      const told = { success: 0, failure: 0 }
      const rounds = await forAWhile(async () => {
        const { name, bytes } = chance.pick(hub.portion)
        const [what, changed] = mutate(chance, bytes)
        const before = await hub.state()
        const answer = await toldBy(hub.client().exchange([{ name, bytes: changed }]), `${name}, ${what}`, [name])
        told[answer]++
        if (answer === "failure") expect([name, what, await hub.state()]).toEqual([name, what, before])
        await hub.expectAlive()
      })
      say(`${dialect}: ${rounds} files, ${told.success} taken, ${told.failure} refused`)
      await hub.restore()
    }))

  test(`cut at its bytes, a file is refused and changes nothing (SEED=${seed})`, { timeout }, () =>
    withSeed(seed, async (chance) => {
      const before = await hub.state()
      const cuts = hub.portion.flatMap(({ name, bytes }) => {
        const end = bytes.length - Buffer.byteLength("</КоммерческаяИнформация>\n") + 1
        return Array.from({ length: end }, (_, at) => ({ name, at, bytes }))
      })
      const rounds = await forAWhile(async (round) => {
        const { name, bytes, at } = process.env["FUZZ_MS"] === undefined ? chance.pick(cuts) : cuts[round % cuts.length]!
        expect(await toldBy(hub.client().exchange([{ name, bytes: bytes.subarray(0, at) }]), `${name} cut at ${at}`, [name]))
          .toBe("failure")
      })
      say(`${dialect}: cut at ${Math.min(rounds, cuts.length)} of ${cuts.length} bytes`)
      expect(await hub.state()).toEqual(before)
      await hub.expectAlive()
    }))
})

const FIXTURES = new URL("../../../adapter-1c/test/fixtures/", import.meta.url)

describe("R-API-1: R-STK-2: hostile files of every shape and version", () => {
  let hub: FuzzHub
  const files = readdirSync(FIXTURES).filter((name) => name.endsWith(".xml") && !name.includes("order-"))
    .map((name) => ({ name, bytes: Uint8Array.from(readFileSync(new URL(name, FIXTURES))) }))
  beforeAll(async () => {
    hub = await openFuzzHub("ut")
    for (const file of files) await hub.client().exchange([file])
  })
  afterAll(() => hub.server.close())

  test(`changed anyhow, a file is taken or refused with a reason, and refused it changes nothing (SEED=${seed})`, { timeout }, () =>
    withSeed(seed, async (chance) => {
      expect(files.length).toBeGreaterThan(9)
      const rounds = await forAWhile(async () => {
        const { name, bytes } = chance.pick(files)
        const [what, changed] = mutate(chance, bytes)
        const before = await hub.state()
        const answer = await toldBy(hub.client().exchange([{ name, bytes: changed }]), `${name}, ${what}`, [name])
        if (answer === "failure") expect([name, what, await hub.state()]).toEqual([name, what, before])
        await hub.expectAlive()
      })
      say(`all shapes: ${rounds} files`)
    }))
})

const TRAVERSAL = ["../import0_1.xml", "/etc/import0_1.xml", "C:\\import0_1.xml", "a/../../b.xml", "..\\..\\b.xml", "a\u0000.xml"]

describe("R-API-1: R-STK-2: hostile archives", () => {
  let hub: FuzzHub
  beforeAll(async () => {
    hub = await openFuzzHub("ut", { zip: true, limits: { unpacked: 20_000_000, upload: 5_000_000, entries: 100 } })
  })
  afterAll(() => hub.server.close())
  const send = async (archive: Uint8Array, what: string): Promise<"success" | "failure"> => {
    const client = hub.client()
    await client.checkauth()
    await client.init()
    const names = ["v8_1A76_155ae.zip", "import0_1.xml", "offers0_1.xml"]
    return toldBy(client.sendFile(names[0]!, archive).then(() => client.import("offers0_1.xml")), what, names)
  }

  test(`broken anyhow, an archive is read whole or refused whole (SEED=${seed})`, { timeout }, () =>
    withSeed(seed, async (chance) => {
      const whole = await zipOf(hub.portion)
      const before = await hub.state()
      const rounds = await forAWhile(async () => {
        const copy = Uint8Array.from(whole)
        const at = chance.below(copy.length)
        if (chance.yes(0.5)) copy[at]! ^= 1 << chance.below(8)
        const bytes = chance.yes(0.5) ? copy.subarray(0, chance.below(copy.length)) : copy
        if (bytes.length > 0) await send(bytes, `byte ${at} of ${copy.length}, ${bytes.length} left`)
        // The content is older than what the hub has: taken or not, it changes nothing.
        expect(await hub.state()).toEqual(before)
      })
      say(`archives: ${rounds}`)
      await hub.expectAlive()
    }))

  test("bombs, names that lead elsewhere, too many files, archives within archives: refused, nothing is written", async () => {
    const before = await hub.state()
    const zeros = new Uint8Array(30_000_000)
    const bomb = await zipOf([{ name: "offers0_1.xml", bytes: zeros }])
    const many = await zipOf(Array.from({ length: 200 }, (_, i) => ({ name: `${i}.xml`, bytes: Buffer.from("<a/>") })))
    const hostile: Array<readonly [string, Uint8Array]> = [
      ["a bomb", bomb], ["many files", many], ["nested", await zipOf([{ name: "offers0_1.xml", bytes: bomb }])],
      ["an image", await zipOf([{ name: "a.png", bytes: zeros }])]
    ]
    for (const name of TRAVERSAL) hostile.push([name, await zipOf([{ name, bytes: hub.portion[0]!.bytes }])])
    for (const [what, archive] of hostile) expect([what, await send(archive, what)]).toEqual([what, "failure"])
    expect(await hub.state()).toEqual(before)
    await hub.expectAlive()
  })

  test("a name that leads elsewhere is refused as it is sent", async () => {
    for (const name of [...TRAVERSAL, "", "x".repeat(300)]) {
      const client = hub.client()
      await client.checkauth()
      expect([name, await toldBy(client.sendFile(name, Buffer.from("<a/>")), name, [])]).toEqual([name, "failure"])
    }
  })
})
