import { randomUUID } from "node:crypto"
import type { InboundHub } from "@aptekit/core"
import { StateFile } from "./state.ts"

const SHORTEST_MS = 120_000
/** Calls that one order may take, each as long as a call may. */
const CALLS = 8

/**
 * Of several hubs on one database one works for a connection: two that look for a document at the same time would both
 * make it. The owner is known by the connection's folder, so that a hub that was killed goes on at once; another one
 * takes over when the lease has run out.
 */
export class Turn {
  readonly #hub: InboundHub
  readonly #owner: string
  readonly #length: number

  private constructor(hub: InboundHub, owner: string, length: number) {
    this.#hub = hub
    this.#owner = owner
    this.#length = length
  }

  /** `settleSeconds`: so long the base may go on writing what its hub has heard no more of. */
  static async open(hub: InboundHub, timeoutMs: number, settleSeconds: number): Promise<Turn> {
    const file = await StateFile.open(hub.files.directory, "odata-owner.json", { owner: "" })
    if (file.value.owner === "") {
      file.value = { owner: randomUUID() }
      await file.save()
    }
    return new Turn(hub, file.value.owner, Math.max(SHORTEST_MS, CALLS * timeoutMs, settleSeconds * 1000))
  }

  /** Is it ours? Asking prolongs it. */
  mine(): Promise<boolean> {
    return this.#hub.lease("odata", this.#owner, this.#length)
  }

  /** Lets another hub go on at once. */
  async leave(): Promise<void> {
    await this.#hub.lease("odata", this.#owner, 0)
  }
}
