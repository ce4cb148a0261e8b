import { execFile, spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { promisify } from "node:util"
import { expect, test } from "vitest"

const COMMAND = ["--conditions=@aptekit/source", join(import.meta.dirname, "../bin.js")]
const run = (args: ReadonlyArray<string>) => promisify(execFile)(process.execPath, [...COMMAND, ...args])

test("SDK-3: `aptekit simulate` says where it listens, serves with its fault, and ends at SIGTERM", async () => {
  const child = spawn(process.execPath, [...COMMAND, "simulate", "smsru", "--fault", "garbled:1"])
  try {
    const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string]
    const { name, config, control } = JSON.parse(line)
    expect(name).toBe("smsru")
    const balance = async () => (await fetch(`${config.url}/my/balance?json=1&api_id=${config.apiId}`)).text()
    expect(await balance()).toContain("<html>")
    expect(JSON.parse(await balance())).toMatchObject({ status: "OK" })
    expect(await (await fetch(control)).json()).toMatchObject({ fault: { fault: "garbled", times: 1 } })
  } finally {
    child.kill("SIGTERM")
  }
  expect(await once(child, "exit")).toEqual([0, null])
})

test.each([
  ["no partner", ["simulate"], /what to simulate\?.*smsc, smsru/su],
  ["a partner that it does not know", ["simulate", "fax"], /what to simulate\?/u],
  ["a fault that is none", ["simulate", "smsc", "--fault", "tired"], /--fault tired is none of slow/u],
  ["a fault for no calls", ["simulate", "smsc", "--fault", "slow:0"], /--fault slow:0/u],
  ["a port that is none", ["simulate", "smsc", "--port", "70000"], /--port 70000 is no port/u]
])("SDK-3: `aptekit simulate` with %s ends with 2 and says what to do", async (_, args, said) => {
  await expect(run(args)).rejects.toMatchObject({ code: 2, stderr: expect.stringMatching(said) })
})
