import { parentPort, workerData } from "node:worker_threads"
import { openFile } from "./connection.ts"

const port = parentPort!
const db = openFile(workerData as string, { readonly: false })

port.on("message", (said: "end" | null) => {
  if (said === "end") {
    db.close()
    port.close()
    return
  }
  try {
    db.pragma("wal_checkpoint(PASSIVE)")
  } catch {
    // Nothing is lost by it: the log keeps what was committed, and the writer copies it when it has grown.
  }
  port.postMessage(null)
})
