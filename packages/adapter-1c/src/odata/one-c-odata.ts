import { defineAdapter, type InboundHub, type SyncRun } from "@aptekit/core"
import { Redacted } from "effect"
import { Base } from "./base.ts"
import { Catalogue, type CatalogueState } from "./catalogue.ts"
import { type Fetch, ODataClient } from "./client.ts"
import { merge } from "./mapping.ts"
import { needsOf } from "./needs.ts"
import { WarehousePlaces } from "./places.ts"
import { oneCODataPort } from "./port.ts"
import { PRESETS } from "./presets.ts"
import { kindOfRun, Runs, type SeriesState, SYNC_KINDS } from "./runs.ts"
import { OneCODataConfig } from "./settings.ts"
import { StateFile } from "./state.ts"
import { Timers } from "./timers.ts"

const MINUTE = 60_000

/** What a host or a test may put in the place of the world. */
export interface ODataWorld {
  readonly fetch?: Fetch
  readonly now?: () => number
}

interface Opened {
  readonly base: Base
  readonly runs: Runs
  readonly places: WarehousePlaces
}

const open = async (
  config: OneCODataConfig,
  world: ODataWorld,
  { hub, connection, signal }: { readonly hub: InboundHub; readonly connection: string; readonly signal: AbortSignal }
): Promise<Opened> => {
  const { url, login, password, concurrency, timeoutMs, backoffMs, session, format } = config
  const client = new ODataClient({
    url, login, password: Redacted.value(password), concurrency, timeoutMs, backoffMs, session, format, signal,
    ...(world.fetch === undefined ? {} : { fetch: world.fetch })
  })
  const mapping = merge(PRESETS[config.preset].mapping, config.mapping)
  const base = new Base({ config, mapping, client, hub, connection, needs: needsOf(mapping), now: world.now ?? Date.now })
  const places = new WarehousePlaces(config, hub.network)
  const { directory } = hub.files
  const catalogue = new Catalogue(base, await StateFile.open<CatalogueState>(directory, "odata-catalogue.json", { deleted: [] }))
  const series = await StateFile.open<SeriesState>(directory, "odata-series.json", { stated: [] })
  return { base, runs: new Runs(base, catalogue, places, series), places }
}

/** The adapter over another `fetch` or clock: a simulator's, or a proxy's. */
export const oneCODataOver = (world: ODataWorld) =>
  defineAdapter({
    name: "1c-odata",
    config: OneCODataConfig,
    ports: { readings: oneCODataPort },
    setup: async (config, { hub, connection, onClose }) => {
      const stopping = new AbortController()
      const { runs } = await open(config, world, { hub, connection, signal: stopping.signal })
      const timers = new Timers()
      onClose(async () => {
        timers.stop()
        stopping.abort()
        await runs.idle()
      })
      for (const kind of SYNC_KINDS) timers.every(config.every[kind] * MINUTE, () => runs.sync(kind))
      return {
        readings: {
          sync: async ({ kind }) => {
            const run = await runs.sync(kind)
            return { runId: run.id, state: run.state, error: run.error }
          }
        },
        runs: {
          // The base is read again: what was held may be old by now.
          release: async (run: SyncRun) => {
            const kind = kindOfRun(run)
            if (kind !== undefined) await runs.sync(kind, { unguarded: true })
          },
          discard: () => Promise.resolve()
        }
      }
    }
  })

/**
 * A 1C base that the hub asks by the standard OData interface: goods, free stock with series and expiry dates, prices,
 * at intervals and by hand (`oneCODataPort`).
 */
export const oneCOData = oneCODataOver({})
