import { AdapterFault, defineAdapter, messagesPort, Schema } from "@aptekit/core"

/** Takes one line, without its line break. */
export type Write = (line: string) => void | Promise<void>

const Write = Schema.declare((value): value is Write => typeof value === "function", {
  expected: "a function (line) => void"
})

/** As many ids as an outbox can hold uncertain at a time, with room; older ones can no longer be asked for. */
const REMEMBERED = 10_000

type Message = typeof messagesPort.methods.send.input.Encoded

const toStdout: Write = (line) => void process.stdout.write(`${line}\n`)

/** `+77010000042` → `+770******42`: enough to recognise one's own test phone, too little to call it. */
export const maskPhone = (phone: string): string => {
  const start = phone.slice(0, Math.min(4, Math.max(0, phone.length - 8)))
  const end = phone.length < 8 ? "" : phone.slice(-2)
  return start + "*".repeat(phone.length - start.length - end.length) + end
}

const hostOf = (text: string): string | null => {
  try {
    return new URL((JSON.parse(text) as { readonly endpoint?: string }).endpoint ?? "").host
  } catch {
    return null
  }
}

const maskEmail = (address: string): string => {
  const at = address.lastIndexOf("@")
  return `${at > 1 ? address[0] : ""}***${at === -1 ? "" : address.slice(at)}`
}

/** Of an e-mail address its first letter and its server, of a push subscription its service alone. */
const MASKS: Readonly<Record<Message["kind"], (to: string) => string>> = {
  sms: maskPhone,
  email: maskEmail,
  push: (subscription) => `push ${hostOf(subscription) ?? "***"}`
}

/**
 * Prints messages instead of sending them, for development and demos: one line each, the address masked.
 *
 * A message id is printed once per process: sent again, it gives the id of the first time. After a restart nothing
 * is remembered, so a message whose printing was cut off may be printed again.
 *
 * A `write` that fails ends the call as `unavailable`: nothing was shown, the hub tries again later.
 */
export const consoleMessages = defineAdapter({
  name: "console",
  config: Schema.Struct({
    /** Where lines go; by default standard output. */
    write: Schema.optionalKey(Write)
  }),
  ports: { messages: messagesPort },
  capabilities: {
    sms: true,
    email: true,
    push: true,
    lookUp: true,
    status: false,
    balance: false,
    deliveryReports: false,
    idempotentSend: true,
    senderNames: false
  },
  setup: ({ write = toStdout }, { connection }) => {
    const printed = new Map<string, Promise<string>>()

    const print = async (line: string, id: string): Promise<string> => {
      try {
        await write(line)
        return `console:${id}`
      } catch (cause) {
        throw new AdapterFault("the line could not be written", { outcome: "unavailable", cause })
      }
    }
    const remember = (id: string, printing: Promise<string>): void => {
      printed.set(id, printing)
      printing.catch(() => printed.delete(id))
      const oldest = printed.keys().next()
      if (printed.size > REMEMBERED && oldest.done !== true) printed.delete(oldest.value)
    }

    return {
      messages: {
        send: async ({ id, to, text, language, kind }) => {
          const before = printed.get(id)
          if (before !== undefined) return { providerId: await before }
          // As JSON, so that a message of several lines is still one line of the log.
          const printing = print(`[${connection}] ${MASKS[kind](to)} ${language} ${JSON.stringify(text)}`, id)
          remember(id, printing)
          return { providerId: await printing }
        },
        find: async ({ id }) => ({ providerId: (await printed.get(id)) ?? null })
      }
    }
  }
})
