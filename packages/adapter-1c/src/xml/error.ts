/** What is wrong with a document, stable for programs and tests. */
export type XmlErrorCode =
  | "bad-character-reference"
  | "bare-ampersand"
  | "cdata-end-in-text"
  | "control-character"
  | "dtd-refused"
  | "duplicate-attribute"
  | "empty"
  | "encoding-unsupported"
  | "invalid-utf8"
  | "malformed-comment"
  | "malformed-instruction"
  | "malformed-tag"
  | "mismatched-tag"
  | "text-outside-root"
  | "token-too-long"
  | "too-deep"
  | "too-many-attributes"
  | "too-many-names"
  | "truncated"
  | "two-roots"
  | "undeclared-entity"
  | "unexpected-close"

const AGAIN = "Файл повреждён или передан не полностью: выгрузите его из 1С ещё раз."
const EDITED = "Похоже, файл правили вручную или собирали обработкой: исправьте её или выгрузите файл штатным обменом."
const LIMIT = "Такой файл обмен не принимает: уменьшите порцию выгрузки или исправьте обработку."

const EXPLANATION: Record<XmlErrorCode, readonly [what: string, advice: string]> = {
  "bad-character-reference": ["недопустимая ссылка на символ вида &#…;", EDITED],
  "bare-ampersand": ["знак «&» записан без замены на «&amp;»", EDITED],
  "cdata-end-in-text": ["в тексте встречено «]]>»", EDITED],
  "control-character": ["недопустимый управляющий символ", AGAIN],
  "dtd-refused": ["объявление DOCTYPE запрещено", EDITED],
  "duplicate-attribute": ["атрибут указан дважды", EDITED],
  "empty": ["файл пуст", AGAIN],
  "encoding-unsupported": ["кодировка не поддерживается", "Сохраните файл в UTF-8 или windows-1251."],
  "invalid-utf8": ["нарушена кодировка UTF-8", AGAIN],
  "malformed-comment": ["неверно записан комментарий", EDITED],
  "malformed-instruction": ["неверно записано объявление <?…?>", EDITED],
  "malformed-tag": ["неверно записан тег", AGAIN],
  "mismatched-tag": ["закрывающий тег не соответствует открытому", AGAIN],
  "text-outside-root": ["текст вне корневого элемента", AGAIN],
  "token-too-long": ["слишком длинное имя (больше 255 байт) или значение (больше 1 МиБ)", LIMIT],
  "too-deep": ["слишком глубокая вложенность элементов", LIMIT],
  "too-many-attributes": ["слишком много атрибутов у одного элемента", LIMIT],
  "too-many-names": ["слишком много разных имён элементов", LIMIT],
  "truncated": ["файл обрывается раньше конца", AGAIN],
  "two-roots": ["после конца корневого элемента начинается второй", AGAIN],
  "undeclared-entity": ["неизвестная подстановка вида &имя;", EDITED],
  "unexpected-close": ["лишний закрывающий тег", AGAIN]
}

export interface XmlErrorFields {
  readonly code: XmlErrorCode
  /** 1-based line of the source. */
  readonly line: number
  /** 0-based byte of the source as it arrived (before any change of encoding). */
  readonly offset: number
  /** Names of elements or attributes only; never values. */
  readonly detail?: string
}

/** The document is refused; nothing after `offset` was read. The message is for the administrator of 1C, in Russian. */
export class XmlError extends Error {
  readonly _tag = "XmlError"
  override readonly name = "XmlError"
  readonly code: XmlErrorCode
  readonly line: number
  readonly offset: number

  constructor({ code, line, offset, detail }: XmlErrorFields) {
    const [what, advice] = EXPLANATION[code]
    super(`Строка ${line} (байт ${offset}): ${what}${detail === undefined ? "" : `: ${detail}`}. ${advice}`)
    this.code = code
    this.line = line
    this.offset = offset
  }
}

/** Position of a fault that concerns the end of what has been received. */
export const AT_END = -1

/** Thrown inside the scanner, which alone knows lines and offsets and turns it into an `XmlError`. */
export class XmlFault {
  readonly code: XmlErrorCode
  readonly at: number
  readonly detail: string | undefined

  constructor(code: XmlErrorCode, at: number, detail?: string) {
    this.code = code
    this.at = at
    this.detail = detail
  }
}
