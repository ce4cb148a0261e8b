#!/usr/bin/env node
import { main } from "create-aptekit-adapter"

process.exitCode = await main(process.argv.slice(2))
