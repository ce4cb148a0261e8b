import { builtinModules } from "node:module"
import { posix } from "node:path"
import { readSource } from "./source.ts"

/** The part of a package.json that the rules need. */
export interface Manifest {
  readonly name: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

/** A file by its path from the root, with the package it belongs to. */
export interface SourceFile {
  readonly path: string
  readonly text: string
  readonly manifest: Manifest
  readonly root: Manifest
}

interface PackageRule {
  readonly files: RegExp
  readonly allows: (specifier: string) => boolean
  readonly why: string
}

const oneOf = (...patterns: ReadonlyArray<RegExp>) => (specifier: string): boolean =>
  patterns.some((pattern) => pattern.test(specifier))

/** Who may import whom (`docs/architecture.md`). `.oxlintrc.json` says the same to editors. */
const PACKAGE_RULES: ReadonlyArray<PackageRule> = [
  {
    files: /^packages\/core\/src\//u,
    allows: oneOf(/^\./u, /^effect(\/|$)/u, /^intl-messageformat$/u, /^libphonenumber-js$/u, /^uuid$/u),
    why: "core does no I/O and knows nobody: effect, intl-messageformat, libphonenumber-js, uuid and itself"
  },
  {
    files: /^packages\/adapter-[^/]+\/src\//u,
    allows: (specifier) => !specifier.startsWith("@aptekit/") || /^@aptekit\/core(\/testing)?$/u.test(specifier),
    why: "an adapter knows @aptekit/core and its own libraries: no server, no storage, no other adapter"
  },
  {
    files: /^packages\/storage-sql\/src\//u,
    allows: oneOf(
      /^\./u, /^node:/u, /^effect(\/|$)/u, /^@aptekit\/core(\/plain)?$/u, /^kysely(\/|$)/u, /^better-sqlite3$/u, /^mysql2(\/|$)/u, /^uuid$/u
    ),
    why: "storage-sql imports @aptekit/core, kysely, its two drivers, effect, uuid and node: only"
  },
  {
    files: /^packages\/cli\/src\//u,
    allows: (specifier) =>
      !specifier.startsWith("@aptekit/") || /^@aptekit\/(core(\/testing)?|adapter-[^/]+\/testing)$/u.test(specifier),
    why: "the command knows core and the simulators of adapters: no adapter, no server, no storage"
  },
  {
    files: /^packages\/(?!server\/)/u,
    allows: (specifier) => !/^@aptekit\/server(\/|$)/u.test(specifier),
    why: "only examples, benches and tests at the root may import the server"
  },
  {
    files: /^packages\/core\/src\/(?!testing\/)/u,
    allows: (specifier) => !/(^|\/)testing\//u.test(specifier) || specifier.startsWith("effect/"),
    why: "what runs in production does not import what is for tests"
  }
]

const packageOf = (specifier: string): string =>
  specifier.split("/").slice(0, specifier.startsWith("@") ? 2 : 1).join("/")

const isBuiltin = (specifier: string): boolean =>
  specifier.startsWith("node:") || builtinModules.includes(packageOf(specifier))

/** `src` lives on what is installed with the package; tests and tools may use the root's tools too. */
const declared = ({ path, manifest, root }: SourceFile): ReadonlySet<string> => {
  const shipped = { ...manifest.dependencies, ...manifest.peerDependencies }
  const isShipped = /^packages\/[^/]+\/src\//u.test(path)
  const tools = isShipped ? {} : { ...manifest.devDependencies, ...root.devDependencies }
  return new Set([manifest.name, ...Object.keys(shipped), ...Object.keys(tools)])
}

const folderOf = (path: string): string => /^(packages|examples)\/[^/]+/u.exec(path)?.[0] ?? ""

const importProblem = (file: SourceFile, specifier: string): string | undefined => {
  const rule = PACKAGE_RULES.find(({ files, allows }) => files.test(file.path) && !allows(specifier))
  if (rule !== undefined) return `imports ${specifier}; ${rule.why}`
  if (specifier.startsWith(".")) {
    const target = posix.join(posix.dirname(file.path), specifier)
    const stays = folderOf(target) === folderOf(file.path) || folderOf(target) === ""
    return stays ? undefined : `imports ${specifier}, a file of another package; import the package by its name`
  }
  if (isBuiltin(specifier)) {
    return specifier.startsWith("node:") ? undefined : `imports ${specifier}; write node:${specifier}`
  }
  // Benches and tests at the root belong to the workspace: its packages are theirs without saying so.
  const isWorkspace = file.manifest === file.root && specifier.startsWith("@aptekit/")
  return isWorkspace || declared(file).has(packageOf(specifier))
    ? undefined
    : `imports ${specifier}, which the package.json of ${file.manifest.name} does not declare`
}

const isPure = (path: string): boolean => /^packages\/core\/src\/(?!testing\/)/u.test(path)

/** Every broken rule of a file, as `path:line what is wrong`. */
export const violations = (file: SourceFile): ReadonlyArray<string> => {
  const source = readSource(file.path, file.text)
  const imports = source.imports.flatMap(({ name, line }) => {
    const problem = importProblem(file, name)
    return problem === undefined ? [] : [`${file.path}:${line} ${problem}`]
  })
  if (!isPure(file.path)) return imports
  const ambient = source.ambient
    .map(({ name, line }) => `${file.path}:${line} uses ${name}; in core time, chance and the world come from Effect`)
  return [...imports, ...ambient]
}
