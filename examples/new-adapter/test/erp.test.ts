import { runConformance } from "@aptekit/core/testing"
import { describe, test } from "vitest"
import suites from "../src/erp/conformance.ts"

describe("SDK-2: an ERP that is asked: statements, orders, sales, statuses", () => {
  runConformance(suites, { test })
})
