import { oneC } from "@aptekit/adapter-1c"
import { defineConfig } from "../../../src/config.ts"

/** A hub that takes the exchange of a 1C base into the file that the test names. */
export default defineConfig((env) => ({
  storage: { file: env.secret("ONE_C_FILE") },
  logLevel: "warn",
  adapters: [
    oneC({
      login: "1c",
      password: env.secret("ONE_C_PASSWORD"),
      zone: "Asia/Almaty",
      autoCreate: true,
      pollDelayMs: 0,
      fileLimit: 30_000
    }, { id: "1c" })
  ]
}))
