import { runConformance } from "@aptekit/core/testing"
import { describe, test } from "vitest"
import suites from "./conformance.ts"

describe("SDK-2, ASM-2", () => {
  runConformance(suites, { test })
})
