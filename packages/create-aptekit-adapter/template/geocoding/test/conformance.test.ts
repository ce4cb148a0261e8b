import { runConformance } from "@aptekit/core/testing"
import { test } from "vitest"
import suites from "./conformance.ts"

runConformance(suites, { test })
