import type { OneCAnswer, OneCQuestion } from "@aptekit/adapter-1c/testing"

export type Write = (line: string) => void

const count = (bytes: number): string => bytes.toLocaleString("ru-RU").replaceAll("\u00a0", " ")

const initText = ([zip = "", limit = ""]: ReadonlyArray<string>): string =>
  `сжатие — ${zip === "zip=yes" ? "да" : "нет"}, часть файла — до ${count(Number(limit.split("=")[1]))} байт`

const lineOf = ({ mode, filename, bytes }: OneCQuestion, { status, lines, text }: OneCAnswer): string => {
  const [first = "", ...rest] = lines
  if (status === 0) return `file ${filename}: соединение оборвано`
  if (first === "failure" || status >= 400) return `ОШИБКА. ${mode}: ${rest.join(" ") || text || `HTTP ${status}`}`
  switch (mode) {
    case "checkauth":
      return `checkauth: вход выполнен, cookie ${rest[0]}`
    case "init":
      return `init: ${initText(lines)}`
    case "file":
      return `file ${filename}: ${count(bytes)} байт передано`
    case "import":
      return `import ${filename}: ${first === "progress" ? `выполняется. ${rest.join(" ")}` : "выполнено"}`
    case "query":
      return `query: документов — ${text.split("<Документ>").length - 1}`
    default:
      return `${mode}: ${first}`
  }
}

/** The lines of the base's log; one that repeats the last one is left out (polls). */
export const logOf = (write: Write): (question: OneCQuestion, answer: OneCAnswer) => void => {
  let last = ""
  return (question, answer) => {
    const line = lineOf(question, answer)
    if (line !== last || question.mode !== "import") write(`  ${line}`)
    last = line
  }
}
