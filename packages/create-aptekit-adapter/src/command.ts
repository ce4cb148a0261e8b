import { relative } from "node:path"
import { createInterface } from "node:readline/promises"
import { parseArgs } from "node:util"
import { type Created, createAdapter } from "./create.ts"
import { type Port, PORTS } from "./template.ts"

const USAGE = `npm create aptekit-adapter@latest my-partner -- --port ${PORTS.join("|")} [--folder path]

  --port    what the partner does for the hub; asked for when left out
  --folder  where to write; else packages/adapter-<name> of Aptekit's repository, or adapter-<name> here
`

const isPort = (text: string): text is Port => (PORTS as ReadonlyArray<string>).includes(text)

const ask = async (question: string): Promise<string> => {
  if (!process.stdin.isTTY) throw new Error(`nobody is here to be asked "${question}": give it as an argument\n\n${USAGE}`)
  const lines = createInterface({ input: process.stdin, output: process.stdout })
  try {
    return (await lines.question(`${question}: `)).trim()
  } finally {
    lines.close()
  }
}

const next = ({ folder, packageName, repository }: Created, cwd: string): string => {
  const path = relative(repository ?? cwd, folder) || "."
  const steps = repository === null
    ? `  cd ${path}\n  npm install\n  npm test`
    : `  npm install\n  npx vitest run ${path.replaceAll("\\", "/")}`
  return `${packageName} is written to ${folder}. Next:\n\n${steps}\n\nThen its README.md says what to make yours, and in which order.\n`
}

/** The command. Gives the exit code: 0 when all is written, 2 when nothing was. */
export const main = async (args: ReadonlyArray<string>, cwd = process.cwd()): Promise<number> => {
  try {
    const options = { port: { type: "string" }, folder: { type: "string" }, help: { type: "boolean", short: "h" } } as const
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true })
    if (values.help === true) {
      process.stdout.write(USAGE)
      return 0
    }
    if (positionals.length > 1) throw new Error(`one name, not ${positionals.length}\n\n${USAGE}`)
    const name = positionals[0] ?? (await ask("The partner's name, such as my-partner"))
    const port = values.port ?? (await ask(`The port (${PORTS.join(", ")})`))
    if (!isPort(port)) throw new Error(`no template for the port "${port}"; there are ${PORTS.join(", ")}`)
    const created = createAdapter({ name, port, from: cwd, ...(values.folder === undefined ? {} : { folder: values.folder }) })
    process.stdout.write(next(created, cwd))
    return 0
  } catch (error) {
    process.stderr.write(`create-aptekit-adapter: ${error instanceof Error ? error.message : String(error)}\n`)
    return 2
  }
}
