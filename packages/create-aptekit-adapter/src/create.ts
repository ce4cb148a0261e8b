import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join, relative, resolve } from "node:path"
import { manifestOf, tsconfigsOf } from "./manifest.ts"
import { filesOf, type Port, spell } from "./template.ts"

/** What is written, and where. */
export interface CreateOptions {
  /** The partner in kebab case, such as `my-partner`. */
  readonly name: string
  readonly port: Port
  /** Where to begin: the repository of Aptekit is looked for from here upwards. */
  readonly from: string
  /** The folder to write into. Left out: `packages/adapter-<name>` of the repository, else `adapter-<name>`. */
  readonly folder?: string
}

/** What was written. */
export interface Created {
  readonly folder: string
  readonly packageName: string
  /** The repository that the adapter became a package of; null for a package of its own. */
  readonly repository: string | null
  /** Every file that was written or changed. */
  readonly files: ReadonlyArray<string>
}

/** Words of the language that no constant can be called by. */
const WORDS = "await break case catch class const continue debugger default delete do else enum export extends false finally for " +
  "function if implements import in instanceof interface let new null package private protected public return static super " +
  "switch this throw true try typeof var void while with yield arguments eval undefined"

/** Names that the files of the templates have already. */
const TAKEN = "call caller conformance connection expect fault fetch known pair pieces question road search test"

const UNUSABLE: ReadonlySet<string> = new Set([...WORDS.split(" "), ...TAKEN.split(" ")])

const isName = (name: string): boolean =>
  name.length > 1 && /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/u.test(name) && !UNUSABLE.has(name)

const nameOf = (folder: string): string | undefined => {
  const path = join(folder, "package.json")
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as { readonly name?: string }).name : undefined
}

const repositoryFrom = (folder: string): string | null => {
  if (nameOf(folder) === "aptekit" && existsSync(join(folder, "packages/core"))) return folder
  const parent = dirname(folder)
  return parent === folder ? null : repositoryFrom(parent)
}

const isTaken = (folder: string): boolean => existsSync(folder) && readdirSync(folder).length > 0

/** The build of the repository goes through the packages that this file names. */
const withReference = (text: string, path: string): string => {
  const config = JSON.parse(text) as { readonly references: ReadonlyArray<{ readonly path: string }> }
  const lines = [...config.references, { path }].map((one) => `    { "path": ${JSON.stringify(one.path)} }`)
  return `{\n  "files": [],\n  "references": [\n${lines.join(",\n")}\n  ]\n}\n`
}

/**
 * Writes a new adapter. @throws Error when the name cannot be one, or the folder holds something: nothing is written over
 */
export const createAdapter = ({ name, port, from, folder: wished }: CreateOptions): Created => {
  if (!isName(name)) {
    throw new Error(`"${name}" cannot be an adapter's name: take lower-case Latin words joined by "-", such as my-partner`)
  }
  const found = repositoryFrom(resolve(from))
  const folder = wished === undefined
    ? join(found === null ? resolve(from) : join(found, "packages"), `adapter-${name}`)
    : resolve(from, wished)
  const repository = found !== null && dirname(folder) === join(found, "packages") ? found : null
  if (isTaken(folder)) throw new Error(`${folder} is not empty: take another name or folder`)

  const inRepository = repository !== null
  const packageName = inRepository ? `@aptekit/adapter-${name}` : `aptekit-adapter-${name}`
  const description = `Aptekit's port ${port} over ${spell(name).pascal}.`
  const inside = [
    ...filesOf(name, port), ...tsconfigsOf(inRepository), ["package.json", manifestOf(packageName, description, inRepository)] as const
  ]
  const files = inside.map(([path, text]) => [join(folder, path), text] as const)
  if (repository !== null) {
    const build = join(repository, "tsconfig.build.json")
    files.push(
      [join(repository, ".changeset", `adapter-${name}.md`), `---\n"${packageName}": minor\n---\n\nNew: ${description}\n`],
      [build, withReference(readFileSync(build, "utf8"), relative(repository, folder).replaceAll("\\", "/"))]
    )
  } else {
    files.push([join(folder, ".gitignore"), "node_modules\ndist\n"])
  }
  for (const [path, text] of files) {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }
  return { folder, packageName, repository, files: files.map(([path]) => path) }
}
