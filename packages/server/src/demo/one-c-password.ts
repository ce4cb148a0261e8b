import { randomBytes } from "node:crypto"
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { ConfigError } from "../config.ts"

const VARIABLE = "APTEKIT_1C_PASSWORD"
const SHORTEST = 8

export interface OneCPassword {
  readonly text: string
  /** Where it can be looked up, for people. */
  readonly from: string
}

/**
 * The demo's password for 1C: that of the environment, or one made by chance for this database and kept in `folder`,
 * readable by its owner only.
 * @throws ConfigError where the environment's is too short
 */
export const oneCPassword = (
  folder: string,
  env: Readonly<Record<string, string | undefined>> = process.env
): OneCPassword => {
  const given = env[VARIABLE] ?? ""
  if (given !== "") {
    if (given.length < SHORTEST) {
      throw new ConfigError(`${VARIABLE} is too short to be safe: ${SHORTEST} characters at least.`)
    }
    return { text: given, from: VARIABLE }
  }
  const file = join(folder, "password")
  if (!existsSync(file)) {
    mkdirSync(folder, { recursive: true })
    writeFileSync(file, `${randomBytes(12).toString("base64url")}\n`, { mode: 0o600 })
  }
  return { text: readFileSync(file, "utf8").trim(), from: file }
}
