import { Effect } from "effect"
import { AdapterRegistry, type AdapterMap } from "../adapter/registry.ts"
import { InvalidInput } from "../kernel/errors.ts"
import type { PolicyEntry } from "../network/model.ts"
import { DEFAULT_POLICY, type Policy } from "../network/policy.ts"
import { Network, type NetworkView } from "../network/service.ts"
import { gatewaysOf } from "../notify/gateways.ts"
import type { StorageUnavailable } from "../store/errors.ts"

type Entry = typeof PolicyEntry.Type
interface Issue {
  readonly path: string
  readonly message: string
}

/** What is set, scope by scope, and what holds where nothing is. */
export const listPolicies = (view: NetworkView): { readonly items: ReadonlyArray<Entry>; readonly defaults: Policy } => ({
  items: view.policies,
  defaults: DEFAULT_POLICY
})

const scopeIssues = ({ scope, scopeId }: Entry, view: NetworkView): ReadonlyArray<Issue> => {
  const known = scope === "network" ? scopeId === ""
    : (scope === "branch" ? view.branches : view.channels).some(({ id }) => id === scopeId)
  if (known) return []
  return [{ path: "scopeId", message: scope === "network" ? "is empty for the network" : `no such ${scope}` }]
}

/** Connections that policy names must be there and able; a rule for one that is added later is put then. */
const gatewayIssues = ({ policy }: Entry, registry: AdapterMap): ReadonlyArray<Issue> => {
  const gateways = gatewaysOf(registry, null)
  const issues: Array<Issue> = []
  policy.messageGateways?.forEach(({ kind, connections }, rule) =>
    connections.forEach((connection, i) => {
      const able = gateways.filter(({ kinds }) => kinds.includes(kind)).map((gateway) => gateway.connection)
      const message = `no connection of this name sends ${kind}; there are: ${able.join(", ") || "none"}`
      if (!able.includes(connection)) issues.push({ path: `policy.messageGateways[${rule}].connections[${i}]`, message })
    }))
  for (const field of ["dailyPerGateway", "senderNames"] as const) {
    for (const connection of Object.keys(policy[field] ?? {})) {
      if (gateways.some((gateway) => gateway.connection === connection)) continue
      const there = gateways.map((gateway) => gateway.connection).join(", ") || "none"
      issues.push({ path: `policy.${field}.${connection}`, message: `no connection of this name sends messages; there are: ${there}` })
    }
  }
  return issues
}

/** Saves policies, each scope whole, all of them or none. They hold from the next decision on. */
export const savePolicies = (
  entries: ReadonlyArray<Entry>
): Effect.Effect<ReturnType<typeof listPolicies>, InvalidInput | StorageUnavailable, Network | AdapterRegistry> =>
  Effect.gen(function*() {
    const network = yield* Network
    const registry = yield* AdapterRegistry
    const view = network.view()
    const issues = entries.flatMap((entry, i) =>
      [...scopeIssues(entry, view), ...gatewayIssues(entry, registry)].map(({ path, message }) => ({ path: `policies[${i}].${path}`, message })))
    if (issues.length > 0) {
      return yield* new InvalidInput({ message: issues.map(({ path, message }) => `${path}: ${message}`).join("; "), issues })
    }
    yield* network.save({ policies: entries })
    return listPolicies(network.view())
  })
