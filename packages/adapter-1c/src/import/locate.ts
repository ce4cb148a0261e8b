import { mkdir } from "node:fs/promises"
import type { Limits } from "../config.ts"
import { ExchangeFailure } from "../failure.ts"
import { type ArchiveFile, unpack } from "../spool/archive.ts"
import { findName, findNames } from "../spool/file-name.ts"
import { isArchive } from "../spool/session.ts"

/** In which order the XML files of one archive make sense: goods before prices before stock. */
const ORDER = [
  /^import/iu, /^(groups|units|storages|priceLists|properties)/iu, /^goods/iu, /^offers/iu, /^prices/iu, /^rests/iu
]

const rank = (path: string): number => {
  const name = path.slice(path.lastIndexOf("/") + 1)
  const found = ORDER.findIndex((pattern) => pattern.test(name))
  return found < 0 ? ORDER.length : found
}

const byRank = (a: string, b: string): number => rank(a) - rank(b) || (a < b ? -1 : 1)

/**
 * The XML that an import is asked for: the uploaded file itself, or the file of that name in an archive (fact 20). Who
 * asks for an archive gets all its XML files.
 * @throws ExchangeFailure file-missing, archive-…
 */
export const locate = async (
  sources: ReadonlyArray<ArchiveFile>,
  asked: string,
  folder: string,
  limits: Limits
): Promise<ReadonlyArray<ArchiveFile>> => {
  await mkdir(folder, { recursive: true })
  for (const source of sources) {
    if (!(await isArchive(source.path))) return [source]
    const wholeArchive = findName(asked, [source.name]) !== undefined
    const files = await unpack(source, (names) => {
      const found = findNames(asked, names)
      return found.length === 0 && wholeArchive ? names.toSorted(byRank) : found.toSorted(byRank)
    }, folder, limits)
    if (files.length > 0) return files
  }
  throw new ExchangeFailure(
    "file-missing",
    `Файла «${asked}» нет ни среди переданных файлов, ни в архивах. Запустите обмен ещё раз с начала.`
  )
}
