import { readFileSync } from "node:fs"
import { join } from "node:path"

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

/** What this package was tried with: its own development dependencies, which are exact. */
const versions = (): Readonly<Record<string, string>> => {
  const text = readFileSync(join(import.meta.dirname, "../package.json"), "utf8")
  return (JSON.parse(text) as { readonly devDependencies: Readonly<Record<string, string>> }).devDependencies
}

const SOURCE = "@aptekit/source"

const entry = (source: string, built: string, types: string, inRepository: boolean) => ({
  ...(inRepository ? { [SOURCE]: `./src/${source}` } : {}),
  types: `./dist/${types}`,
  default: `./dist/${built}`
})

/** The package.json: in the repository its tools are the root's; elsewhere the package has its own. */
export const manifestOf = (name: string, description: string, inRepository: boolean): string => {
  const { "@aptekit/core": core = "", effect = "", ...tools } = versions()
  const scripts = inRepository
    ? { build: "tsup" }
    : { test: "vitest run", typecheck: "tsc -p tsconfig.json", build: "tsup && tsc -p tsconfig.build.json" }
  return json({
    name,
    version: "0.0.0",
    description,
    license: "MIT",
    type: "module",
    sideEffects: false,
    engines: { node: ">=22.19" },
    exports: {
      ".": entry("index.ts", "index.js", "index.d.ts", inRepository),
      "./testing": entry("testing/index.ts", "testing.js", "testing/index.d.ts", inRepository),
      "./package.json": "./package.json"
    },
    files: ["dist", "src", "!dist/*.tsbuildinfo"],
    scripts,
    dependencies: { "@aptekit/core": core },
    peerDependencies: { effect: `^${effect}` },
    devDependencies: { effect, ...(inRepository ? {} : tools) }
  })
}

const STRICT = {
  target: "es2024",
  lib: ["es2024"],
  module: "nodenext",
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noImplicitOverride: true,
  noFallthroughCasesInSwitch: true,
  verbatimModuleSyntax: true,
  isolatedModules: true,
  erasableSyntaxOnly: true,
  rewriteRelativeImportExtensions: true,
  skipLibCheck: true,
  types: ["node"]
}

/** The files of the compiler by their names. */
export const tsconfigsOf = (inRepository: boolean): ReadonlyMap<string, string> => {
  const output = { rootDir: "src", outDir: "dist" }
  if (inRepository) {
    const compilerOptions = { ...output, tsBuildInfoFile: "dist/tsconfig.tsbuildinfo" }
    const config = { extends: "../../tsconfig.base.json", include: ["src"], references: [{ path: "../core" }], compilerOptions }
    return new Map([["tsconfig.json", json(config)]])
  }
  const build = { noEmit: false, declaration: true, emitDeclarationOnly: true, ...output }
  return new Map([
    ["tsconfig.json", json({ compilerOptions: { ...STRICT, noEmit: true }, include: ["src", "test"] })],
    ["tsconfig.build.json", json({ extends: "./tsconfig.json", include: ["src"], compilerOptions: build })]
  ])
}
