import { once } from "node:events"
import { readFileSync } from "node:fs"
import { parseArgs } from "node:util"
import { type ConformanceOptions, reportOf } from "./conformance.ts"
import { FAULTS, type FaultSetting, faultsOf, OWN_FAULTS, simulate, type SimulateOptions } from "./simulate.ts"
import { type SimulatorName, SIMULATORS } from "./simulators.ts"

const NAMES = Object.keys(SIMULATORS)

const USAGE = `aptekit simulate <partner> [--port n] [--control n] [--fault name[:times]] [--data file.json]

  partner    ${NAMES.join(", ")}
  --port     where it listens on this machine; any that is free if left out
  --control  where its switches are: GET /ledger, PUT and DELETE /fault, POST /settle, POST /report
  --fault    ${FAULTS.join(", ")}; ":3" for three calls only;
             for 1c-odata also ${OWN_FAULTS["1c-odata"]!.join(", ")}
  --data     for 1c-odata: the tables of the base; left out, a small УТ 11.5

aptekit conformance <module> [--json] [--config file.json]

  module     a file or a package that exports its suites, made by conformance(suite, harness) of @aptekit/core/testing
  --json     the report for machines
  --config   given to the module, where it exports a function of it
  Ends with 0 when all passes, 1 when a case fails, 2 when nothing could be tried.
`

const isName = (text: string | undefined): text is SimulatorName => text !== undefined && NAMES.includes(text)

const portOf = (text: string, flag: string): number => {
  const port = Number(text)
  if (!/^\d{1,5}$/u.test(text) || port > 65_535) throw new Error(`${flag} ${text} is no port`)
  return port
}

const faultOf = (name: SimulatorName, text: string): FaultSetting => {
  const [fault = "", times, ...more] = text.split(":")
  const isCount = times === undefined || /^[1-9]\d{0,8}$/u.test(times)
  const known = faultsOf(name)
  if (!known.includes(fault) || !isCount || more.length > 0) throw new Error(`--fault ${text} is none of ${known.join(", ")}`)
  return { fault, ...(times === undefined ? {} : { times: Number(times) }) }
}

const TEXT = { type: "string" } as const
const HELP = { help: { type: "boolean", short: "h" } } as const

const json = (file: string): unknown => JSON.parse(readFileSync(file, "utf8"))

/** What was asked for; null: help. @throws Error with what is wrong */
const parseSimulate = (args: ReadonlyArray<string>): SimulateOptions | null => {
  const options = { port: TEXT, control: TEXT, fault: TEXT, data: TEXT, ...HELP } as const
  const { values, positionals: [name, ...more] } = parseArgs({ args: [...args], options, allowPositionals: true })
  if (values.help === true) return null
  if (!isName(name) || more.length > 0) throw new Error(`what to simulate?\n\n${USAGE}`)
  return {
    name,
    ...(values.port === undefined ? {} : { port: portOf(values.port, "--port") }),
    ...(values.control === undefined ? {} : { control: portOf(values.control, "--control") }),
    ...(values.fault === undefined ? {} : { fault: faultOf(name, values.fault) }),
    ...(values.data === undefined ? {} : { data: json(values.data) })
  }
}

const parseConformance = (args: ReadonlyArray<string>): ConformanceOptions | null => {
  const options = { json: { type: "boolean" }, config: TEXT, ...HELP } as const
  const { values, positionals: [module, ...more] } = parseArgs({ args: [...args], options, allowPositionals: true })
  if (values.help === true) return null
  if (module === undefined || more.length > 0) throw new Error(`the suites of which module?\n\n${USAGE}`)
  return { module, from: process.cwd(), json: values.json === true, ...(values.config === undefined ? {} : { config: json(values.config) }) }
}

/** The process may end right after it. */
const say = (text: string): Promise<void> =>
  new Promise((resolve, reject) => process.stdout.write(text, (error) => (error ? reject(error) : resolve())))

const help = async (): Promise<number> => {
  await say(USAGE)
  return 0
}

const runSimulate = async (args: ReadonlyArray<string>): Promise<number> => {
  const options = parseSimulate(args)
  if (options === null) return help()
  await using simulation = await simulate(options)
  const { name, config, control } = simulation
  await say(`${JSON.stringify({ name, config, control })}\n`)
  await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")])
  return 0
}

const runConformance = async (args: ReadonlyArray<string>): Promise<number> => {
  const options = parseConformance(args)
  if (options === null) return help()
  const { text, passed } = await reportOf(options)
  await say(text)
  return passed ? 0 : 1
}

/** The command: a simulator runs until SIGINT or SIGTERM. Gives the exit code, 2 when it could not start. */
export const main = async ([verb, ...args]: ReadonlyArray<string>): Promise<number> => {
  try {
    if (verb === "simulate") return await runSimulate(args)
    if (verb === "conformance") return await runConformance(args)
    if (verb === "--help" || verb === "-h") return await help()
    throw new Error(`what to do?\n\n${USAGE}`)
  } catch (error) {
    process.stderr.write(`aptekit: ${error instanceof Error ? error.message : String(error)}\n`)
    return 2
  }
}
