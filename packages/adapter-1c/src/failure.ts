/** What went wrong with an exchange, stable for programs, tests and our log; docs/guides/connect-1c.md has a table of them. */
export type FailureCode =
  | "archive-broken"
  | "archive-encrypted"
  | "archive-too-large"
  | "archive-unsafe-name"
  | "body-cut"
  | "body-empty"
  | "disk-full"
  | "file-bad"
  | "file-behind"
  | "file-held"
  | "file-missing"
  | "file-name"
  | "file-too-large"
  | "hub-unavailable"
  | "import-died"
  | "internal"
  | "mode-unknown"
  | "no-credentials"
  | "orders-off"
  | "stopping"
  | "type-unknown"
  | "wrong-credentials"

/** The request is answered `failure`. The message is for the administrator of 1C, in Russian, and says what to do. */
export class ExchangeFailure extends Error {
  override readonly name = "ExchangeFailure"
  readonly code: FailureCode

  constructor(code: FailureCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

const codeOf = (error: unknown): string | undefined => (error as { readonly code?: string } | null)?.code

/**
 * Any error as one that may be told to 1C. What nobody foresaw is told without its own text, which may hold paths or
 * data; its kind goes to our log.
 */
export const failureOf = (error: unknown): ExchangeFailure => {
  if (error instanceof ExchangeFailure) return error
  if (codeOf(error) === "ENOSPC") {
    return new ExchangeFailure(
      "disk-full",
      "На сервере хаба закончилось место на диске. Сообщите администратору хаба.",
      { cause: error }
    )
  }
  if ((error as { readonly _tag?: string } | null)?._tag === "StorageUnavailable") {
    return new ExchangeFailure(
      "hub-unavailable",
      "База данных хаба сейчас недоступна, ничего не изменено. Повторите обмен через несколько минут.",
      { cause: error }
    )
  }
  return new ExchangeFailure(
    "internal",
    "Внутренняя ошибка хаба. Повторите обмен; если не поможет, передайте администратору хаба время этого сообщения.",
    { cause: error }
  )
}

/** Of an error only its kind and place: for our log. */
export const kindOf = (error: unknown): string => {
  if (!(error instanceof Error)) return typeof error
  const frame = error.stack?.split("\n").find((line) => /^\s+at /u.test(line))?.trim() ?? ""
  return `${codeOf(error) ?? error.name} ${frame}`
}
