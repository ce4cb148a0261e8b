import { existsSync } from "node:fs"
import { resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { type AdapterInstance, issuesOf, type Keeping, type LaneOptions, Schema } from "@aptekit/core"
import { Redacted, Result } from "effect"
import type { RateLimit } from "./http/limits.ts"

/** What `aptekit.config.ts` says; all may be left out. Secrets come from the environment: `env.secret("NAME")`. */
export interface AptekitConfig {
  /** One file for everything (the default: `data/aptekit.db`), or a MariaDB by its URI. */
  readonly storage?: { readonly file: string } | { readonly mariadb: string }
  /** `PORT` of the environment wins; 3000 if neither is given. */
  readonly port?: number
  /** The address to listen on; all if left out. */
  readonly host?: string
  readonly adapters?: ReadonlyArray<AdapterInstance>
  /** Connections that send messages to buyers, in turn; all that can, in the order of `adapters`, if left out. */
  readonly messages?: string | ReadonlyArray<string>
  /** Connections that look addresses up, in turn; all that can if left out. */
  readonly geocoders?: ReadonlyArray<string>
  /** Connections that measure roads, in turn; all that can if left out. */
  readonly matrices?: ReadonlyArray<string>
  /** Limits and patience toward single partners, by connection: `{ sms: { concurrency: 4, perSecond: 10 } }`. */
  readonly lanes?: LaneOptions
  /** How many days ended messages, told orders and callers' keys are kept. */
  readonly keep?: Keeping
  /** A Redis that tells the other replicas at once of what happened here; without it they look twice a second. */
  readonly redis?: { readonly url: string }
  /** Requests of one key: 200 a second and 2,000 at once if left out; `false`: as many as it likes. */
  readonly rate?: RateLimit | false
  /** Calls to and from partners (EXP-4): kept 30 days if left out. */
  readonly exchangeLog?: { readonly keepDays?: number }
  /**
   * Webhooks of channels go to public addresses only; `allowPrivate` lets them go to loopback and private networks too,
   * for tests and for shops in one's own network.
   */
  readonly webhooks?: { readonly allowPrivate?: boolean }
  /** Fill an empty database with the demo network. On by default where there is no config file. */
  readonly demo?: boolean
  readonly logLevel?: "debug" | "info" | "warn" | "error"
}

/** The environment as a config file sees it. */
export interface Environment {
  /** A secret that must be there. @throws ConfigError naming the variable, never its value */
  readonly secret: (name: string) => string
  readonly text: (name: string, fallback?: string) => string | undefined
}

/** What a config file exports by default. */
export type ConfigSource = AptekitConfig | ((env: Environment) => AptekitConfig)

/** Types a config file: `export default defineConfig({ port: 8080 })`. */
export const defineConfig = (config: ConfigSource): ConfigSource => config

/** The settings in force. Secrets are Redacted: they print as `<redacted>` wherever they get to. */
export interface ServerConfig extends Omit<AptekitConfig, "storage" | "port" | "demo" | "adapters" | "redis"> {
  readonly storage:
    | { readonly kind: "sqlite"; readonly file: string }
    | {
        readonly kind: "mariadb"
        readonly uri: Redacted.Redacted
      }
  readonly port: number
  readonly demo: boolean
  /** Undefined: the config file says nothing about adapters, or there is none. */
  readonly adapters: ReadonlyArray<AdapterInstance> | undefined
  readonly redis: Redacted.Redacted | undefined
  /** `APTEKIT_ADMIN_KEY`: a key of the role admin that is known from the start. */
  readonly adminKey: Redacted.Redacted | undefined
  /** Where it was read, for people. */
  readonly from: string
}

/** The settings are wrong; says which one, where, and what to do. */
export class ConfigError extends Error {
  override readonly name = "ConfigError"
}

const isAdapter = (value: unknown): value is AdapterInstance =>
  typeof value === "object" && value !== null && typeof (value as AdapterInstance).build === "function"

const Text = Schema.NonEmptyString
const Positive = Schema.Int.check(Schema.isGreaterThan(0))
const Lane = Schema.Struct({
  concurrency: Schema.optionalKey(Positive.check(Schema.isLessThanOrEqualTo(1_000))),
  perSecond: Schema.optionalKey(Schema.NullOr(Schema.Finite.check(Schema.isGreaterThan(0)))),
  timeoutMs: Schema.optionalKey(Positive),
  maxAttempts: Schema.optionalKey(Positive),
  breaker: Schema.optionalKey(Schema.Struct({ failures: Positive, openMs: Positive }))
})
const Days = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(1))
const Shape = Schema.Struct({
  storage: Schema.optionalKey(Schema.Union([Schema.Struct({ file: Text }), Schema.Struct({ mariadb: Text })])),
  port: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 65_535 }))),
  host: Schema.optionalKey(Text),
  adapters: Schema.optionalKey(
    Schema.Array(Schema.declare(isAdapter, { expected: "an adapter, such as consoleMessages({})" }))
  ),
  messages: Schema.optionalKey(Schema.Union([Text, Schema.NonEmptyArray(Text)])),
  geocoders: Schema.optionalKey(Schema.Array(Text)),
  matrices: Schema.optionalKey(Schema.Array(Text)),
  lanes: Schema.optionalKey(Schema.Record(Schema.String, Lane)),
  keep: Schema.optionalKey(
    Schema.Struct({
      messagesDays: Schema.optionalKey(Days),
      toldDays: Schema.optionalKey(Days),
      keysDays: Schema.optionalKey(Days)
    })
  ),
  redis: Schema.optionalKey(Schema.Struct({ url: Text.check(Schema.isPattern(/^rediss?:\/\//u)) })),
  rate: Schema.optionalKey(
    Schema.Union([
      Schema.Literal(false),
      Schema.Struct({
        perSecond: Schema.Finite.check(Schema.isGreaterThan(0)),
        burst: Schema.Int.check(Schema.isGreaterThan(0))
      })
    ])
  ),
  exchangeLog: Schema.optionalKey(
    Schema.Struct({ keepDays: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 3_650 }))) })
  ),
  webhooks: Schema.optionalKey(Schema.Struct({ allowPrivate: Schema.optionalKey(Schema.Boolean) })),
  demo: Schema.optionalKey(Schema.Boolean),
  logLevel: Schema.optionalKey(Schema.Literals(["debug", "info", "warn", "error"]))
})
const decodeShape = Schema.decodeUnknownResult(Shape, { errors: "all", onExcessProperty: "error" })

