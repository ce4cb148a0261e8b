import { Context, Effect, Layer } from "effect"
import { type BranchId, type ChannelId } from "../kernel/ids.ts"
import { type ApiKey, type NetworkSettings, Storage, type StorageService } from "../store/ports.ts"
import type { StorageUnavailable } from "../store/errors.ts"
import { NoticeTexts } from "../notify/texts.ts"
import type { Branch, Channel, PolicyEntry } from "./model.ts"
import { OpeningHours } from "./opening.ts"
import { type Policy, resolvePolicy } from "./policy.ts"

/** The network's settings as one value, ready for decisions; replaced whole when something changes (D31). */
export class NetworkView {
  readonly branches: ReadonlyArray<Branch>
  readonly channels: ReadonlyArray<Channel>
  readonly policies: ReadonlyArray<PolicyEntry>
  readonly version: number
  /** What buyers are told, compiled. */
  readonly texts: NoticeTexts
  readonly #branches: ReadonlyMap<string, Branch>
  readonly #channels: ReadonlyMap<string, Channel>
  readonly #keys: ReadonlyMap<string, ApiKey>
  readonly #entries: ReadonlyMap<string, Partial<Policy>>
  readonly #resolved = new Map<string, Policy>()

  constructor(settings: NetworkSettings) {
    this.branches = settings.branches
    this.channels = settings.channels
    this.policies = settings.policies
    this.version = settings.version
    this.texts = new NoticeTexts(settings.templates)
    this.#branches = new Map(settings.branches.map((branch) => [branch.id, branch]))
    this.#channels = new Map(settings.channels.map((channel) => [channel.id, channel]))
    this.#keys = new Map(settings.keys.map((key) => [key.hash, key]))
    this.#entries = new Map(settings.policies.map((entry) => [`${entry.scope}/${entry.scopeId}`, entry.policy]))
  }

  branch(id: BranchId): Branch | undefined {
    return this.#branches.get(id)
  }
  /** The branch's zone; where none is known, the one that the first branch is in. */
  zone(id: BranchId | null): string {
    return (id === null ? this.branches[0] : this.branch(id))?.zone ?? "UTC"
  }
  channel(id: ChannelId): Channel | undefined {
    return this.#channels.get(id)
  }
  key(hash: string): ApiKey | undefined {
    return this.#keys.get(hash)
  }
  /** Channel over branch over network over default. */
  policy(channel: ChannelId, branch: BranchId | null): Policy {
    const id = `${channel}/${branch ?? ""}`
    let policy = this.#resolved.get(id)
    if (policy === undefined) {
      policy = resolvePolicy(
        this.#entries.get(`channel/${channel}`),
        branch === null ? undefined : this.#entries.get(`branch/${branch}`),
        this.#entries.get("network/")
      )
      this.#resolved.set(id, policy)
    }
    return policy
  }
}

/** The settings in force, and the way to change them. */
export class Network extends Context.Service<Network, {
  readonly view: () => NetworkView
  readonly hours: OpeningHours
  readonly save: (settings: Parameters<StorageService["network"]["save"]>[0]) => Effect.Effect<void, StorageUnavailable>
  readonly reload: Effect.Effect<void, StorageUnavailable>
}>()("@aptekit/core/network/Network") {
  static readonly layer = Layer.effect(
    Network,
    Effect.gen(function*() {
      const storage = yield* Storage
      let view = new NetworkView(yield* storage.network.load)
      const reload = storage.network.load.pipe(
        Effect.map((settings) => {
          // The same branches stay the same values, so what was worked out for them stays known.
          if (settings.version !== view.version) view = new NetworkView(settings)
        })
      )
      return Network.of({
        view: () => view,
        hours: new OpeningHours(),
        reload,
        save: (settings) => Effect.andThen(storage.network.save(settings), reload)
      })
    })
  )
}
