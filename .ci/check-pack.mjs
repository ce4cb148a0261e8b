/**
 * Looks at the packages as their users get them: the tarballs of `npm pack`, in a project outside the repository.
 * Per package publint and attw; then one strict TypeScript consumer of all (skipLibCheck off), which also runs an
 * order through the built storage; and an adapter from the template, held to its conformance. Wants `npm run build`
 * first. Ends with `N passed, N failed`.
 */
import { execFile } from "node:child_process"
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

const root = join(dirname(fileURLToPath(import.meta.url)), "..")
const bin = (name) => join(root, "node_modules/.bin", name)
const run = promisify(execFile)

const packages = readdirSync(join(root, "packages"))
  .map((folder) => ({ folder: join(root, "packages", folder), path: join(root, "packages", folder, "package.json") }))
  .filter(({ path }) => existsSync(path))
  .map(({ folder, path }) => ({ folder, manifest: JSON.parse(readFileSync(path, "utf8")) }))
  .filter(({ manifest }) => manifest.private !== true)

let passed = 0
let failed = 0
const check = async (title, work) => {
  try {
    await work()
    passed++
    console.log(`ok      ${title}`)
  } catch (error) {
    failed++
    console.log(`FAILED  ${title}\n${error.stdout ?? ""}${error.stderr ?? ""}${error.stdout === undefined ? error.message : ""}`)
  }
}

/** The consumer gets what the manifests declare and nothing more: an undeclared import fails to resolve there. */
const install = async (consumer, tarballs) => {
  for (const [name, tarball] of tarballs) {
    const target = join(consumer, "node_modules", name)
    mkdirSync(target, { recursive: true })
    await run("tar", ["-xzf", tarball, "--strip-components=1", "-C", target])
  }
  const declared = packages.flatMap(({ manifest }) => Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }))
  for (const name of new Set([...declared, "@types/node"])) {
    if (name.startsWith("@aptekit/")) continue
    const target = join(consumer, "node_modules", name)
    mkdirSync(dirname(target), { recursive: true })
    symlinkSync(join(root, "node_modules", name), target)
  }
}

/** Imports every entry of every package, so that no declaration file goes unread. */
const everyEntry = () =>
  packages
    .flatMap(({ manifest }) => Object.keys(manifest.exports).filter((key) => key !== "./package.json").map((key) => manifest.name + key.slice(1)))
    .map((specifier, i) => `import * as entry${i} from "${specifier}"\nif (Object.keys(entry${i}).length === 0) throw new Error("${specifier} exports nothing")\n`)
    .join("")

const work = mkdtempSync(join(tmpdir(), "aptekit-pack-"))
const tarballs = new Map()
try {
  for (const { folder, manifest } of packages) {
    await check(`pack ${manifest.name}`, async () => {
      const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", work], { cwd: folder })
      const [{ filename, files }] = JSON.parse(stdout)
      const missing = ["LICENSE", "README.md", "dist/index.js", "dist/index.d.ts"].find((path) => !files.some((f) => f.path === path))
      if (missing !== undefined) throw new Error(`the tarball of ${manifest.name} has no ${missing}`)
      tarballs.set(manifest.name, join(work, filename))
    })
  }
  for (const [name, tarball] of tarballs) {
    await check(`publint ${name}`, () => run(bin("publint"), ["run", tarball, "--strict"]))
    await check(`attw ${name}`, () => run(bin("attw"), [tarball, "--profile", "esm-only", "--no-emoji"]))
  }
  const consumer = join(work, "consumer")
  cpSync(join(root, ".ci/consumer"), consumer, { recursive: true })
  writeFileSync(join(consumer, "entries.ts"), everyEntry())
  await check("a consumer can be laid out from the tarballs", () => install(consumer, tarballs))
  await check("a strict TypeScript consumer compiles with skipLibCheck off", () => run(bin("tsc"), ["-p", "."], { cwd: consumer }))
  await check("every entry of every package loads", () => run(process.execPath, ["entries.ts"], { cwd: consumer }))
  await check("an order goes through the built storage", () => run(process.execPath, ["order.ts"], { cwd: consumer, timeout: 30_000 }))
  await check("an adapter that npm create wrote passes its conformance, by the command", async () => {
    const installed = (path) => join(consumer, "node_modules", path)
    await run(process.execPath, [installed("create-aptekit-adapter/bin.js"), "steppe-post", "--port", "messages"], { cwd: consumer })
    const folder = join(consumer, "adapter-steppe-post")
    const { stdout } = await run(process.execPath, [installed("@aptekit/cli/bin.js"), "conformance", "test/conformance.ts"], { cwd: folder })
    if (!/\n[1-9]\d* passed, 0 failed, /u.test(stdout)) throw new Error(stdout)
  })
} finally {
  rmSync(work, { recursive: true, force: true })
}
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
