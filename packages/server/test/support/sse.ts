import { KEYS, type KeyName, type TestServer } from "./server.ts"

export interface SseMessage {
  readonly id: number
  readonly event: string
  readonly data: {
    readonly seq: number
    readonly type: string
    readonly branchId: string | null
    readonly orderId: string | null
  }
}

export interface SseClient {
  readonly response: Response
  /** The next message; comments and heartbeats are counted, not given. */
  readonly next: () => Promise<SseMessage | null>
  readonly take: (count: number) => Promise<ReadonlyArray<SseMessage>>
  readonly comments: () => number
  readonly close: () => Promise<void>
}

const parse = (block: string): SseMessage | null => {
  const fields = new Map(
    block.split("\n").map((line) => {
      const colon = line.indexOf(": ")
      return [line.slice(0, colon), line.slice(colon + 2)] as const
    })
  )
  const data = fields.get("data")
  if (data === undefined) return null
  return {
    id: Number(fields.get("id")),
    event: fields.get("event") ?? "message",
    data: JSON.parse(data) as SseMessage["data"]
  }
}

/** Reads a response as Server-Sent Events, message by message. */
export const readMessages = (response: Response): Omit<SseClient, "response"> => {
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  let buffer = ""
  let comments = 0
  const next = async (): Promise<SseMessage | null> => {
    for (;;) {
      const end = buffer.indexOf("\n\n")
      if (end >= 0) {
        const block = buffer.slice(0, end)
        buffer = buffer.slice(end + 2)
        if (block.startsWith(":")) comments++
        const message = parse(block)
        if (message !== null) return message
        continue
      }
      const { done, value } = await reader.read()
      if (done) return null
      buffer += value
    }
  }
  const take = async (count: number): Promise<ReadonlyArray<SseMessage>> => {
    const taken: Array<SseMessage> = []
    while (taken.length < count) {
      const message = await next()
      if (message === null) throw new Error(`the feed ended after ${taken.length} of ${count}`)
      taken.push(message)
    }
    return taken
  }
  return { next, take, comments: () => comments, close: () => reader.cancel().catch(() => undefined) }
}

/** A client of a server's live feed. */
export const listen = async (
  server: TestServer,
  query = "",
  headers: Record<string, string> = {},
  key: KeyName = "operator"
): Promise<SseClient> => {
  const response = await fetch(`${server.url}/api/v1/events${query}`, {
    headers: { authorization: `Bearer ${KEYS[key].text}`, ...headers }
  })
  return { response, ...readMessages(response) }
}
