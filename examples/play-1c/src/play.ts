import { play } from "./exchange.ts"
import { type Settings, settingsOf, USAGE } from "./settings.ts"

const settings = (): Settings | undefined => {
  try {
    return settingsOf(process.argv.slice(2), process.env)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`)
    return undefined
  }
}

const given = settings()
const write = (line: string): void => void process.stdout.write(`${line}\n`)
if (given === undefined) process.exitCode = 2
else if (!await play(given, write)) process.exitCode = 1
