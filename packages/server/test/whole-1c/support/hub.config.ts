import { existsSync, readFileSync, rmSync } from "node:fs"
import { oneC } from "@aptekit/adapter-1c"
import type { AdapterInstance, InboundHub } from "@aptekit/core"
import { Effect } from "effect"
import { defineConfig } from "../../../src/config.ts"

/**
 * Where the process ends itself, beside the points of the storage: `rows.before:2` in the file that ONE_C_FAULT names. It is
 * read at each point: the test may write it while the process lives.
 */
const FAULT = process.env["ONE_C_FAULT"] ?? ""
let armed = ""
let left = 0
const point = (name: string): void => {
  const text = existsSync(FAULT) ? readFileSync(FAULT, "utf8") : ""
  if (text !== armed) {
    armed = text
    left = Number(text.split(":")[1] ?? 1)
  }
  if (name === armed.split(":")[0] && --left === 0) {
    rmSync(FAULT)
    process.kill(process.pid, "SIGKILL")
  }
}

type Call<A extends ReadonlyArray<unknown>, B> = (...args: A) => Promise<B>
const around = <A extends ReadonlyArray<unknown>, B>(name: string, call: Call<A, B>): Call<A, B> => async (...args) => {
  point(`${name}.before`)
  const result = await call(...args)
  point(`${name}.after`)
  return result
}

/** The hub as an adapter sees it, with points at which the process may die between two calls. */
const faulty = (hub: InboundHub): InboundHub => ({
  ...hub,
  catalogue: { ...hub.catalogue, upsert: around("products", hub.catalogue.upsert) },
  stock: {
    ...hub.stock,
    openRun: around("open", async (...args: Parameters<InboundHub["stock"]["openRun"]>) => {
      const run = await hub.stock.openRun(...args)
      return { ...run, write: around("rows", run.write), finish: around("finish", run.finish) }
    })
  },
  orders: {
    ...hub.orders,
    pull: around("pull", hub.orders.pull),
    confirm: around("confirm", hub.orders.confirm),
    facts: around("facts", hub.orders.facts)
  }
})

/** `release`: a person lets a held file through. */
const mortal = (instance: AdapterInstance): AdapterInstance => ({
  ...instance,
  build: (hub) =>
    Effect.map(instance.build(faulty(hub)), (built) =>
      built.runs === undefined ? built : { ...built, runs: { ...built.runs, release: around("release", built.runs.release) } })
})

/** A hub that takes the exchanges of two 1C bases, as a process of its own. */
export default defineConfig((env) => {
  const file = env.text("ONE_C_FILE")
  const config = {
    login: "1c",
    password: env.secret("ONE_C_PASSWORD"),
    dialect: env.secret("ONE_C_DIALECT") as "ut" | "unf" | "bitrix",
    zone: "Europe/Moscow",
    currency: "RUB",
    autoCreate: true,
    zip: false,
    fileLimit: 3_000,
    pollDelayMs: 0,
    // Битрикс's default takes a repeated question for a yes: what is lost behind the hub then is lost, kill or not.
    orders: { confirm: "success" as const }
  }
  return {
    ...(file === undefined ? {} : { storage: { file } }),
    rate: false,
    logLevel: "warn",
    adapters: [mortal(oneC(config, { id: "1c" })), oneC(config, { id: "1c-2" })]
  }
})
