/** What 1C asks, out of the address. */
export interface ExchangeQuery {
  readonly type: string
  readonly mode: string
  readonly filename: string
  /** As the client sent it back from checkauth or init. */
  readonly sessid: string
  /** Only the Bitrix dialect sends it (fact 15). */
  readonly version: string
}

/**
 * Reads the parameters. An address that already had a `?` of its own has two now (`/1c?a=b?type=catalog`): both parts
 * count.
 */
export const queryOf = (address: string): ExchangeQuery => {
  const at = address.indexOf("?")
  const params = new URLSearchParams(at < 0 ? "" : address.slice(at + 1).replaceAll("?", "&"))
  const last = (name: string): string => params.getAll(name).at(-1)?.trim() ?? ""
  return {
    type: last("type").toLowerCase(),
    mode: last("mode").toLowerCase(),
    filename: last("filename"),
    sessid: last("sessid"),
    version: last("version")
  }
}
