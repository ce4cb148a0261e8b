import { createSimulator, type Simulator } from "@aptekit/core/testing"
import type { OtauOrder, Statement } from "./wire.ts"

export const OTAU_TOKEN = "otau-simulated-token"

export interface OtauDocument extends OtauOrder {
  readonly number: string
  /** What Otau's people made of it. */
  readonly state: "new" | "accepted" | "cancelled"
}

export interface OtauReceipt {
  readonly id: string
  readonly place: string
  readonly at: string
  readonly order: string | null
  readonly lines: ReadonlyArray<{ readonly product: string; readonly units: number }>
}

/** What Otau was told of an order, each time that it was told. */
export interface OtauTold {
  readonly key: string | null
  readonly number: string
  readonly body: string
}

export interface OtauSimulator extends Simulator<OtauTold> {
  readonly documents: Map<string, OtauDocument>
  readonly receipts: Array<OtauReceipt>
  /** Numbers that it will not take. */
  readonly refused: Set<string>
  /** What it has, when it is asked. */
  statement: Statement
}

/** Otau as its documents describe it: statement, orders by their number, receipts by their place in its list. */
export const otauSimulator = (): OtauSimulator => {
  const documents = new Map<string, OtauDocument>()
  const receipts: Array<OtauReceipt> = []
  const refused = new Set<string>()

  const put = async (request: Request, number: string, ledger: Array<OtauTold>): Promise<Response> => {
    if (refused.has(number)) return Response.json({ code: "NOT_OURS" }, { status: 422 })
    const body = await request.text()
    const order = JSON.parse(body) as OtauOrder
    documents.set(number, { ...order, number, state: documents.get(number)?.state ?? "new" })
    ledger.push({ key: request.headers.get("idempotency-key"), number, body })
    return Response.json({ number })
  }

  const kit = createSimulator<OtauTold>({
    refuse: () => Response.json({ code: "REFUSED" }, { status: 422 }),
    handle: (request, ledger) => {
      if (request.headers.get("authorization") !== `Bearer ${OTAU_TOKEN}`) return Response.json({ code: "BAD_TOKEN" }, { status: 401 })
      const { pathname, searchParams } = new URL(request.url)
      if (pathname === "/statement") return Response.json(simulator.statement)
      if (pathname === "/orders") return Response.json({ orders: [...documents.values()].map(({ number, state }) => ({ number, state })) })
      if (pathname === "/receipts") {
        const after = Number(searchParams.get("after"))
        return Response.json({ receipts: receipts.map((receipt, i) => ({ seq: i + 1, ...receipt })).slice(after) })
      }
      const [, number] = /^\/orders\/([\d-]+)$/u.exec(pathname) ?? []
      return number === undefined ? Response.json({ code: "NO_PATH" }, { status: 404 }) : put(request, number, ledger)
    }
  })
  const simulator: OtauSimulator = {
    ...kit, documents, receipts, refused,
    statement: { at: new Date(0).toISOString(), products: [], stock: [], prices: [] }
  }
  return simulator
}
