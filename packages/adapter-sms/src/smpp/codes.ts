import type { MessageState } from "@aptekit/core"
import type { CodeTable } from "../gateway/call.ts"

/** `command_status` of SMPP 3.4 (5.1.3), as hexadecimal. What a gateway adds of its own is unknown. */
export const SMPP_STATUS: CodeTable = {
  0x00: ["done", "taken"],
  0x01: ["rejected", "does not take the length of the message"],
  0x02: ["rejected", "does not take the length of the command"],
  0x03: ["rejected", "does not offer this command"],
  0x04: ["unavailable", "wants to be bound first"],
  0x05: ["unavailable", "has another connection with this account"],
  0x06: ["rejected", "does not take the priority"],
  0x07: ["rejected", "does not take registered_delivery"],
  0x08: ["unavailable", "has an error of its own"],
  0x0a: ["rejected", "does not take the sender's name"],
  0x0b: ["rejected", "does not take the phone"],
  0x0c: ["rejected", "does not know the message"],
  0x0d: ["unavailable", "does not let the account in; check systemId and password", "account"],
  0x0e: ["unavailable", "does not let the account in; check the password", "account"],
  0x0f: ["unavailable", "does not let the account in; check systemId", "account"],
  0x14: ["unavailable", "its queue is full"],
  0x15: ["rejected", "does not take the service type"],
  0x43: ["rejected", "does not take esm_class"],
  0x45: ["unavailable", "could not take the message"],
  0x48: ["rejected", "does not take the sender's type of number"],
  0x49: ["rejected", "does not take the sender's numbering plan"],
  0x50: ["rejected", "does not take the phone's type of number"],
  0x51: ["rejected", "does not take the phone's numbering plan"],
  0x53: ["rejected", "does not take system_type"],
  0x58: ["unavailable", "takes no more messages for now"],
  0x61: ["rejected", "does not take the time of delivery"],
  0x62: ["rejected", "does not take the time of validity"],
  0x67: ["unavailable", "could not answer the question"],
  0xc0: ["rejected", "does not take the optional part"],
  0xc1: ["rejected", "allows no such parameter"],
  0xc2: ["rejected", "does not take the length of a parameter"],
  0xc3: ["rejected", "misses a parameter"],
  0xc4: ["rejected", "does not take a parameter"],
  0xfe: ["unknown", "could not deliver"],
  0xff: ["unknown", "has an error that it does not know itself"]
}

/** Congestion, which goes by: the next part of a message waits for it. */
export const CONGESTED: ReadonlySet<number> = new Set([0x14, 0x58])

export const UNKNOWN_MESSAGE = 0x0c

/** `stat` of a delivery report (partners-sms.md 4). */
export const SMPP_STATES: Readonly<Record<string, MessageState>> = {
  DELIVRD: "delivered",
  EXPIRED: "expired",
  DELETED: "undelivered",
  UNDELIV: "undelivered",
  ACCEPTD: "sent",
  ENROUTE: "sent",
  UNKNOWN: "unknown",
  REJECTD: "rejected"
}

/** `message_state` of SMPP 3.4 (5.2.28), by the words of a report. */
export const STATE_WORDS: Readonly<Record<number, string>> = {
  1: "ENROUTE",
  2: "DELIVRD",
  3: "EXPIRED",
  4: "DELETED",
  5: "UNDELIV",
  6: "ACCEPTD",
  7: "UNKNOWN",
  8: "REJECTD"
}
