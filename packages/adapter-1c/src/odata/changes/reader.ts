import type { ODataClient } from "../client.ts"
import { guid, quoted } from "../values.ts"
import { type ChangedObject, readChanges } from "./feed.ts"
import type { ODataChanges } from "./settings.ts"

/** The last message that was acknowledged; in a file of the connection. */
export interface ChangesState {
  readonly message: number
}

export interface ChangesParts {
  readonly client: ODataClient
  readonly settings: ODataChanges
  readonly state: { value: ChangesState; readonly save: () => Promise<void> }
  /** Takes in what has changed; false: not now, the same is asked for again. */
  readonly apply: (objects: ReadonlyArray<ChangedObject>) => Promise<boolean>
}

/** Asks an exchange plan what has changed, and acknowledges it when it has been taken in (facts 80, 94, 95). */
export class ChangesReader {
  readonly #parts: ChangesParts

  constructor(parts: ChangesParts) {
    this.#parts = parts
  }

  /** Gives how many objects had changed. */
  async look(): Promise<number> {
    const { client, state, apply } = this.#parts
    const message = state.value.message + 1
    const query = { DataExchangePoint: this.#point(), MessageNo: message }
    const objects = await client.xml("SelectChanges", readChanges, { query, method: "POST" })
    if (objects.length === 0) return 0
    if (!await apply(objects)) return objects.length
    // Cut off behind this line the same changes come once more under the same number, and change nothing.
    await client.invoke("NotifyChangesReceived", query)
    state.value = { message }
    await state.save()
    return objects.length
  }

  /** The canonical address of the node, as a literal. */
  #point(): string {
    const { client, settings } = this.#parts
    return quoted(`${client.url}/${settings.plan}(${guid(settings.node)})`)
  }
}
