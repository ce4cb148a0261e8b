import { Context } from "effect"
import type { AdapterMap } from "../adapter/registry.ts"
import { MESSAGE_KINDS } from "../network/policy.ts"
import type { OrderCustomer } from "../order/model.ts"
import { type MessageKind, messagesPort } from "./ports.ts"

/** A connection that sends messages to buyers, which is also their lane. */
export interface Gateway {
  readonly connection: string
  readonly kinds: ReadonlyArray<MessageKind>
}

/** Which connections send messages to buyers, in turn; null: all that can, as configured. */
export const MessageConnections = Context.Reference<ReadonlyArray<string> | null>("@aptekit/core/notify/MessageConnections", {
  defaultValue: () => null
})

/** The gateways of a hub, in the order in which they are asked. */
export const gatewaysOf = (registry: AdapterMap, named: ReadonlyArray<string> | null): ReadonlyArray<Gateway> =>
  (named ?? [...registry.all.keys()]).flatMap((connection) => {
    const adapter = registry.all.get(connection)
    if (adapter === undefined || !adapter.ports.has(messagesPort.name)) return []
    return [{ connection, kinds: MESSAGE_KINDS.filter((kind) => adapter.capabilities[kind] === true) }]
  })

/** Where a kind goes; null: nowhere. The browsers of a buyer are known only when it is sent, and begin with nothing. */
export const addressOf = ({ phone, email }: typeof OrderCustomer.Type, kind: MessageKind): string | null =>
  kind === "sms" ? phone : kind === "email" ? email : ""
