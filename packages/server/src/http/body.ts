import type { Context } from "hono"
import { HttpProblem } from "../problems.ts"

const utf8 = new TextDecoder("utf-8", { fatal: true })

const tooLarge = (limit: number): HttpProblem =>
  new HttpProblem("tooLarge", `The body may have ${limit} bytes at most; send less, or in several requests.`)

/** Without a length only counting tells: stops at the first byte too many. */
const readCounted = async (request: Request, limit: number): Promise<Uint8Array> => {
  const chunks: Array<Uint8Array> = []
  let size = 0
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength
    if (size > limit) throw tooLarge(limit)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

const readBytes = async (c: Context, limit: number): Promise<Uint8Array> => {
  const length = c.req.header("content-length")
  try {
    if (length === undefined) return await readCounted(c.req.raw, limit)
    if (Number(length) > limit) throw tooLarge(limit)
    return new Uint8Array(await c.req.raw.arrayBuffer())
  } catch (error) {
    if (error instanceof HttpProblem) throw error
    throw new HttpProblem("badRequest", "The body broke off before its end; nothing was done. Send it again.")
  }
}

const parse = (bytes: Uint8Array): unknown => {
  let text: string
  try {
    text = utf8.decode(bytes)
  } catch {
    throw new HttpProblem("badRequest", "The body is not UTF-8.")
  }
  try {
    return JSON.parse(text)
  } catch {
    // The parser's own message quotes the body, which may be personal.
    throw new HttpProblem("badRequest", "The body is not valid JSON: it is cut off or misspelt.")
  }
}

const isJson = (type: string | undefined): boolean =>
  type !== undefined && /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/iu.test(type)

/**
 * The request's JSON. An absent body is `{}` where the operation asks for nothing.
 * @throws HttpProblem badRequest, tooLarge, unsupportedMediaType
 */
export const readJson = async (c: Context, limit: number, required: boolean): Promise<unknown> => {
  const empty =
    c.req.header("content-length") === "0" ||
    (c.req.header("content-length") === undefined && c.req.header("transfer-encoding") === undefined)
  if (empty && !required) return {}
  if (empty) throw new HttpProblem("badRequest", "A JSON body is missing.")
  if (!isJson(c.req.header("content-type"))) {
    throw new HttpProblem("unsupportedMediaType", "Send the body as content-type: application/json.")
  }
  return parse(await readBytes(c, limit))
}
