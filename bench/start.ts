import { execFileSync, spawn } from "node:child_process"
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { createHub } from "@aptekit/core"
import { sqlite } from "@aptekit/storage-sql"
import { temporaryDirectory } from "./support/databases.ts"
import { seed } from "./support/network.ts"
import { median, report, say } from "./support/report.ts"
import { SERVER_FLAGS } from "./support/server-flags.ts"

const ROOT = join(import.meta.dirname, "..")

const healthy = async (port: number): Promise<void> => {
  for (let i = 0; i < 2_000; i++) {
    const answer = await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined)
    if (answer?.ok === true) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error("not healthy within 20 s")
}

/** From spawning the process in a folder (its database lies there) to its first healthy answer; then its memory at rest. */
const startOnce = async (root: string, folder: string, port: number) => {
  mkdirSync(folder, { recursive: true })
  const started = performance.now()
  const child = spawn(process.execPath, [...SERVER_FLAGS, join(root, "packages/server/src/main.ts")], {
    cwd: folder,
    env: { ...process.env, PORT: String(port) },
    stdio: "ignore"
  })
  await healthy(port)
  const ms = performance.now() - started
  await new Promise((resolve) => setTimeout(resolve, 5_000))
  const rss = Number(/VmRSS:\s+(\d+)/u.exec(execFileSync("cat", [`/proc/${child.pid}/status`], { encoding: "utf8" }))?.[1]) / 1024
  child.kill("SIGTERM")
  await new Promise((resolve) => child.once("exit", resolve))
  return { ms, rss }
}

/** Bare node saying hello over HTTP: what no server on this machine can be faster than. */
const bareNode = async (port: number): Promise<number> => {
  const started = performance.now()
  const child = spawn(process.execPath, ["-e", `require("http").createServer((q,s)=>s.end("ok")).listen(${port})`])
  await healthy(port)
  const ms = performance.now() - started
  child.kill("SIGKILL")
  return ms
}

/** Fresh clone to healthy, warm start, memory with 50,000 products × 17 branches. */
export const run = async (args: ReadonlyArray<string>): Promise<void> => {
  const directory = temporaryDirectory()
  try {
    const bare = median([await bareNode(3811), await bareNode(3812), await bareNode(3813)])
    const demo: Array<number> = []
    for (let i = 0; i < 3; i++) demo.push((await startOnce(ROOT, join(directory.path, `demo${i}`), 3820 + i)).ms)
    report({
      bench: "start", case: "empty file, demo seeded, to healthy", value: median(demo), unit: "ms",
      reference: "bare node http", ratio: median(demo) / bare, note: `bare ${bare.toFixed(0)} ms`
    })
    const folder = join(directory.path, "large")
    const file = join(folder, "data", "aptekit.db")
    say("seeding 50,000 products × 17 branches…")
    const hub = await createHub({ storage: sqlite({ file }), jobs: false })
    await seed(hub, { branches: 17, products: 50_000, quantity: 5 })
    await hub.close()
    const large = await startOnce(ROOT, folder, 3830)
    report({
      bench: "start", case: "50,000 × 17, to healthy", value: large.ms, unit: "ms", reference: "bare node http", ratio: large.ms / bare
    })
    report({ bench: "start", case: "50,000 × 17, memory at rest", value: large.rss, unit: "MB", note: "aim: under 300" })
    if (args.includes("clone")) await freshClone(directory.path, bare)
  } finally {
    directory.remove()
  }
}

const freshClone = async (path: string, bare: number): Promise<void> => {
  const clone = join(path, "clone")
  const started = performance.now()
  execFileSync("git", ["clone", "-q", ROOT, clone])
  execFileSync("npm", ["ci", "--silent"], { cwd: clone, stdio: "ignore" })
  const { ms } = await startOnce(clone, clone, 3840)
  const total = performance.now() - started - 5_000
  report({
    bench: "start", case: "fresh clone, npm ci, npm start, to healthy", value: total / 1000, unit: "s", reference: "bare node http",
    ratio: total / bare, note: `the start itself ${ms.toFixed(0)} ms`
  })
}
