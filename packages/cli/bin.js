#!/usr/bin/env node
import { main } from "@aptekit/cli"

process.exitCode = await main(process.argv.slice(2))
