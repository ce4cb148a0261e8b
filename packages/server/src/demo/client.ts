import type { NewKey } from "../keys.ts"

type Role = NewKey["role"]

/** Calls the API over HTTP, as a channel, a branch's board or a register would. */
export interface DemoClient {
  readonly get: <A>(role: Role, path: string) => Promise<A>
  readonly post: <A>(role: Role, path: string, body: unknown) => Promise<A>
}

export const demoClient = (port: number, keys: ReadonlyArray<NewKey>): DemoClient => {
  const call = async <A>(role: Role, path: string, init: RequestInit): Promise<A> => {
    const key = keys.find((candidate) => candidate.role === role)
    const response = await fetch(`http://127.0.0.1:${port}/api/v1${path}`, {
      ...init,
      headers: { authorization: `Bearer ${key?.text ?? ""}`, "content-type": "application/json" }
    })
    if (!response.ok) throw new Error(`${init.method ?? "GET"} ${path}: ${response.status} ${await response.text()}`)
    return (await response.json()) as A
  }
  return {
    get: (role, path) => call(role, path, {}),
    post: (role, path, body) => call(role, path, { method: "POST", body: JSON.stringify(body) })
  }
}
