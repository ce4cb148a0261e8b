import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

/** The ports that have a template. */
export const PORTS = ["messages", "geocoding", "distanceMatrix"] as const
export type Port = (typeof PORTS)[number]

/** Both `src` and `dist` lie beside it. */
const TEMPLATE = join(import.meta.dirname, "../template")

/** A partner's name as it is written in code, made of `my-partner`. */
interface Spellings {
  readonly kebab: string
  readonly camel: string
  readonly pascal: string
  readonly constant: string
}

export const spell = (kebab: string): Spellings => {
  const pascal = kebab.split("-").map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join("")
  return { kebab, pascal, camel: pascal.slice(0, 1).toLowerCase() + pascal.slice(1), constant: kebab.replaceAll("-", "_").toUpperCase() }
}

const filled = (text: string, { kebab, camel, pascal, constant }: Spellings, port: Port): string =>
  text
    .replaceAll("my-partner", kebab)
    .replaceAll("MyPartner", pascal)
    .replaceAll("myPartner", camel)
    .replaceAll("MY_PARTNER", constant)
    .replaceAll("`PORT`", `\`${port}\``)

const read = (folder: string): ReadonlyArray<readonly [path: string, text: string]> =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => [path.slice(folder.length + 1).replaceAll("\\", "/"), readFileSync(path, "utf8")])

/** The files of a new adapter by their paths. */
export const filesOf = (name: string, port: Port): ReadonlyMap<string, string> => {
  const spellings = spell(name)
  const files = [...read(join(TEMPLATE, "common")), ...read(join(TEMPLATE, port))]
  return new Map(files.map(([path, text]) => [path, filled(text, spellings, port)]))
}
