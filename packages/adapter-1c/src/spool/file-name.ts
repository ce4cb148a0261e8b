import { ExchangeFailure } from "../failure.ts"

const MAX_LENGTH = 255

/** Kinds of files that have nothing for the hub: taken and not kept. */
const IGNORED = /\.(jpe?g|png|gif|bmp|webp|tiff?|svg|ico|pdf|docx?|xlsx?|pptx?|rtf|txt|html?|mp4|avi|mp3)$/iu

const reasonOf = (name: string): string | undefined => {
  if (name === "") return "имя пустое"
  if (name.length > MAX_LENGTH) return `имя длиннее ${MAX_LENGTH} символов`
  if (/[\u0000-\u001f\u007f]/u.test(name)) return "в имени есть управляющие символы"
  if (name.startsWith("/")) return "имя начинается с корня диска"
  if (/^[a-z]:/iu.test(name)) return "в имени указан диск"
  if (name.split("/").includes("..")) return "имя ведёт в другую папку («..»)"
  return undefined
}

/**
 * A file's name as 1C or an archive gives it, with `/` between folders. Names never become paths of ours: files lie
 * under numbers. They are checked all the same (fact 67).
 * @throws ExchangeFailure file-name
 */
export const safeName = (given: string): string => {
  const name = given.replaceAll("\\", "/").replace(/^(\.\/)+/u, "")
  const reason = reasonOf(name)
  if (reason === undefined) return name
  const shown = given.replace(/[\u0000-\u001f\u007f]/gu, "?").slice(0, 80)
  const advice = "Файл не принят: исправьте обработку, которая называет файлы."
  throw new ExchangeFailure("file-name", `Недопустимое имя файла «${shown}»: ${reason}. ${advice}`)
}

/** Whether the file may be let go: pictures and documents of goods (fact 38). */
export const isIgnored = (name: string): boolean => name.startsWith("import_files/") || IGNORED.test(name)

const bare = (name: string): string => name.slice(name.lastIndexOf("/") + 1).toLowerCase()

/** The names that were asked for, among those that are there: exactly, else without folders and letter case. */
export const findNames = (asked: string, names: ReadonlyArray<string>): ReadonlyArray<string> => {
  const exact = names.filter((name) => name === asked)
  return exact.length > 0 ? exact : names.filter((name) => bare(name) === bare(asked))
}

export const findName = (asked: string, names: ReadonlyArray<string>): string | undefined => findNames(asked, names)[0]

const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/giu

/**
 * The name under which a file comes in each exchange: Битрикс adds a UUID to it each time (fact 39). One that is nothing
 * but a UUID says nothing without it.
 */
export const seriesOf = (name: string): string => {
  const series = name.replace(UUID, "")
  return /[\p{L}\p{N}]/u.test(bare(series).replace(/\.[^.]*$/u, "")) ? series : name
}
