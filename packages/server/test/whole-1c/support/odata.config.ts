import { oneCOData } from "@aptekit/adapter-1c"
import { SMALL_BASE } from "@aptekit/adapter-1c/testing"
import { defineConfig } from "../../../src/config.ts"

/** How it asks a small base: all kinds at its start, orders at once. */
export const connectionTo = (base: Pick<Parameters<typeof oneCOData>[0], "url" | "login" | "password">) =>
  oneCOData({
    ...base,
    zone: "Asia/Almaty",
    page: 2,
    backoffMs: 50,
    warehouses: { [SMALL_BASE.warehouses.north]: "north", [SMALL_BASE.warehouses.south]: "south" },
    prices: { [SMALL_BASE.retail]: "retail" },
    orders: { everySeconds: 1, settleSeconds: 0 },
    sales: [{ since: "2026-11-01" }, { document: "Document_ЧекККМВозврат", returns: "all", since: "2026-11-01" }]
  }, { id: "1c-odata" })

/** A hub that asks a 1C base by OData, as a process of its own. */
export default defineConfig((env) => ({
  storage: { file: env.text("ONE_C_FILE")! },
  rate: false,
  logLevel: "warn",
  adapters: [connectionTo({
    url: env.text("ODATA_URL")!,
    login: env.text("ODATA_LOGIN")!,
    password: env.secret("ODATA_PASSWORD")
  })]
}))
