import type { AnyCodec, ApiKey, Hub, StorageService } from "@aptekit/core"
import type { Context } from "hono"
import type { OperationId } from "./access.ts"
import type { Live } from "./live.ts"
import type { ProblemCode } from "./problems.ts"

/** What the handlers of one server share. */
export interface Services {
  readonly hub: Hub
  readonly storage: StorageService
  readonly live: Live
  /** Order, stock and key look-ups need the settings in force. */
  readonly network: () => import("@aptekit/core").NetworkView
}

/** One call that has passed the door: its key may do this, its body is JSON. */
export interface Call extends Services {
  readonly c: Context
  readonly key: ApiKey
  /** Parsed, not yet checked; `undefined` where the operation takes none. */
  readonly body: unknown
}

/** A parameter of the query or a header, as the API document shows it. */
export interface Parameter {
  readonly in: "query" | "header" | "path"
  readonly name: string
  readonly description: string
  readonly required?: true
  readonly schema: Readonly<Record<string, unknown>>
}

export interface Answer {
  readonly description: string
  /** Left out: the answer is not JSON (the live feed). */
  readonly schema?: AnyCodec
  readonly headers?: Readonly<Record<string, string>>
}

export type Tag = "orders" | "fulfilments" | "sales" | "catalogue" | "stock" | "network" | "messages" | "exchange" | "events"

/** One operation of the API: its route, its door and its page in the document come from here. */
export interface Operation {
  readonly id: OperationId
  readonly method: "get" | "post" | "put"
  /** Under `/api/v1`, parameters as `:id`. */
  readonly path: string
  readonly tag: Tag
  readonly summary: string
  readonly description?: string
  readonly parameters?: ReadonlyArray<Parameter>
  readonly body?: {
    readonly schema: AnyCodec
    readonly required: boolean
    readonly example?: unknown
    /** Bulk bodies are larger and take longer. */
    readonly bulk?: true
  }
  readonly answers: Readonly<Partial<Record<200 | 201, Answer>>>
  /** Beside those that every operation may answer with. */
  readonly problems: ReadonlyArray<ProblemCode>
  /** Answers for as long as the client listens: no deadline, no duration in the metrics. */
  readonly endless?: true
  readonly handle: (call: Call) => Promise<Response>
}
