/**
 * `@aptekit/server`: the reference server over a hub: REST, live feed, exchange entrances, jobs.
 * @module
 */
export { type App, type AppOptions, createApp } from "./app.ts"
export {
  type AptekitConfig,
  ConfigError,
  type ConfigSource,
  defineConfig,
  type Environment,
  loadConfig,
  type ServerConfig
} from "./config.ts"
export { addKeys, type NewKey, newKeyText } from "./keys.ts"
export { jsonLog, type Log, type LogFields, type LogLevel } from "./log.ts"
export { type RunningServer, type ServerOptions, startServer } from "./server.ts"
export { openStorage } from "./storage.ts"
export { isPublic, type WebhookOptions, webhookSender } from "./webhooks.ts"
