import { createHub } from "@aptekit/core"
import { memoryStorage } from "@aptekit/core/testing"
import { expect, test } from "vitest"
import { oneC } from "../../src/index.ts"

const config = { login: "1c", password: "long enough", zone: "Asia/Almaty" }

const refused = async (over: Readonly<Record<string, unknown>>): Promise<string> => {
  const adapter = oneC({ ...config, ...over }, { id: "base" })
  return createHub({ storage: memoryStorage(), jobs: false, adapters: [adapter] }).then(
    async (hub) => hub.close().then(() => "started"),
    (error: Error) => error.message
  )
}

test("R-SDK-2: a wrong setting stops the start, names itself and keeps the password to itself", async () => {
  for (const [name, value] of Object.entries({
    zone: "Almaty", password: "short", login: "a:b", fileLimit: 10, pollDelayMs: 60_000, currency: "руб", dialect: "bus"
  })) {
    const message = await refused({ [name]: value })
    expect([name, message]).toEqual([name, expect.stringMatching(new RegExp(`^\\[1c\\] \\[base\\] bad configuration: [^]*${name}`, "u"))])
    expect(message).not.toContain("long enough")
  }
})
