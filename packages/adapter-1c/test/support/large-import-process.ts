import { readFileSync, writeFileSync } from "node:fs"
import type { InboundHub, ImportBatch, Product, SyncRun } from "@aptekit/core"
import { Schema } from "@aptekit/core"
import { OneCConfig } from "../../src/config.ts"
import { Importer } from "../../src/import/importer.ts"
import type { LargeJob, LargeResult } from "./large-import.ts"

/** A hub that keeps nothing but numbers, so that what is measured is the import alone. */
const emptyHub = (folder: string, seen: { products: number; rows: number }): InboundHub => {
  const slots = new Map<string, number>()
  const hub = {
    catalogue: {
      links: async () => new Map<string, string>(),
      slot: (id: string) => slots.get(id),
      byIds: async () => [],
      upsert: async (items: ReadonlyArray<{ product: Product }>) => {
        for (const { product } of items) slots.set(product.id, slots.size)
        seen.products += items.length
      }
    },
    network: { links: async () => new Map<string, string>(), slot: () => 0, branches: () => [] },
    stock: {
      openRun: async () => ({
        id: "run",
        write: async (batch: ImportBatch) => void (seen.rows += batch.products.length),
        reject: async () => undefined,
        progress: () => undefined,
        finish: async () => ({ id: "run", state: "done" }) as SyncRun,
        abort: async () => ({ id: "run", state: "failed" }) as SyncRun
      })
    },
    files: { directory: folder },
    log: () => undefined
  }
  return hub as unknown as InboundHub
}

const peak = (): number => Number(/VmHWM:\s+(\d+)/u.exec(readFileSync("/proc/self/status", "utf8"))![1]) / 1024

const work = async ({ path, folder }: LargeJob): Promise<LargeResult> => {
  const config = Schema.decodeUnknownSync(OneCConfig)({
    login: "1c", password: "password", zone: "Asia/Almaty", warehouses: { w: "b" }, prices: { p: "retail" }
  })
  const seen = { products: 0, rows: 0 }
  const importer = new Importer(config, emptyHub(folder, seen), "1c")
  globalThis.gc?.()
  writeFileSync("/proc/self/clear_refs", "5")
  const [before, started] = [peak(), performance.now()]
  const watch = { signal: new AbortController().signal, progress: () => undefined }
  const error = await importer.run({ path, name: "large.xml", sessionStartedAt: Date.now() }, watch, { by: "guard" })
    .then(() => null, (failure: Error) => failure.message)
  const seconds = (performance.now() - started) / 1000
  await importer.close()
  return { error, ...seen, seconds, peak: peak() - before }
}

const answer = async (job: LargeJob): Promise<void> => {
  process.send?.(await work(job))
  process.disconnect()
}

process.once("message", (job: LargeJob) => void answer(job))
