import type { OrderView } from "@aptekit/core"
import { type KeyName, KEYS } from "./world.ts"

export type Order = typeof OrderView.Encoded

/** What came back: only an answer below 500 settles anything. */
export interface Answer {
  readonly status: number
  readonly type: string | null
  readonly body: unknown
}

/** One thing that somebody wanted of the hub, however often it had to be sent, and every answer to it. */
export interface Attempt {
  readonly kind: "place" | "conflict" | "command" | "sale" | "statement"
  readonly role: KeyName
  readonly method: "POST" | "PUT"
  readonly path: string
  readonly body: Readonly<Record<string, unknown>>
  /** Idempotency-Key, where the caller sends one. */
  readonly key: string | null
  readonly answers: Array<Answer>
  /** Answers that say that nobody knows or that nothing was done (5xx), oldest first. */
  readonly refusals: Array<Answer>
}

export const attempt = (
  from: Omit<Attempt, "answers" | "refusals" | "key"> & { readonly key?: string }
): Attempt => ({ key: null, ...from, answers: [], refusals: [] })

/** A statement of stock: `body` as `PUT /stock` takes it. */
export const statementAttempt = (body: Attempt["body"]): Attempt =>
  attempt({ kind: "statement", role: "admin", method: "PUT", path: "/stock", body })

export const isSettled = (of: Attempt): boolean => of.answers.length > 0
export const isOk = ({ status }: Answer): boolean => status >= 200 && status < 300
export const orderOf = (answer: Answer): Order | null => {
  const body = answer.body as { readonly order?: Order | null } & Order
  return body.order === undefined ? body : body.order
}

/** Sends it once. Gives the answer that settles it; null where the hub was gone, or said that it could not. */
export const send = async (url: string, of: Attempt): Promise<Answer | null> => {
  let answer: Answer
  try {
    const response = await fetch(`${url}/api/v1${of.path}`, {
      method: of.method,
      headers: {
        authorization: `Bearer ${KEYS[of.role].text}`,
        "content-type": "application/json",
        ...(of.key === null ? {} : { "idempotency-key": of.key })
      },
      body: JSON.stringify(of.body)
    })
    answer = { status: response.status, type: response.headers.get("content-type"), body: await response.json() }
  } catch {
    return null
  }
  if (answer.status >= 500) {
    of.refusals.push(answer)
    return null
  }
  of.answers.push(answer)
  return answer
}
