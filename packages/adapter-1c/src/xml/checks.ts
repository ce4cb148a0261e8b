import { GT, isControl, isSpace, RIGHT_BRACKET, SLASH } from "./classes.ts"
import { XmlFault } from "./error.ts"

export const endsName = (byte: number): boolean => byte === GT || byte === SLASH || isSpace(byte)

/** Of a byte in text at which the scanner stopped: throws where it may not stand there. */
export const checkTextByte = (buffer: Uint8Array, at: number, start: number): void => {
  if (isControl(buffer[at]!)) throw new XmlFault("control-character", at)
  const closesCdata = at - start >= 2 && buffer[at - 1] === RIGHT_BRACKET && buffer[at - 2] === RIGHT_BRACKET
  if (closesCdata) throw new XmlFault("cdata-end-in-text", at)
}
