import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { inspect } from "node:util"
import { Redacted } from "effect"
import { afterEach, beforeEach, expect, test } from "vitest"
import { loadConfig } from "../src/config.ts"

let cwd = ""
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), "aptekit-config-"))
})
afterEach(() => rmSync(cwd, { recursive: true, force: true }))

const write = (text: string, name = "aptekit.config.ts"): void => writeFileSync(join(cwd, name), text)

test("R-SDK-4: without a file: one SQLite file, port 3000, the demo", async () => {
  expect(await loadConfig({ cwd, env: {} })).toMatchObject({
    storage: { kind: "sqlite", file: "data/aptekit.db" },
    port: 3000,
    demo: true,
    adapters: undefined
  })
})

test("R-SDK-4: the environment decides port and storage, over the file", async () => {
  write("export default { port: 8080, storage: { file: 'other.db' } }")
  const plain = await loadConfig({ cwd, env: {} })
  expect(plain).toMatchObject({ port: 8080, demo: false, storage: { kind: "sqlite", file: "other.db" } })
  const uri = "mariadb://hub:top-secret@db/aptekit"
  const over = await loadConfig({ cwd, env: { PORT: "9090", APTEKIT_MARIADB_URI: uri, APTEKIT_DEMO: "1" } })
  expect([over.port, over.demo, over.storage.kind]).toEqual([9090, true, "mariadb"])
  expect(over.storage.kind === "mariadb" && Redacted.value(over.storage.uri)).toBe(uri)
})

test("R-OPS-3: secrets do not print, whatever prints them", async () => {
  write("export default (env) => ({ storage: { mariadb: env.secret('DB') } })")
  const config = await loadConfig({
    cwd,
    env: { DB: "mariadb://top-secret@db/x", APTEKIT_ADMIN_KEY: "top-secret-admin-key" }
  })
  expect(inspect(config, { depth: 9 }) + JSON.stringify(config)).not.toContain("top-secret")
})

test("R-SDK-4: a missing secret is named, its value never asked for elsewhere", async () => {
  write("export default (env) => ({ storage: { mariadb: env.secret('DB_URI') } })")
  await expect(loadConfig({ cwd, env: {} })).rejects.toThrow(/no DB_URI; set it/u)
})

test("R-SDK-4: an address of Redis that is none is named, and its password is not told", async () => {
  for (const url of ["redis://:top-secret@host:port", "http://:top-secret@host", "top-secret"]) {
    const error = await loadConfig({ cwd, env: { APTEKIT_REDIS_URL: url } }).then(() => "", (reason: Error) => reason.message)
    expect(error).toContain("APTEKIT_REDIS_URL")
    expect(error).not.toContain("top-secret")
  }
})

test("R-SDK-4: every mistake of a file is named by its path", async () => {
  write(
    "export default { port: 70000, storage: { fil: 'x' }, adapters: [{}], rate: { perSecond: 0, burst: 1 }, " +
      "logLevel: 'loud' }"
  )
  const error = await loadConfig({ cwd, env: {} }).then(
    () => "",
    (e: Error) => e.message
  )
  for (const path of ["port", "storage", "adapters[0]", "rate", "logLevel"]) expect(error).toContain(path)
})

test("R-SDK-4: a file that is not there, that exports nothing, or that is broken is said so", async () => {
  await expect(loadConfig({ cwd, env: { APTEKIT_CONFIG: "gone.ts" } })).rejects.toThrow(
    /gone\.ts, which does not exist/u
  )
  write("export const config = {}", "empty.ts")
  await expect(loadConfig({ cwd, env: { APTEKIT_CONFIG: "empty.ts" } })).rejects.toThrow(/exports no default/u)
  await expect(loadConfig({ cwd, env: { PORT: "http" } })).rejects.toThrow(/PORT/u)
  await expect(loadConfig({ cwd, env: { APTEKIT_DEMO: "yes" } })).rejects.toThrow(/APTEKIT_DEMO/u)
  await expect(loadConfig({ cwd, env: { APTEKIT_ADMIN_KEY: "short" } })).rejects.toThrow(/too short/u)
})
