import { messageGatewaySimulator, simulatedMessages } from "@aptekit/adapter-sms/testing"
import { geocoderSimulator, simulatedGeocoder } from "@aptekit/adapter-geo/testing"
import { defineConfig } from "../../../src/config.ts"

/**
 * The hub of the fault tests: a real process with real adapters, whose partners answer over HTTP in the test's process.
 * There the ledgers outlive every kill.
 */
export default defineConfig((env) => {
  const partners = env.secret("FAULT_TEST_PARTNERS")
  const overHttp = (partner: string) => async (request: Request): Promise<Response> => {
    const { pathname, search } = new URL(request.url)
    const body = request.method === "POST" ? { body: await request.text() } : {}
    const { method, headers, signal } = request
    return fetch(`${partners}/${partner}${pathname}${search}`, { method, headers, signal, ...body })
  }
  const file = env.text("FAULT_TEST_FILE")
  return {
    ...(file === undefined ? {} : { storage: { file } }),
    rate: false,
    logLevel: "warn",
    adapters: [
      simulatedMessages({ ...messageGatewaySimulator({ idempotent: false }), fetch: overHttp("gateway") }, { id: "gateway" }),
      simulatedGeocoder({ ...geocoderSimulator({ places: [] }), fetch: overHttp("geocoder") }, { id: "geocoder" })
    ]
  }
})
