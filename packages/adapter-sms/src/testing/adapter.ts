import {
  AdapterFault, type AdapterInstance, defineAdapter, type FaultOutcome, messagesPort, neverSent, Schema
} from "@aptekit/core"
import type { MessageGatewaySimulator } from "./gateway.ts"

const outcomeOf = (status: number): FaultOutcome => {
  if (status === 429 || status === 503) return "unavailable"
  return status >= 400 && status < 500 ? "rejected" : "unknown"
}

const fault = (message: string, outcome: FaultOutcome): AdapterFault => new AdapterFault(message, { outcome })

/**
 * Sends messages to the simulated gateway: a real adapter over the simulator's `fetch`, for tests and demos of what
 * lies behind the port. Every call goes through the gateway's faults.
 */
export const simulatedMessages = (
  gateway: MessageGatewaySimulator,
  options: { readonly id?: string } = {}
): AdapterInstance<"messages"> => overGateway(gateway)({ token: gateway.token }, options)

const overGateway = (gateway: MessageGatewaySimulator) =>
  defineAdapter({
    name: "simulated-gateway",
    config: Schema.Struct({ token: Schema.String }),
    ports: { messages: messagesPort },
    capabilities: {
      sms: true,
      email: false,
      push: false,
      lookUp: true,
      status: false,
      balance: false,
      deliveryReports: false,
      idempotentSend: gateway.idempotent,
      senderNames: false
    },
    setup: ({ token }) => {
      const call = async (path: string, init: RequestInit): Promise<Response> => {
        const headers = { authorization: `Bearer ${token}` }
        const request = new Request(`http://gateway.test${path}`, { ...init, headers })
        try {
          return await gateway.fetch(request)
        } catch (error) {
          throw neverSent(error)
            ? fault("the gateway cannot be reached", "unavailable")
            : fault("the connection was lost before the answer", "unknown")
        }
      }
      const idIn = async (response: Response): Promise<unknown> => {
        if (!response.ok) throw fault(`the gateway answered ${response.status}`, outcomeOf(response.status))
        const body: unknown = await response.json().catch(() => null)
        return (body as { readonly id?: unknown } | null)?.id
      }
      return {
        messages: {
          send: async ({ id, to, text }, { signal }) => {
            const body = JSON.stringify({ reference: id, to, text })
            const providerId = await idIn(await call("/messages", { method: "POST", body, signal }))
            if (typeof providerId !== "string") throw fault("the answer holds no id", "unknown")
            return { providerId }
          },
          find: async ({ id }, { signal }) => {
            const providerId = await idIn(await call(`/messages?reference=${encodeURIComponent(id)}`, { signal }))
            // Only a null says that it has none: taking nonsense for "not sent" would send twice.
            if (providerId !== null && typeof providerId !== "string") throw fault("the answer holds no id", "unknown")
            return { providerId }
          }
        }
      }
    }
  })