type Env = Readonly<Record<string, string | undefined>>

const valueOf = (env: Env, name: string): string | undefined => (env[name] === "" ? undefined : env[name])

const environment = (env: Env, from: string): Environment => ({
  secret: (name) => {
    const value = valueOf(env, name)
    if (value === undefined) throw new ConfigError(`${from}: the environment has no ${name}; set it and start again.`)
    return value
  },
  text: (name, fallback) => valueOf(env, name) ?? fallback
})

const checked = (config: unknown, from: string): AptekitConfig => {
  const result = decodeShape(config)
  if (Result.isSuccess(result)) return result.success
  const lines = issuesOf(result.failure).map(({ path, message }) => `  ${path || "(whole)"}: ${message}`)
  throw new ConfigError(`${from} is wrong:\n${lines.join("\n")}`)
}

const portOf = (env: Env, config: AptekitConfig): number => {
  const text = valueOf(env, "PORT")
  if (text === undefined) return config.port ?? 3000
  const port = /^\d{1,5}$/u.test(text) ? Number(text) : Number.NaN
  if (!(port <= 65_535)) throw new ConfigError("PORT of the environment is wrong: an integer from 0 to 65535.")
  return port
}

const storageOf = (env: Env, config: AptekitConfig): ServerConfig["storage"] => {
  const uri = valueOf(env, "APTEKIT_MARIADB_URI")
  if (uri !== undefined) return { kind: "mariadb", uri: Redacted.make(uri) }
  const { storage } = config
  if (storage !== undefined && "mariadb" in storage) return { kind: "mariadb", uri: Redacted.make(storage.mariadb) }
  return { kind: "sqlite", file: storage?.file ?? "data/aptekit.db" }
}

const redisOf = (env: Env, redis: AptekitConfig["redis"]): ServerConfig["redis"] => {
  const url = valueOf(env, "APTEKIT_REDIS_URL") ?? redis?.url
  if (url === undefined) return undefined
  // Its text may hold a password: only what it should look like is said.
  if (!/^rediss?:/u.test(url) || !URL.canParse(url)) {
    throw new ConfigError("APTEKIT_REDIS_URL, or `redis` of the configuration, is no address such as redis://:password@host:6379.")
  }
  return Redacted.make(url)
}

const demoOf = (env: Env, config: AptekitConfig, hasFile: boolean): boolean => {
  const text = valueOf(env, "APTEKIT_DEMO")
  if (text === undefined) return config.demo ?? !hasFile
  if (text !== "0" && text !== "1") throw new ConfigError("APTEKIT_DEMO of the environment is wrong: 0 or 1.")
  return text === "1"
}

const read = async (file: string): Promise<unknown> => {
  let loaded: { readonly default?: unknown }
  try {
    loaded = (await import(pathToFileURL(file).href)) as { readonly default?: unknown }
  } catch (cause) {
    // The cause may be quoted: it is the text of the operator's own file or of a missing package.
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new ConfigError(`${file} cannot be loaded: ${reason}`, { cause })
  }
  if (loaded.default === undefined) {
    throw new ConfigError(`${file} exports no default; write: export default defineConfig({ … })`)
  }
  return loaded.default
}

/**
 * Reads the settings: `aptekit.config.ts` of the folder (or the file that APTEKIT_CONFIG names) and the environment.
 * @throws ConfigError
 */
export const loadConfig = async (
  options: { readonly cwd?: string; readonly env?: Env } = {}
): Promise<ServerConfig> => {
  const cwd = options.cwd ?? process.cwd()
  const env = options.env ?? process.env
  const named = valueOf(env, "APTEKIT_CONFIG")
  const file = resolve(cwd, named ?? "aptekit.config.ts")
  const hasFile = existsSync(file)
  if (named !== undefined && !hasFile) throw new ConfigError(`APTEKIT_CONFIG names ${file}, which does not exist.`)
  const from = hasFile ? file : "the defaults"
  const source = hasFile ? await read(file) : {}
  const config = checked(typeof source === "function" ? source(environment(env, file)) : source, from)
  const { storage: _storage, port: _port, demo: _demo, redis, adapters, ...rest } = config
  const adminKey = valueOf(env, "APTEKIT_ADMIN_KEY")
  if (adminKey !== undefined && adminKey.length < 16) {
    throw new ConfigError("APTEKIT_ADMIN_KEY is too short to be safe: 16 characters at least.")
  }
  return {
    ...rest,
    adapters,
    from,
    storage: storageOf(env, config),
    redis: redisOf(env, redis),
    port: portOf(env, config),
    demo: demoOf(env, config, hasFile),
    adminKey: adminKey === undefined ? undefined : Redacted.make(adminKey)
  }
}
