import type { TestProject } from "vitest/node"
import { onServer, PREFIX } from "../mariadb.ts"

const HOUR = 3_600_000

const codeOf = (error: unknown): string => (error as { readonly code?: string }).code ?? String(error)

/** Databases that a killed run left; those of a run that still goes on are younger. */
const sweep = async (uri: string): Promise<void> => {
  const rows = await onServer(uri, `SHOW DATABASES LIKE '${PREFIX.replaceAll("_", String.raw`\_`)}%'`)
  for (const name of rows.flatMap((row) => Object.values(row) as ReadonlyArray<string>)) {
    const madeAt = Number.parseInt(name.slice(PREFIX.length), 36)
    if (madeAt < Date.now() - HOUR) await onServer(uri, `DROP DATABASE IF EXISTS ${name}`)
  }
}

/** Looks once for MariaDB, so that every suite of the run knows, and says at the end what was left out. */
export const setup = async (project: TestProject): Promise<(() => void) | undefined> => {
  const given = process.env["TEST_MARIADB_URI"]
  const uri = given ?? "mysql://root@127.0.0.1:3306"
  try {
    await sweep(uri)
    project.provide("mariadb", { uri, missing: null })
    return undefined
  } catch (error) {
    const where = given === undefined ? "at 127.0.0.1:3306 (the default)" : "where TEST_MARIADB_URI points"
    const missing = `No MariaDB answers ${where}: ${codeOf(error)}. Start one, or set TEST_MARIADB_URI=mysql://user:password@host:3306.`
    project.provide("mariadb", { uri, missing })
    if (process.env["CI"] === "true") return undefined
    return () => void process.stderr.write(`\n!!! The MariaDB suites were SKIPPED. ${missing}\n\n`)
  }
}
