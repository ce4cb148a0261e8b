/** Reads the API of a hub with an administrator's key. */
export type Read = <A>(path: string) => Promise<A>

export const readerOf = (url: () => string, key: string): Read => async <A>(path: string) => {
  const response = await fetch(`${url()}/api/v1${path}`, { headers: { authorization: `Bearer ${key}` } })
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
  return await response.json() as A
}

interface Page<A> {
  readonly items: ReadonlyArray<A>
  readonly next?: string | null
}

const all = async <A>(read: Read, path: string): Promise<ReadonlyArray<A>> => {
  const items: Array<A> = []
  let cursor = ""
  do {
    const page: Page<A> = await read(`${path}${cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`}`)
    items.push(...page.items)
    cursor = page.next ?? ""
  } while (cursor !== "")
  return items
}

export interface ApiState {
  readonly products: ReadonlyArray<string>
  readonly branches: ReadonlyArray<string>
  /** What each branch has of each product, and its price. */
  readonly stock: ReadonlyArray<string>
}

const text = (items: ReadonlyArray<unknown>): ReadonlyArray<string> => items.map((item) => JSON.stringify(item)).toSorted()

/** What those see who read the hub: products, branches, stock, prices. */
export const stateOf = async (read: Read): Promise<ApiState> => {
  const products = await all<{ readonly id: string }>(read, "/products?limit=200")
  const stock: Array<unknown> = []
  for (let at = 0; at < products.length; at += 100) {
    const ids = products.slice(at, at + 100).map(({ id }) => encodeURIComponent(id)).join(",")
    stock.push(...(await read<Page<unknown>>(`/stock?productId=${ids}`)).items)
  }
  const { items: branches } = await read<Page<{ readonly id: string; readonly name: string }>>("/branches")
  return { products: text(products), branches: text(branches), stock: text(stock) }
}

interface Run {
  readonly id: string
  readonly file: string
  readonly state: string
}

/** Newest first. */
export const runsOf = async (read: Read): Promise<ReadonlyArray<Run>> => (await read<Page<Run>>("/sync-runs?limit=100")).items
