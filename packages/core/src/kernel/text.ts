/** How text is made comparable for search: NFKC, lower case, ё→е, single blanks (D23). */
export const fold = (text: string): string =>
  text.normalize("NFKC").toLowerCase().replaceAll("ё", "е").replace(/\s+/gu, " ").trim()
