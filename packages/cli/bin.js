#!/usr/bin/env node
import { main } from "@aptekit/cli"

// Said aloud: a case that hung, or a harness that was left open, would keep the process.
process.exit(await main(process.argv.slice(2)))
