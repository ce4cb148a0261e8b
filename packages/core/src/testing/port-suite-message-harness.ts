import type { HttpEntrance } from "../adapter/adapter.ts"
import type { MessageKind } from "../notify/ports.ts"
import type { PortHarness } from "./port-suite.ts"

/** Plays a gateway of messages. */
export interface MessagesHarness extends PortHarness {
  /** The texts that reached the partner, oldest first. */
  readonly texts: () => ReadonlyArray<string>
  /** Where they went, oldest first, as the port takes it (`+77010000042`). */
  readonly recipients?: () => ReadonlyArray<string>
  /** @default "sms" */
  readonly kind?: MessageKind
  /** An address that the partner takes. @default "+77010000042" */
  readonly to?: string
  /** Lets the partner be done with all messages it has. */
  readonly settle?: (state: "delivered" | "undelivered") => void | Promise<void>
  /** What the partner says is left on the account. */
  readonly balance?: { readonly amount: string; readonly currency: string }
  /** The partner tells the adapter how its latest message stands: by a request to the entrance, or as it does. */
  readonly tell?: (http: HttpEntrance | undefined) => Promise<unknown>
  /** The same by somebody who does not know the secret. */
  readonly forge?: (http: HttpEntrance) => Promise<Response>
}

/** Of nobody: where a suite's messages go unless the harness says otherwise. */
export const PHONE = "+77010000042"

/** What no error may hold of the messages below. */
export const PERSONAL = ["7010000042", "Заказ 1042 собран"]

export const messageFor = (harness: MessagesHarness, key: string, text = "Заказ 1042 собран") => ({
  id: `${key}:assembled:3`,
  to: harness.to ?? PHONE,
  text,
  language: "ru" as const,
  kind: harness.kind ?? "sms"
})
