import { join, resolve } from "node:path"
import { Redacted } from "effect"
import { ConfigError, loadConfig, type ServerConfig } from "./config.ts"
import { DEMO_1C_LOGIN, demoAdapters } from "./demo/adapters.ts"
import { type OneCPassword, oneCPassword } from "./demo/one-c-password.ts"
import { seedIfEmpty } from "./demo/seed.ts"
import type { NewKey } from "./keys.ts"
import { describeError, jsonLog } from "./log.ts"
import { type RunningServer, type ServerOptions, startServer } from "./server.ts"
import { openStorage } from "./storage.ts"

const say = (text: string): void => void process.stdout.write(`${text}\n`)

const storageText = ({ storage }: ServerConfig): string =>
  storage.kind === "sqlite" ? `SQLite, ${resolve(storage.file)}` : "MariaDB, by APTEKIT_MARIADB_URI or the config file"

const keysText = (keys: ReadonlyArray<NewKey>): string =>
  keys.map(({ role, label, text }) => `  ${role.padEnd(9)} ${label.padEnd(14)} ${text}`).join("\n")

/** Files of connections lie beside the database that knows about them. */
const filesFolder = ({ storage }: ServerConfig): string =>
  storage.kind === "sqlite" ? `${resolve(storage.file)}-files` : resolve("data/files")

/** Shown in full once, with the demo's keys; later only where it can be found. */
const oneCText = (url: string, password: OneCPassword, isNew: boolean): string => {
  const secret = isNew ? `password ${password.text}   (also in ${password.from})` : `password in ${password.from}`
  return `  1C         ${url}/exchange/1c   login ${DEMO_1C_LOGIN}   ${secret}`
}

const welcome = (
  server: RunningServer,
  config: ServerConfig,
  keys: ReadonlyArray<NewKey> | null,
  password: OneCPassword | undefined
): string => {
  const url = `http://localhost:${server.port}`
  const lines = [
    `Aptekit is running: ${url}`,
    `  documents  ${url}/docs   (${url}/openapi.json)`,
    `  health     ${url}/healthz   ${url}/readyz   ${url}/metrics`,
    `  storage    ${storageText(config)}`,
    `  settings   ${config.from}`,
    ...(password === undefined ? [] : [oneCText(url, password, keys !== null)])
  ]
  if (keys === null) {
    const hint = "  keys       shown when they were made; APTEKIT_ADMIN_KEY=… makes one that you know"
    return [...lines, ...(config.adminKey === undefined ? [hint] : [])].join("\n")
  }
  const key = keys.find(({ role }) => role === "channel")?.text ?? ""
  return [
    ...lines,
    "",
    "The empty database was filled with a demo network. Its keys are shown once, here; only their hashes are kept:",
    keysText(keys),
    "",
    `Try: curl -H 'Authorization: Bearer ${key}' '${url}/api/v1/products?text=${encodeURIComponent("парацетамол")}&limit=3'`
  ].join("\n")
}

/** A known administrator's key, where the environment gives one; its channel only decides which prices it sees. */
const adminKeys = ({ adminKey }: ServerConfig): ReadonlyArray<NewKey> =>
  adminKey === undefined ? [] : [{ text: Redacted.value(adminKey), role: "admin", channelId: "shop", label: "admin" }]

const optional = (config: ServerConfig): Partial<ServerOptions> => ({
  ...(config.host === undefined ? {} : { host: config.host }),
  ...(config.messages === undefined ? {} : { messages: config.messages }),
  ...(config.geocoders === undefined ? {} : { geocoders: config.geocoders }),
  ...(config.matrices === undefined ? {} : { matrices: config.matrices }),
  ...(config.exchangeLog?.keepDays === undefined ? {} : { keepLogDays: config.exchangeLog.keepDays }),
  ...(config.webhooks === undefined ? {} : { webhooks: config.webhooks }),
  ...(config.lanes === undefined ? {} : { lanes: config.lanes }),
  ...(config.keep === undefined ? {} : { keep: config.keep }),
  ...(config.rate === undefined ? {} : { rate: config.rate })
})

const start = async (): Promise<RunningServer> => {
  const config = await loadConfig()
  const log = jsonLog(config.logLevel)
  let keys: ReadonlyArray<NewKey> | null = null
  const directory = (connection: string): string => join(filesFolder(config), connection)
  const isDemo = config.adapters === undefined && config.demo
  const password = isDemo ? oneCPassword(directory("1c")) : undefined
  const server = await startServer({
    ...optional(config),
    storage: await openStorage(config.storage, config.redis === undefined ? undefined : { url: config.redis, log }),
    adapters: config.adapters ?? (password === undefined ? [] : demoAdapters({ oneCPassword: password.text })),
    directory,
    port: config.port,
    log,
    keys: adminKeys(config),
    prepare: async (hub) => {
      if (config.demo) keys = await seedIfEmpty(hub)
    }
  })
  say(welcome(server, config, keys, password))
  return server
}

const stopOn = (server: RunningServer): void => {
  const stop = (signal: NodeJS.Signals): void => {
    say(`${signal}: finishing what runs…`)
    server.close().then(
      () => process.exit(0),
      (error: unknown) => {
        jsonLog()("error", "the hub could not be closed cleanly", describeError(error))
        process.exit(1)
      }
    )
  }
  process.once("SIGTERM", stop)
  process.once("SIGINT", stop)
}

try {
  stopOn(await start())
} catch (error) {
  // Our own messages say what to do; of anything else its text too, or nobody could mend it.
  const text = error instanceof Error ? error.message : String(error)
  process.stderr.write(`Aptekit did not start. ${text}\n`)
  if (!(error instanceof ConfigError)) jsonLog()("error", "start failed", describeError(error))
  process.exit(1)
}
