import { defineAdapter } from "@aptekit/core"
import { OneCConfig } from "./config.ts"
import { Entrance } from "./http/entrance.ts"
import { Importer } from "./import/importer.ts"
import { Jobs } from "./import/jobs.ts"
import { Sessions } from "./spool/sessions.ts"

/**
 * 1C sends its catalogue, prices and stock as to a site: `http://hub/exchange/<connection>` is the address to enter.
 * An import that was asked for and not finished goes on after a restart.
 */
export const oneC = defineAdapter({
  name: "1c",
  config: OneCConfig,
  ports: {},
  setup: async (config, { hub, connection, onClose }) => {
    const sessions = await Sessions.open(hub.files.directory)
    const importer = new Importer(config, hub, connection)
    const jobs = new Jobs(importer, hub.log, config)
    onClose(async () => {
      await jobs.close()
      await importer.close()
    })
    for (const session of sessions.all()) jobs.resume(session)
    const entrance = new Entrance(config, sessions, jobs, hub.log)
    return { http: (request) => entrance.handle(request) }
  }
})
