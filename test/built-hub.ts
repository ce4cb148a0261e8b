import { join } from "node:path"
import { inject } from "vitest"

declare module "vitest" {
  interface ProvidedContext {
    /** The folder that `test/support/built-hub-setup.ts` has built. */
    readonly builtHub: string
  }
}

/** Settings of hubs that tests start as processes, each built with the hub: they share its modules. */
export const HUB_CONFIGS = {
  faults: "packages/server/test/faults/support/hub.config.ts",
  "faults-1c": "packages/server/test/faults/support/one-c.config.ts",
  "whole-1c": "packages/server/test/whole-1c/support/hub.config.ts",
  "whole-1c-odata": "packages/server/test/whole-1c/support/odata.config.ts"
} as const

/** `main` starts the hub; then its threads, named as the packages' own builds name them. */
export const HUB_FILES = {
  main: "packages/server/src/main.ts",
  "sqlite-thread": "packages/storage-sql/src/sqlite/thread.ts",
  "sqlite-checkpoint-thread": "packages/storage-sql/src/sqlite/checkpoint-thread.ts",
  "import-worker": "packages/adapter-1c/src/worker/entry.ts"
} as const

export type BuiltFile = keyof typeof HUB_FILES | keyof typeof HUB_CONFIGS

/** A file of the built hub. */
export const builtHub = (name: BuiltFile): string => join(inject("builtHub"), `${name}.js`)
