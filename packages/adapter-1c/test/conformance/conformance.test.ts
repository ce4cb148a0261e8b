import { runConformance } from "@aptekit/core/testing"
import { describe, test } from "vitest"
import suites from "./conformance.ts"

describe("SDK-2, R-ORD-6, R-STK-1, R-STK-3", () => {
  runConformance(suites, { test })
})
