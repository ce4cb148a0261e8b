import { execFileSync } from "node:child_process"
import { closeSync, openSync, rmSync, statSync, writeSync } from "node:fs"
import { join } from "node:path"
import { afterAll } from "vitest"
import { temporaryFolder } from "./database.ts"

/** A file system of a few megabytes in memory; null where this machine does not let us mount one. */
export const smallDisk = (megabytes: number): string | null => {
  const folder = temporaryFolder()
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", folder], { stdio: "ignore" })
  } catch {
    return null
  }
  afterAll(() => void execFileSync("umount", ["--lazy", folder]))
  return folder
}

/** Takes all that is left of a small disk. Gives the way to free it again. */
export const fill = (folder: string): () => void => {
  const ballast = join(folder, "ballast")
  const file = openSync(ballast, "w")
  for (let size = 65_536; size >= 1; size >>= 1) {
    const block = Buffer.alloc(size)
    try {
      for (;;) writeSync(file, block)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error
    }
  }
  closeSync(file)
  if (statSync(ballast).size === 0) throw new Error("there was nothing left to fill")
  return () => rmSync(ballast)
}

/** Can a process be told how large its files may grow? */
export const canLimitFiles = (): boolean => {
  try {
    execFileSync("prlimit", ["--version"], { stdio: "ignore" })
    return true
  } catch {
    return false
  }
}

/** The largest file that a running process may write; `unlimited` for any. */
export const limitFiles = (pid: number, bytes: number | "unlimited"): void =>
  void execFileSync("prlimit", ["--pid", String(pid), `--fsize=${bytes}:unlimited`])
