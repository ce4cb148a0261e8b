import { Context, Effect } from "effect"
import type { BuiltAdapter } from "./adapter.ts"
import type { Taker } from "../exchange/news.ts"
import { AdapterError } from "./errors.ts"
import type { Port, PortService, PortSpec } from "./port.ts"

/** The built adapters of a hub, by connection. Several may serve one port; routing is configuration. */
export class AdapterRegistry extends Context.Service<AdapterRegistry, {
  readonly all: ReadonlyMap<string, BuiltAdapter>
}>()("@aptekit/core/adapter/AdapterRegistry") {}

/** What the registry holds. */
export type AdapterMap = AdapterRegistry["Service"]

/** The connections that fetch orders by themselves (D28). */
export const takersOf = (registry: AdapterMap): ReadonlyArray<Taker> =>
  [...registry.all.values()].flatMap(({ id, orders }) => (orders === undefined ? [] : [{ connection: id, takes: orders.takes }]))

/** A connection that serves a port: the named one, or the first. Undefined where nobody does. */
export const findPort = <N extends string, M extends PortSpec>(
  registry: AdapterMap,
  port: Port<N, M>,
  connection?: string
): { readonly connection: string; readonly service: PortService<M> } | undefined => {
  for (const adapter of registry.all.values()) {
    if (connection !== undefined && adapter.id !== connection) continue
    const service = adapter.ports.get(port.name)
    if (service !== undefined) return { connection: adapter.id, service: service as PortService<M> }
  }
  return undefined
}

/** All connections that serve a port, in the order of configuration. */
export const servingPort = <M extends PortSpec>(
  registry: AdapterMap,
  port: Port<string, M>
): ReadonlyArray<{ readonly connection: string; readonly service: PortService<M> }> =>
  [...registry.all.keys()].flatMap((connection) => findPort(registry, port, connection) ?? [])

/** As `findPort`; fails with `AdapterError` (`config`, `rejected`) where nobody serves the port. */
export const requirePort = <N extends string, M extends PortSpec>(
  registry: AdapterMap,
  port: Port<N, M>,
  connection?: string
): Effect.Effect<PortService<M>, AdapterError> => {
  const found = findPort(registry, port, connection)
  return found === undefined
    ? Effect.fail(
      new AdapterError({
        adapter: "hub",
        instance: connection ?? "any",
        method: port.name,
        reason: "config",
        outcome: "rejected",
        message: `No connection ${connection ?? ""} serves the port ${port.name}; add an adapter that does to the configuration.`
      })
    )
    : Effect.succeed(found.service)
}
