import { AdapterFault, type FaultOutcome } from "@aptekit/core"
import type { Blame } from "./codes.ts"

export interface FaultParts {
  readonly outcome: FaultOutcome
  readonly blame: Blame
  /** HTTP status; null where no answer came. */
  readonly status?: number | null
  /** Code of `odata.error` (fact 82). */
  readonly code?: string | null
  /** What 1C said itself: for the case of an order, never for a log (it may quote data). */
  readonly said?: string | null
  readonly cause?: unknown
}

/** A call to the base that did not work. The message is in Russian, says what to do and quotes no data. */
export class ODataFault extends AdapterFault {
  readonly blame: Blame
  readonly status: number | null
  readonly code: string | null
  readonly said: string | null

  constructor(message: string, { outcome, blame, status = null, code = null, said = null, cause }: FaultParts) {
    super(message, { outcome, cause })
    this.blame = blame
    this.status = status
    this.code = code
    this.said = said
  }
}

/** The base has changed the object since it was read (HTTP 412, fact 81). */
export const isConflict = (error: unknown): boolean => error instanceof ODataFault && error.status === 412
/** 1C itself says that there is no such object; a page with status 404 may be anybody's. */
export const isNotFound = (error: unknown): boolean => error instanceof ODataFault && error.code === "9"
