/** An answer to 1C as its log shows it. */
export interface Told {
  readonly status: number
  readonly text: string
}

const CYRILLIC = /[а-яё]{3,}/iu
/** What a person can do. */
const ADVICE =
  /повтор|провер|уменьш|выгруз|исправ|сообщ|отключ|запуст|заполн|включ|сохран|перед(ай|аёт)|освобод|выясн|измен|допуска|пропуст|начн|ничего|продолж/iu
/** What is ours and not for the reader: places, stacks, values of programs. */
const OURS = /\/tmp|\/work|node:|\.ts\b|\bat \w|\bError\b|undefined|\bNaN\b|\[object|\bnull\b|ENO\w+|EACCES|SQL/u
const LONGEST = 700

/** What is wrong with an answer for a Russian-speaking administrator of 1C; undefined: nothing. `named`: files it may name. */
export const flaw = ({ status, text }: Told, named: ReadonlyArray<string> = []): string | undefined => {
  const [first = "", ...rest] = text.split("\n")
  if (![200, 401].includes(status)) return `HTTP ${status}`
  if (!/^(success|progress|failure)$/u.test(first)) return "the first line is none of success, progress, failure"
  if (first !== "failure") return undefined
  const words = rest.join("\n")
  if (!CYRILLIC.test(words)) return "no Russian text"
  if (words.length > LONGEST) return `${words.length} characters`
  if (OURS.test(words)) return "it tells of our insides"
  if (!ADVICE.test(words)) return "it does not say what to do"
  if (/Внутренняя ошибка/u.test(words)) return "an internal error"
  if (named.length > 0 && !named.some((name) => words.includes(name))) return "it does not name the file"
  return undefined
}
