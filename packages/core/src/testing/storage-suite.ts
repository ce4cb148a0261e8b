import type { StorageCase } from "./suite/case.ts"
import { catalogueCases } from "./suite/catalogue.ts"
import { commitCases } from "./suite/commit.ts"
import { feedCases } from "./suite/feed.ts"
import { heldCases } from "./suite/held.ts"
import { holdCases } from "./suite/holds.ts"
import { listCases } from "./suite/lists.ts"
import { logCases } from "./suite/log.ts"
import { messageCases } from "./suite/messages.ts"
import { movementCases } from "./suite/movements.ts"
import { leaseCases } from "./suite/leases.ts"
import { outboxCases } from "./suite/outbox.ts"
import { tidyCases } from "./suite/tidy.ts"
import { pullCases } from "./suite/pull.ts"
import { runCases } from "./suite/runs.ts"
import { seriesCases } from "./suite/series.ts"
import { settingsCases } from "./suite/settings.ts"

export type { StorageCase } from "./suite/case.ts"

/** What every `Storage` must do, as data: no test runner is needed to read it. Each case wants a fresh storage. */
export const storageCases: ReadonlyArray<StorageCase> = [
  ...commitCases,
  ...holdCases,
  ...movementCases,
  ...runCases,
  ...heldCases,
  ...feedCases,
  ...listCases,
  ...logCases,
  ...messageCases,
  ...outboxCases,
  ...tidyCases,
  ...leaseCases,
  ...pullCases,
  ...seriesCases,
  ...settingsCases,
  ...catalogueCases
]

/** A case as one implementation runs it: `skip` says why it does not apply, null where it does. */
export interface SuiteCase extends StorageCase {
  readonly title: string
  readonly skip: string | null
}

/**
 * The cases for one implementation. `skip` names those that do not apply, exactly, each with its reason; a name that
 * is no case's is an error, so that no skip outlives its case.
 */
export const storageSuite = (
  { skip = {} }: { readonly skip?: Readonly<Record<string, string>> } = {}
): ReadonlyArray<SuiteCase> => {
  const stranger = Object.keys(skip).find((name) => !storageCases.some((one) => one.name === name))
  if (stranger !== undefined) throw new Error(`storageSuite: no case is named "${stranger}"; take it out of skip`)
  return storageCases.map((one) => ({ ...one, title: `${one.requirement}: ${one.name}`, skip: skip[one.name] ?? null }))
}
