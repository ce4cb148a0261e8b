/** The bytes of the markup, named. */
export const TAB = 0x09
export const LF = 0x0a
export const CR = 0x0d
export const SPACE = 0x20
export const BANG = 0x21
export const QUOTE = 0x22
export const HASH = 0x23
export const AMP = 0x26
export const APOS = 0x27
export const MINUS = 0x2d
export const SLASH = 0x2f
export const SEMICOLON = 0x3b
export const LT = 0x3c
export const EQUALS = 0x3d
export const GT = 0x3e
export const QUESTION = 0x3f
export const RIGHT_BRACKET = 0x5d

const table = (stops: (byte: number) => boolean): Uint8Array =>
  Uint8Array.from({ length: 256 }, (_, byte) => (stops(byte) ? 1 : 0))

/** XML 1.0 allows only tab, line feed and carriage return below the space. */
export const isControl = (byte: number): boolean => byte < SPACE && byte !== TAB && byte !== LF && byte !== CR

export const isSpace = (byte: number): boolean => byte === SPACE || byte === LF || byte === TAB || byte === CR

const isAsciiNameByte = (byte: number): boolean => /[A-Za-z0-9_.:-]/.test(String.fromCharCode(byte))

/** 1 where a run of text has to be looked at: the end, a reference, a line, `]]>`, a forbidden byte. */
export const TEXT_STOP = table((byte) => byte === LT || byte === AMP || byte === LF || byte === GT || isControl(byte))

/** The same for text that is to be taken as it stands: carriage returns mean line feeds. */
export const PLAIN_STOP = TEXT_STOP.map((stop, byte) => (byte === CR ? 1 : stop))

/** The same inside an attribute value. */
export const VALUE_STOP = table(
  (byte) => byte === QUOTE || byte === APOS || byte === LT || byte === AMP || byte === LF || isControl(byte)
)

/** 1 for bytes that cannot stand in a name. Bytes from 0x80 up are letters until the name is checked as a whole. */
export const NAME_STOP = table((byte) => byte < 0x80 && !isAsciiNameByte(byte))
