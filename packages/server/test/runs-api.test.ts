import { AdapterFault, defineAdapter, type ImportBatch, type InboundHub, Schema, type SyncRun } from "@aptekit/core"
import { expect, test } from "vitest"
import { type ApiDocument, contract } from "./support/contract.ts"
import { problem, useServer } from "./support/server.ts"

/** A connection that keeps what a held run said, and applies it when a person lets it through. */
let hub: InboundHub
let kept: ImportBatch | undefined
let broken = false
const erp = defineAdapter({
  name: "erp",
  config: Schema.Struct({}),
  ports: {},
  setup: (_, context) => {
    hub = context.hub
    return {
      runs: {
        release: async (run: SyncRun) => {
          if (broken) throw new AdapterFault("the kept file is gone; send it again", { outcome: "rejected" })
          const again = await hub.stock.openRun(run.file)
          await again.write(kept!)
          await again.finish()
        },
        discard: async () => {
          kept = undefined
        }
      }
    }
  }
})({}, { id: "erp" })

const server = await useServer({ adapters: [erp] })
const { call } = server
const conforms = contract((await (await fetch(`${server.url}/openapi.json`)).json()) as ApiDocument)

const T = Date.UTC(2026, 10, 23, 3)

const rows = (quantities: Readonly<Record<string, number>>, asOf: number): ImportBatch => {
  const named = Object.entries(quantities)
  return {
    kind: "stock",
    asOf,
    products: Int32Array.from(named, () => hub.catalogue.slot("aspirin")!),
    branches: Int32Array.from(named, ([branch]) => hub.network.slot(branch)!),
    quantities: Int32Array.from(named, ([, units]) => units)
  }
}

/** A file that takes everything away, held by its guard. */
const heldRun = async (): Promise<SyncRun> => {
  kept = rows({ north: 0, south: 0 }, T)
  const run = await hub.stock.openRun("rests.xml", { guard: { goneShare: 0.3, minimum: 2 } })
  await run.write(kept)
  return run.finish()
}

const ask = async (key: "admin" | "operator", method: string, path: string, body?: unknown) => {
  const response = await call(key, method, path, body)
  expect(await conforms(method, path, response.clone())).toEqual([])
  return response
}

interface Run {
  readonly id: string
  readonly state: string
  readonly preview: boolean
  readonly decidedBy: string | null
}
const read = async <A = Run>(response: Response): Promise<A> => {
  expect(response.status).toBe(200)
  return (await response.json()) as A
}

const available = async (branch: string): Promise<number> => {
  const { items } = await read<{ items: ReadonlyArray<{ available: number }> }>(
    await call("shop", "GET", `/stock?productId=aspirin&branchId=${branch}`)
  )
  return items[0]!.available
}

test("R-STK-2: a held run is looked at, released by an administrator, and applied as of its own time", async () => {
  const run = await heldRun()
  const path = `/sync-runs/${run.id}`
  expect(await read(await ask("operator", "GET", path))).toMatchObject({ state: "held", decidedBy: null, preview: false })
  expect(await available("north")).toBe(1_000)
  interface Page {
    readonly items: ReadonlyArray<{ readonly branchId: string; readonly before: number; readonly after: number }>
    readonly next: string | null
  }
  const first = await read<Page>(await ask("operator", "GET", `${path}/difference?limit=1`))
  const second = await read<Page>(await ask("operator", "GET", `${path}/difference?limit=1&cursor=${first.next}`))
  expect([...first.items, ...second.items].map((row) => [row.branchId, row.before, row.after])).toEqual([
    ["north", 1_000, 0],
    ["south", 1_000, 0]
  ])
  expect((await call("operator", "POST", `${path}/release`)).status).toBe(403)
  // What is stated meanwhile is later than the file.
  const later = { asOf: new Date(T + 60_000).toISOString(), rows: [{ productId: "aspirin", branchId: "south", quantity: 5 }] }
  await ask("admin", "PUT", "/stock", later)
  const released = await read(await ask("admin", "POST", `${path}/release`))
  expect(released).toMatchObject({ id: run.id, state: "done", decidedBy: "root" })
  expect([await available("north"), await available("south")]).toEqual([0, 5])
  const again = await problem(await ask("admin", "POST", `${path}/release`))
  expect([again.status, again.reason, again.state]).toEqual([409, "runNotHeld", "done"])
})

test("R-STK-2: what the connection cannot apply stays held and says why; discarded, it is over", async () => {
  await ask("admin", "PUT", "/stock", {
    rows: ["north", "south"].map((branchId) => ({ productId: "aspirin", branchId, quantity: 1_000 })),
    asOf: new Date(T - 1_000).toISOString()
  })
  kept = rows({ north: 9 }, T + 120_000)
  const opened = await hub.stock.openRun("rests.xml", { preview: true })
  await opened.write(kept)
  const run = await opened.finish()
  const path = `/sync-runs/${run.id}`
  broken = true
  const refused = await problem(await ask("admin", "POST", `${path}/release`))
  expect([refused.status, refused.detail]).toEqual([409, "the kept file is gone; send it again"])
  expect((await read(await ask("operator", "GET", path))).state).toBe("held")
  expect((await read(await ask("admin", "POST", `${path}/discard`))).state).toBe("discarded")
  expect(kept).toBeUndefined()
  expect((await problem(await ask("admin", "POST", "/sync-runs/none/discard"))).status).toBe(404)
  expect((await problem(await ask("operator", "GET", "/sync-runs/none/difference"))).status).toBe(404)
})

test("R-STK-1: dryRun shows what a statement would change, and changes nothing", async () => {
  const before = await available("north")
  const statement = { rows: [{ productId: "aspirin", branchId: "north", quantity: 77 }] }
  const run = await read(await ask("admin", "PUT", "/stock?dryRun=true", statement))
  expect(run).toMatchObject({ state: "held", preview: true })
  const prices = { priceType: "retail", rows: [{ productId: "aspirin", amount: 1 }] }
  expect((await read(await ask("admin", "PUT", "/prices?dryRun=true", prices))).preview).toBe(true)
  expect(await available("north")).toBe(before)
  const { items } = await read<{ items: ReadonlyArray<unknown> }>(await ask("admin", "GET", `/sync-runs/${run.id}/difference`))
  expect(items).toMatchObject([{ kind: "stock", productId: "aspirin", branchId: "north", before, after: 77 }])
  const refused = await problem(await ask("admin", "POST", `/sync-runs/${run.id}/release`))
  expect(refused.detail).toMatch(/kept no file/u)
  expect((await read(await ask("admin", "PUT", "/stock?dryRun=false", statement))).state).toBe("done")
  expect((await ask("admin", "PUT", "/stock?dryRun=maybe", statement)).status).toBe(422)
})
