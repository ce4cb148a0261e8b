import { hash, randomBytes } from "node:crypto"
import { type ApiRole, ChannelId, type Hub, Network } from "@aptekit/core"
import { Effect } from "effect"

/** A key as its owner holds it. Only its SHA-256 is ever kept. */
export interface NewKey {
  readonly text: string
  readonly role: ApiRole
  readonly channelId: string
  /** Names the key in chronologies; never a person. */
  readonly label: string
}

/** 192 bits of chance, with a prefix by which people and scanners of leaked secrets know it. */
export const newKeyText = (): string => `apt_${randomBytes(24).toString("base64url")}`

/** Makes the keys known to the network. The same text again replaces role, channel and label. */
export const addKeys = (hub: Hub, keys: ReadonlyArray<NewKey>): Promise<void> =>
  hub.run(
    Effect.flatMap(Network, (network) =>
      network.save({
        keys: keys.map(({ text, role, channelId, label }) => ({
          hash: hash("sha256", text),
          role,
          channelId: ChannelId.make(channelId),
          label
        }))
      })
    )
  )
