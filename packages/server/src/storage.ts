import { mkdirSync } from "node:fs"
import { dirname, resolve } from "node:path"
import type { StorageLayer } from "@aptekit/core"
import { Redacted } from "effect"
import type { ServerConfig } from "./config.ts"

/** The storage that the settings name. Only the one that is used gets loaded. */
export const openStorage = async (storage: ServerConfig["storage"]): Promise<StorageLayer> => {
  const { mariadb, sqlite } = await import("@aptekit/storage-sql")
  if (storage.kind === "mariadb") return mariadb({ uri: Redacted.value(storage.uri) })
  const file = resolve(storage.file)
  mkdirSync(dirname(file), { recursive: true })
  return sqlite({ file })
}
