import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { afterAll, test } from "vitest"
import { openSqlite } from "../src/internal.ts"
import { Checkpoints } from "../src/sqlite/checkpoints.ts"

const folder = mkdtempSync(join(tmpdir(), "aptekit-checkpoints-"))
afterAll(() => rmSync(folder, { recursive: true }))

test("OPS-1: a hub that is closed while the thread for its log starts ends in peace", async () => {
  const file = join(folder, "hub.db")
  await (await openSqlite(file)).close()
  // Node aborts the process where SQLite is being loaded by a thread that is terminated: at moments some milliseconds apart.
  for (let late = 0; late <= 120; late += 12) {
    const checkpoints = new Checkpoints(file)
    for (let i = 0; i < 200; i++) checkpoints.note()
    await sleep(100 + late)
    await checkpoints.close()
  }
})
