import { lostFault, oddAnswer } from "./answer.ts"
import type { Patience } from "./patience.ts"
import { RowScanner } from "./row-scanner.ts"
import { Slices } from "./slices.ts"
import type { Row } from "./values.ts"

/** Bytes that are scanned at a stretch, however many come at once. */
const PIECE = 65_536

/** @throws ODataFault where somebody else answered (fact 83) */
export const expectJson = async (response: Response, where: string): Promise<Response> => {
  const type = response.headers.get("content-type") ?? ""
  if (/json/iu.test(type) && response.body !== null) return response
  await response.body?.cancel()
  throw oddAnswer("read", where, type)
}

/**
 * Rows of an answer as it flows, some at a time; returns the answer without them. `patience`: with each piece.
 * @throws ODataFault where it is no JSON, or ends too soon
 */
export async function* rowsIn(
  response: Response,
  where: string,
  patience: Patience
): AsyncGenerator<ReadonlyArray<Row>, Row> {
  const type = response.headers.get("content-type") ?? ""
  const scanner = new RowScanner()
  const slices = new Slices()
  for await (const chunk of piecesOf(response.body!, where, patience)) {
    for (let at = 0; at < chunk.length; at += PIECE) {
      const rows = tried(() => scanner.push(chunk.subarray(at, at + PIECE)), where, type)
      if (rows.length > 0) yield rows
      if (slices.due) await slices.rest()
    }
  }
  return tried(() => scanner.end(), where, type)
}

/** `patience`: with each piece. @throws ODataFault where the connection is lost */
export async function* piecesOf(body: ReadableStream<Uint8Array>, where: string, patience: Patience): AsyncGenerator<Uint8Array> {
  try {
    patience.begin()
    for await (const chunk of body) {
      patience.end()
      yield chunk
      patience.begin()
    }
  } catch (error) {
    throw lostFault(error, "read", where)
  }
}

const tried = <A>(read: () => A, where: string, type: string): A => {
  try {
    return read()
  } catch {
    throw oddAnswer("read", where, type)
  }
}
