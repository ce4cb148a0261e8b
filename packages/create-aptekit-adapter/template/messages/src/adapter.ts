import { defineAdapter, messagesPort, Schema } from "@aptekit/core"
import { caller, connection, fault } from "./call.ts"

const Sender = Schema.String.check(Schema.isPattern(/^[A-Za-z0-9]{1,11}$/u))
const isSender = Schema.is(Sender)

const Sent = Schema.Struct({ sms_id: Schema.NonEmptyString })
const Found = Schema.Struct({ items: Schema.Array(Sent) })

/** Messages over MyPartner. */
export const myPartner = defineAdapter({
  name: "my-partner",
  config: Schema.Struct({
    ...connection,
    /** The sender's name, registered with the operators: at most 11 Latin letters or digits. */
    sender: Sender
  }),
  ports: { messages: messagesPort },
  // What the port leaves open: each is said, and the conformance test holds the adapter to it.
  capabilities: {
    sms: true,
    email: false,
    push: false,
    lookUp: true,
    status: false,
    balance: false,
    deliveryReports: false,
    idempotentSend: false,
    senderNames: true
  },
  setup: ({ sender, ...settings }) => {
    const call = caller(settings)
    return {
      messages: {
        send: async ({ id, to, text, sender: name = sender }, { signal }) => {
          if (!isSender(name)) throw fault("rejected", "the sender's name is not 1 to 11 Latin letters or digits")
          if (!/^\+\d{7,15}$/u.test(to)) throw fault("rejected", "the phone is not E.164")
          // This partner writes phones without the plus.
          const body = JSON.stringify({ client_ref: id, phone: to.slice(1), message: text, sender: name })
          const { sms_id } = await call("/v1/sms", { method: "POST", body, signal }, Sent)
          return { providerId: sms_id }
        },
        // Asked when the answer to `send` was lost: null only when the partner says that there is no such message.
        find: async ({ id }, { signal }) => {
          const { items } = await call(`/v1/sms?client_ref=${encodeURIComponent(id)}`, { signal }, Found)
          return { providerId: items[0]?.sms_id ?? null }
        }
      }
    }
  }
})
