/** What is used of npm `smpp` 0.5.1, which bears no types. */
declare module "smpp" {
  import type { EventEmitter } from "node:events"
  import type { Server as NetServer, Socket } from "node:net"

  interface Message {
    readonly message?: string | Buffer
    readonly udh?: Buffer | ReadonlyArray<Buffer>
  }

  interface Pdu {
    readonly command: string
    readonly command_status: number
    readonly sequence_number: number
    readonly message_id?: string
    readonly message_state?: number
    readonly final_date?: Date | string
    readonly receipted_message_id?: string | Buffer
    readonly esm_class?: number
    readonly data_coding?: number
    readonly source_addr?: string
    readonly destination_addr?: string
    readonly registered_delivery?: number
    readonly short_message?: Message
    readonly message_payload?: Message
    readonly system_id?: string
    readonly password?: string
    readonly response: (fields?: object) => Pdu
  }

  class Session extends EventEmitter {
    readonly socket: Socket
    send: (pdu: Pdu, answered?: (response: Pdu) => void) => boolean
    destroy: (closed?: () => void) => void
    bind_transceiver: (fields: object, answered: (response: Pdu) => void) => boolean
    submit_sm: (fields: object, answered: (response: Pdu) => void) => boolean
    query_sm: (fields: object, answered: (response: Pdu) => void) => boolean
    deliver_sm: (fields: object, answered: (response: Pdu) => void) => boolean
    enquire_link: (fields: object, answered: (response: Pdu) => void) => boolean
    unbind: (fields: object, answered: (response: Pdu) => void) => boolean
  }

  interface ConnectOptions {
    readonly host: string
    readonly port: number
    readonly tls: boolean
    readonly servername?: string
  }

  const smpp: {
    readonly connect: (options: ConnectOptions) => Session
    readonly createServer: (session: (session: Session) => void) => NetServer
  }
  export type { Pdu, Session }
  export default smpp
}
