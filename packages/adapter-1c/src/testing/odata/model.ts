export type SimulatedRow = Record<string, unknown>

/** A set or a virtual table of the simulated base. */
export interface SimulatedTable {
  /** Fields and their Edm types without the prefix: `{ Ref_Key: "Guid", Товары: { Количество: "Double" } }`. */
  readonly fields: Readonly<Record<string, string | Readonly<Record<string, string>>>>
  readonly rows: ReadonlyArray<SimulatedRow>
}

/** How this base can go wrong beside the usual switches; each for so many calls, `Infinity` for good. */
export interface ODataFaults {
  /** An HTML page with status 200, as where licences have run out (fact 83). */
  html: number
  /** The base forgets its sessions before the call: the cookie is stale. */
  stale: number
  /** 400 to `IBSession: start`. */
  refuseSession: number
  /** A session's start is answered without a cookie, as behind a proxy that takes cookies away. */
  deaf: number
  /** A write ends in a business error: code −1, HTTP 500. */
  business: number
  /** What a busy proxy says: 503 in HTML. */
  busy: number
  /** After a page is read, a row is added in front of the table. */
  shift: number
  /** 412 to a PATCH that names a version. */
  conflict: number
}

/** What the base has done. */
export type ODataEntry =
  | { readonly kind: "session"; readonly action: "start" | "finish" }
  | {
    readonly kind: "created" | "changed" | "posted" | "unposted"
    readonly set: string
    readonly id: string
    readonly row: SimulatedRow
  }
  | { readonly kind: "acknowledged"; readonly message: number }
