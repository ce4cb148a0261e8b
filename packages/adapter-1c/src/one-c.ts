import { defineAdapter } from "@aptekit/core"
import { OneCConfig } from "./config.ts"
import { Entrance } from "./http/entrance.ts"
import { Catalogue } from "./import/catalogue.ts"
import { Importer } from "./import/importer.ts"
import { Jobs } from "./import/jobs.ts"
import { Places } from "./sale/places.ts"
import { SaleService } from "./sale/service.ts"
import { HeldFiles } from "./spool/held.ts"
import { Sessions } from "./spool/sessions.ts"

/**
 * 1C sends its catalogue, prices and stock as to a site: `http://hub/exchange/<connection>` is the address to enter.
 * An import that was asked for and not finished goes on after a restart.
 */
export const oneC = defineAdapter({
  name: "1c",
  config: OneCConfig,
  ports: {},
  // A file speaks as of its own time, of what it names only (D2, D3).
  capabilities: { calledByPartner: true, datedStatements: true, wholeStatements: false, tellsState: true },
  setup: async (config, { hub, connection, onClose }) => {
    const sessions = await Sessions.open(hub.files.directory)
    const places = await Places.open(config, hub.network)
    const importer = new Importer(config, { ...hub, network: places.watch(hub.network) }, connection)
    const catalogue = new Catalogue(importer, await HeldFiles.open(hub.files.directory), hub.log)
    const jobs = new Jobs(catalogue, hub.log, config)
    onClose(async () => {
      await jobs.close()
      await importer.close()
    })
    jobs.resume(sessions.all())
    const sale = config.orders === undefined
      ? undefined
      : await SaleService.open(config, config.orders, hub, places)
    if (sale !== undefined) onClose(() => sale.close())
    const entrance = new Entrance(config, { sessions, jobs }, sale, hub.log)
    return {
      http: (request) => entrance.handle(request),
      ...(sale === undefined ? {} : { orders: { takes: (branchId: string) => places.takes(branchId) } }),
      runs: {
        release: ({ id }) => jobs.inTurn((signal) => catalogue.release(id, signal)),
        discard: ({ id }) => jobs.inTurn(() => catalogue.discard(id))
      }
    }
  }
})
