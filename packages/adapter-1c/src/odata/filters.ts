import { guid } from "./values.ts"

/** Bytes of a question: IIS takes 2,048 of a query, and each Russian letter is six of them. */
const MOST_QUERY = 1500

/** Questions after rows by values of one field, each short enough for any web server. */
export const questionsOf = (
  field: string,
  values: ReadonlyArray<string>,
  literal: (value: string) => string = guid
): ReadonlyArray<string> => {
  const terms = values.map((value) => `${field} eq ${literal(value)}`)
  const longest = Math.max(0, ...terms.map((term) => encodeURIComponent(`${term} or `).length))
  const size = Math.max(1, Math.floor(MOST_QUERY / longest))
  return Array.from({ length: Math.ceil(terms.length / size) }, (_, i) =>
    terms.slice(i * size, (i + 1) * size).join(" or "))
}
