import { mkdirSync } from "node:fs"
import { dirname, resolve } from "node:path"
import type { StorageLayer } from "@aptekit/core"
import { Redacted } from "effect"
import type { ServerConfig } from "./config.ts"
import type { Log } from "./log.ts"

/** The storage that the settings name. Only what is used gets loaded. */
export const openStorage = async (
  storage: ServerConfig["storage"],
  redis?: { readonly url: Redacted.Redacted; readonly log: Log }
): Promise<StorageLayer> => {
  const { mariadb, sqlite } = await import("@aptekit/storage-sql")
  if (storage.kind === "mariadb") {
    const uri = Redacted.value(storage.uri)
    if (redis === undefined) return mariadb({ uri })
    const { redisWake } = await import("./redis.ts")
    return mariadb({ uri, wake: () => redisWake(Redacted.value(redis.url), redis.log) })
  }
  // Only one hub can use a file: there is nobody to wake.
  const file = resolve(storage.file)
  mkdirSync(dirname(file), { recursive: true })
  return sqlite({ file })
}
