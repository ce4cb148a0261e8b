import { createSimulator, type Simulator } from "@aptekit/core/testing"

/** A message as the gateway keeps it. */
export interface GatewayMessage {
  /** The gateway's own id. */
  readonly id: string
  /** The sender's id, by which it can be found again. */
  readonly reference: string
  readonly to: string
  readonly text: string
}

/** A gateway of no vendor. */
export interface MessageGatewaySimulator extends Simulator<GatewayMessage> {
  readonly token: string
  readonly idempotent: boolean
}

/** What the gateway can do. */
export interface MessageGatewayOptions {
  /** Does the gateway take `reference` as idempotency key? Infobip does, most do not. @default true */
  readonly idempotent?: boolean
}

const TOKEN = "simulated-gateway-token"

const problem = (status: number, error: string): Response => Response.json({ error }, { status })

const isText = (value: unknown): value is string => typeof value === "string" && value !== ""

/**
 * A message gateway of no particular vendor:
 * `POST /messages {reference, to, text}` → 202 `{id}`; `GET /messages?reference=` → `{id}`, null when it has none;
 * both want `Authorization: Bearer <token>`. What it "sent" is in `ledger`.
 */
export const messageGatewaySimulator = ({ idempotent = true }: MessageGatewayOptions = {}): MessageGatewaySimulator => {
  const find = (ledger: ReadonlyArray<GatewayMessage>, reference: string | null) =>
    ledger.find((message) => message.reference === reference)

  const take = async (request: Request, ledger: Array<GatewayMessage>): Promise<Response> => {
    const body = (await request.json()) as Record<string, unknown>
    const { reference, to, text } = body
    if (!isText(reference) || !isText(to) || !isText(text)) return problem(400, "reference, to and text are needed")
    if (!/^\+\d{7,15}$/u.test(to)) return problem(400, "to must be E.164")
    const known = idempotent ? find(ledger, reference) : undefined
    const message = known ?? { id: `gw-${ledger.length + 1}`, reference, to, text }
    if (known === undefined) ledger.push(message)
    return Response.json({ id: message.id }, { status: 202 })
  }

  const simulator = createSimulator<GatewayMessage>({
    refuse: () => problem(422, "this recipient is on the stop list"),
    handle: (request, ledger) => {
      if (request.headers.get("authorization") !== `Bearer ${TOKEN}`) return problem(401, "unknown token")
      const url = new URL(request.url)
      if (url.pathname !== "/messages") return problem(404, "no such path")
      if (request.method === "POST") return take(request, ledger)
      const message = find(ledger, url.searchParams.get("reference"))
      return Response.json({ id: message?.id ?? null })
    }
  })
  return { ...simulator, token: TOKEN, idempotent }
}
