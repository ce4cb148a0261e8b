/** Fetches the pages of a table and parses them, and does nothing with the rows: what any reader of OData pays. */
export interface BareJob {
  readonly url: string
  readonly authorization: string
  readonly path: string
  readonly key: ReadonlyArray<string>
  readonly page: number
}

export interface BareAnswer {
  readonly rows: number
  readonly seconds: number
}

const read = async ({ url, authorization, path, key, page }: BareJob): Promise<BareAnswer> => {
  const started = performance.now()
  let cookie = ""
  let rows = 0
  for (;;) {
    const query = `$orderby=${encodeURIComponent(key.join(","))}&$top=${page}&$skip=${rows}&$inlinecount=allpages`
    const session: Record<string, string> = cookie === "" ? { ibsession: "start" } : { cookie }
    const response = await fetch(`${url}/${encodeURI(path)}?${query}`, {
      headers: { authorization, accept: "application/json;odata=nometadata", ...session }
    })
    cookie ||= response.headers.get("set-cookie")?.split(";")[0] ?? ""
    const { value } = JSON.parse((await response.text()).replace(/^\uFEFF/u, "")) as { readonly value: ReadonlyArray<unknown> }
    rows += value.length
    if (value.length < page) return { rows, seconds: (performance.now() - started) / 1000 }
  }
}

process.once("message", (job: BareJob) => void read(job).then((answer) => process.send?.(answer)))
