import { execFile } from "node:child_process"
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { createAdapter, PORTS } from "../src/index.ts"

const ROOT = join(import.meta.dirname, "../../..")
const run = promisify(execFile)
const bin = (name: string): string => join(ROOT, "node_modules/.bin", name)
const CONFIG = join(import.meta.dirname, "generated.config.ts")

let work = ""
beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), "aptekit-create-"))
})
afterEach(() => rmSync(work, { recursive: true, force: true }))

const manifestIn = (folder: string) =>
  JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Record<string, Record<string, string>>

const command = (args: ReadonlyArray<string>) =>
  run(process.execPath, ["--conditions=@aptekit/source", join(import.meta.dirname, "../bin.js"), ...args], { cwd: work })

/** A repository of Aptekit as far as the command looks at it. */
const repository = (): string => {
  const root = join(work, "repository")
  mkdirSync(join(root, "packages/core"), { recursive: true })
  for (const file of ["package.json", "tsconfig.base.json", "tsconfig.build.json"]) cpSync(join(ROOT, file), join(root, file))
  symlinkSync(join(ROOT, "node_modules"), join(root, "node_modules"))
  return root
}

describe("SDK-3: a package of its own", () => {
  test.for(PORTS)("for %s it compiles strictly and passes its conformance suite as it is", { timeout: 120_000 }, async (port) => {
    await command(["steppe-post", "--port", port])
    const folder = join(work, "adapter-steppe-post")
    symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"))
    await run(bin("tsc"), ["-p", folder, "--customConditions", "@aptekit/source"])
    const output = join(work, "report.json")
    const args = ["run", "--root", folder, "--config", CONFIG, "--reporter", "json", "--outputFile", output]
    await run(bin("vitest"), args, { cwd: folder })
    const report = JSON.parse(readFileSync(output, "utf8")) as { numPassedTests: number; numFailedTests: number; testResults: ReadonlyArray<unknown> }
    expect(report).toMatchObject({ numFailedTests: 0, testResults: [expect.anything(), expect.anything()] })
    expect(report.numPassedTests).toBeGreaterThan(20)
    const texts = readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((path) => !path.startsWith("node_modules") && /\.\w+$/u.test(path))
      .map((path) => readFileSync(join(folder, path), "utf8"))
    expect(texts.filter((text) => /my-?partner|my_partner|`PORT`/iu.test(text))).toEqual([])
  })

  test("every dependency has an exact version, the ones that the repository uses", () => {
    const { folder, packageName } = createAdapter({ name: "steppe-post", port: "messages", from: work })
    const { dependencies, devDependencies } = manifestIn(folder)
    const own = manifestIn(join(import.meta.dirname, ".."))["devDependencies"]
    expect({ ...dependencies, ...devDependencies }).toEqual(own)
    expect(own).toMatchObject({
      "@aptekit/core": manifestIn(join(ROOT, "packages/core"))["version"],
      effect: manifestIn(join(ROOT, "packages/core"))["devDependencies"]?.["effect"],
      vitest: manifestIn(ROOT)["devDependencies"]?.["vitest"]
    })
    expect(packageName).toBe("aptekit-adapter-steppe-post")
    expect(existsSync(join(folder, "LICENSE"))).toBe(true)
  })
})

describe("SDK-3: a package of the repository", () => {
  test("lies in packages/, is built with the others and has a changeset", () => {
    const root = repository()
    mkdirSync(join(root, "docs"))
    const created = createAdapter({ name: "steppe-post", port: "messages", from: join(root, "docs") })
    expect(created).toMatchObject({
      folder: join(root, "packages/adapter-steppe-post"), packageName: "@aptekit/adapter-steppe-post", repository: root
    })
    const { references } = JSON.parse(readFileSync(join(root, "tsconfig.build.json"), "utf8")) as { references: unknown }
    const before = (JSON.parse(readFileSync(join(ROOT, "tsconfig.build.json"), "utf8")) as { references: ReadonlyArray<unknown> }).references
    expect(references).toEqual([...before, { path: "packages/adapter-steppe-post" }])
    expect(readFileSync(join(root, ".changeset/adapter-steppe-post.md"), "utf8")).toContain("\"@aptekit/adapter-steppe-post\": minor")
    expect(manifestIn(created.folder)["exports"]?.["./testing"]).toMatchObject({ "@aptekit/source": "./src/testing/index.ts" })
  })

  test("a folder elsewhere in the repository is a package of its own", () => {
    const root = repository()
    const created = createAdapter({ name: "steppe-post", port: "geocoding", from: root, folder: "../mine" })
    expect(created).toMatchObject({ folder: join(work, "mine"), packageName: "aptekit-adapter-steppe-post", repository: null })
  })
})

describe("SDK-3: the command", () => {
  test.each([
    ["no port and nobody to ask", ["steppe-post"], /nobody is here to be asked "The port/u],
    ["a port without a template", ["steppe-post", "--port", "fax"], /no template for the port "fax"; there are messages, /u],
    ["a name that is no name", ["Степь", "--port", "messages"], /"Степь" cannot be an adapter's name/u],
    ["a word of the language", ["delete", "--port", "messages"], /cannot be an adapter's name/u],
    ["a value of the language", ["null", "--port", "messages"], /cannot be an adapter's name/u],
    ["a statement of the language", ["switch", "--port", "messages"], /cannot be an adapter's name/u],
    ["a name that the files have taken", ["caller", "--port", "messages"], /cannot be an adapter's name/u],
    ["an option that it does not know", ["steppe-post", "--prot", "messages"], /--prot/u]
  ])("with %s writes nothing and says what to do", async (_, args, said) => {
    await expect(command(args)).rejects.toMatchObject({ code: 2, stderr: expect.stringMatching(said) })
    expect(readdirSync(work)).toEqual([])
  })

  test("writes over nothing", async () => {
    const folder = join(work, "adapter-steppe-post")
    mkdirSync(folder)
    writeFileSync(join(folder, "mine.txt"), "mine")
    await expect(command(["steppe-post", "--port", "messages"])).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining("is not empty") })
    expect(readdirSync(folder)).toEqual(["mine.txt"])
  })

  test("says what to do next", async () => {
    const { stdout } = await command(["steppe-post", "--port", "messages"])
    expect(stdout).toContain("cd adapter-steppe-post\n  npm install\n  npm test")
  })
})
