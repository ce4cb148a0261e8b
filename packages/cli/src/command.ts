import { once } from "node:events"
import { readFileSync } from "node:fs"
import { parseArgs } from "node:util"
import type { Fault } from "@aptekit/core/testing"
import { FAULTS, type FaultSetting, simulate, type SimulateOptions } from "./simulate.ts"
import { type SimulatorName, SIMULATORS } from "./simulators.ts"

const NAMES = Object.keys(SIMULATORS)

const USAGE = `aptekit simulate <partner> [--port n] [--control n] [--fault name[:times]] [--data file.json]

  partner    ${NAMES.join(", ")}
  --port     where it listens on this machine; any that is free if left out
  --control  where its switches are: GET /ledger, PUT and DELETE /fault, POST /settle
  --fault    ${FAULTS.join(", ")}; ":3" for three calls only
  --data     for 1c-odata: the tables of the base
`

const isName = (text: string | undefined): text is SimulatorName => text !== undefined && NAMES.includes(text)
const isFault = (text: string | undefined): text is Fault => (FAULTS as ReadonlyArray<string | undefined>).includes(text)

const portOf = (text: string, flag: string): number => {
  const port = Number(text)
  if (!/^\d{1,5}$/u.test(text) || port > 65_535) throw new Error(`${flag} ${text} is no port`)
  return port
}

const faultOf = (text: string): FaultSetting => {
  const [fault, times, ...more] = text.split(":")
  const isCount = times === undefined || /^[1-9]\d{0,8}$/u.test(times)
  if (!isFault(fault) || !isCount || more.length > 0) throw new Error(`--fault ${text} is none of ${FAULTS.join(", ")}`)
  return { fault, ...(times === undefined ? {} : { times: Number(times) }) }
}

/** What was asked for; null: help. @throws Error with what is wrong */
const parse = (args: ReadonlyArray<string>): SimulateOptions | null => {
  const text = { type: "string" } as const
  const options = { port: text, control: text, fault: text, data: text, help: { type: "boolean", short: "h" } } as const
  const { values, positionals: [verb, name, ...more] } = parseArgs({ args: [...args], options, allowPositionals: true })
  if (values.help === true) return null
  if (verb !== "simulate" || !isName(name) || more.length > 0) throw new Error(`what to simulate?\n\n${USAGE}`)
  return {
    name,
    ...(values.port === undefined ? {} : { port: portOf(values.port, "--port") }),
    ...(values.control === undefined ? {} : { control: portOf(values.control, "--control") }),
    ...(values.fault === undefined ? {} : { fault: faultOf(values.fault) }),
    ...(values.data === undefined ? {} : { data: JSON.parse(readFileSync(values.data, "utf8")) as unknown })
  }
}

/** The command: runs until SIGINT or SIGTERM. Gives the exit code, 2 when it could not start. */
export const main = async (args: ReadonlyArray<string>): Promise<number> => {
  try {
    const options = parse(args)
    if (options === null) {
      process.stdout.write(USAGE)
      return 0
    }
    await using simulation = await simulate(options)
    const { name, config, control } = simulation
    process.stdout.write(`${JSON.stringify({ name, config, control })}\n`)
    await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")])
    return 0
  } catch (error) {
    process.stderr.write(`aptekit: ${error instanceof Error ? error.message : String(error)}\n`)
    return 2
  }
}
