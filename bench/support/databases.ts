import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createConnection } from "mysql2/promise"

const DEFAULT_URI = "mysql://root@127.0.0.1:3306"

export const temporaryDirectory = (): { readonly path: string; readonly remove: () => void } => {
  const path = mkdtempSync(join(tmpdir(), "aptekit-bench-"))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** A fresh MariaDB database, or undefined (said aloud by the caller) where no server answers. */
export const temporaryMariadb = async (): Promise<{ readonly uri: string; readonly drop: () => Promise<void> } | undefined> => {
  const server = process.env["TEST_MARIADB_URI"] ?? DEFAULT_URI
  const name = `aptekit_bench_${process.pid}_${Math.trunc(performance.now())}`
  try {
    const connection = await createConnection(server)
    await connection.query(`create database ${name}`)
    await connection.end()
  } catch {
    return undefined
  }
  const uri = new URL(server)
  uri.pathname = `/${name}`
  return {
    uri: uri.href,
    drop: async () => {
      const connection = await createConnection(server)
      await connection.query(`drop database ${name}`)
      await connection.end()
    }
  }
}
