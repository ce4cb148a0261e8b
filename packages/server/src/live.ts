import type { ServerResponse } from "node:http"
import type { Http2ServerResponse } from "node:http2"
import { BranchId, type Hub, type RecordedEvent, type StorageService } from "@aptekit/core"
import { describeError, type Log } from "./log.ts"
import { viewEvent } from "./routes/event-view.ts"

/** A client that reads so slowly that this much waits for it is let go; it comes back with Last-Event-ID. */
const MOST_BUFFERED = 256 * 1024
const HEARTBEAT_MS = 15_000
const BACKFILL_BATCH = 500
/** Events that may come while a client catches up; more, and it reads the log once more instead. */
const MOST_QUEUED = 5_000
/** While nobody listens, how often the feed's position is looked up: a new client starts there. */
const IDLE_LOOK_MS = 1_000
/** After a failure of the storage the follower tries again. */
const RETRY_MS = 1_000

type Output = ServerResponse | Http2ServerResponse

/** An event as every client gets it: made into bytes once. */
interface Entry {
  readonly seq: number
  readonly branchId: string | null
  readonly bytes: Buffer
}

interface Client {
  readonly out: ServerResponse
  readonly branchId: string | undefined
  /** The last number this client has got. */
  sent: number
  /** What came while the client was catching up; null once it is live. */
  queue: Array<Entry> | null
}

export interface AttachOptions {
  readonly after: number | undefined
  readonly branchId: string | undefined
}

export interface Live {
  /** Answers with the live feed; returns at once. */
  readonly attach: (out: Output, options: AttachOptions) => void
  readonly clients: () => number
  /** Ends all feeds. */
  readonly close: () => Promise<void>
}

export interface LiveOptions {
  readonly hub: Hub
  readonly storage: StorageService
  readonly log: Log
  readonly heartbeatMs?: number
}

const HEARTBEAT = Buffer.from(": alive\n\n")
const HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-store",
  "x-accel-buffering": "no"
}

const entryOf = (event: RecordedEvent): Entry => ({
  seq: event.seq,
  branchId: event.branchId,
  bytes: Buffer.from(`id: ${event.seq}\ndata: ${JSON.stringify(viewEvent(event))}\n\n`)
})

/** One follower of the feed for the whole process; every client gets the same bytes (D22, D34). */
export const startLive = async (options: LiveOptions): Promise<Live> => {
  const { hub, storage, log } = options
  const clients = new Set<Client>()
  const stopping = new AbortController()
  let position = await hub.run(storage.feed.position)
  let arrived = (): void => undefined

  const drop = (client: Client): void => {
    if (clients.delete(client)) client.out.destroy()
  }

  const send = (client: Client, entry: Entry): void => {
    if (entry.seq <= client.sent) return
    client.sent = entry.seq
    if (client.branchId !== undefined && client.branchId !== entry.branchId) return
    if (client.out.writableLength > MOST_BUFFERED) drop(client)
    else client.out.write(entry.bytes)
  }

  const deliver = (client: Client, entry: Entry): void => {
    if (client.queue === null) send(client, entry)
    else client.queue.push(entry)
  }

  /** Nobody listens: nothing is read but, now and then, where the feed stands. */
  const idle = async (): Promise<void> => {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, IDLE_LOOK_MS)
      arrived = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    if (clients.size === 0) position = await hub.run(storage.feed.position)
  }

  const deliverAll = async (): Promise<void> => {
    for await (const event of hub.events({ after: position, signal: stopping.signal })) {
      position = event.seq
      if (clients.size === 0) return
      const entry = entryOf(event)
      for (const client of clients) deliver(client, entry)
    }
  }

  const follow = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        await (clients.size === 0 ? idle() : deliverAll())
      } catch (error) {
        if (stopping.signal.aborted) return
        log("warn", "the live feed could not be read; trying again", describeError(error))
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS).unref())
      }
    }
  }

  /**
   * What was before: read from the log while what happens meanwhile is queued. The queue starts before the first
   * read, so nothing falls between; numbers tell what came by both ways.
   */
  const catchUp = async (client: Client): Promise<void> => {
    const branchId = client.branchId === undefined ? undefined : BranchId.make(client.branchId)
    while (clients.has(client)) {
      const events = await hub.run(storage.feed.read(client.sent, BACKFILL_BATCH, branchId))
      for (const event of events) {
        client.sent = event.seq
        client.out.write(entryOf(event).bytes)
      }
      if (client.out.writableLength > MOST_BUFFERED) await drained(client.out)
      if (events.length === BACKFILL_BATCH) continue
      const queue = client.queue ?? []
      if (queue.length > MOST_QUEUED) {
        client.queue = []
        continue
      }
      client.queue = null
      for (const entry of queue) send(client, entry)
      return
    }
  }

  const begin = async (client: Client, after: number | undefined): Promise<void> => {
    if (after === undefined) {
      client.queue = null
      return
    }
    const [floor, now] = [await hub.run(storage.feed.floor), await hub.run(storage.feed.position)]
    if (after < floor || after > now) {
      client.sent = now
      client.out.write(`id: ${now}\nevent: reset\ndata: {"position":${now}}\n\n`)
    }
    await catchUp(client)
  }

  const attach = (output: Output, { after, branchId }: AttachOptions): void => {
    const out = output as ServerResponse
    const client: Client = { out, branchId, sent: after ?? position, queue: [] }
    clients.add(client)
    arrived()
    out.once("close", () => clients.delete(client))
    // A socket that breaks says so here; without a listener it would end the process.
    out.on("error", () => drop(client))
    out.writeHead(200, { ...HEADERS, "feed-position": String(client.sent) })
    out.write("retry: 2000\n\n")
    begin(client, after).catch((error: unknown) => {
      if (!stopping.signal.aborted) log("warn", "a live feed could not start", describeError(error))
      drop(client)
    })
  }

  const heartbeat = setInterval(() => {
    for (const client of clients) {
      if (client.out.writableLength > MOST_BUFFERED) drop(client)
      else client.out.write(HEARTBEAT)
    }
  }, options.heartbeatMs ?? HEARTBEAT_MS)
  heartbeat.unref()

  const following = follow()
  return {
    attach,
    clients: () => clients.size,
    close: async () => {
      clearInterval(heartbeat)
      stopping.abort()
      arrived()
      for (const client of clients) client.out.end()
      clients.clear()
      await following
    }
  }
}

const drained = (out: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      out.off("drain", done)
      out.off("close", done)
      resolve()
    }
    out.on("drain", done)
    out.on("close", done)
    if (out.destroyed || !out.writableNeedDrain) done()
  })
