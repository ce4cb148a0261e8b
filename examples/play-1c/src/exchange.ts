import { OneCClient, type OneCClientOptions, OneCStopped } from "@aptekit/adapter-1c/testing"
import { logOf, type Write } from "./log.ts"
import { playOrders } from "./orders.ts"
import { goodsIn, type Portion, portionsIn } from "./portions.ts"
import type { Settings } from "./settings.ts"

/** КоличествоПовторов of the node: how often a portion that failed is sent again (fact 26). */
const TRIES = 3

const TITLE = { ut: "Управление торговлей, Розница", unf: "Управление нашей фирмой", bitrix: "1С-Битрикс" } as const

/** @throws OneCStopped if the site refuses it again and again */
const playPortion = async (portion: Portion, settings: Settings, client: OneCClientOptions, tries: number): Promise<void> => {
  for (let left = tries; ; left--) {
    try {
      await new OneCClient(client).exchange(portion, { zip: settings.zip })
      return
    } catch (error) {
      if (left <= 1) throw error
    }
  }
}

/** What the log has not said yet; undefined: the error is none of the exchange. */
const reasonOf = (error: unknown): string | undefined => {
  if (error instanceof OneCStopped) return ""
  return error instanceof Error && "code" in error ? `: сервер не отвечает (${String(error.code)})` : undefined
}

const knockWrongly = (client: OneCClientOptions): Promise<unknown> =>
  new OneCClient({ ...client, password: `${client.password}?` }).checkauth().catch(() => undefined)

/** Plays one exchange as 1C does. Gives whether it went through. */
export const play = async (settings: Settings, write: Write): Promise<boolean> => {
  const { url, login, password, dialect, faults } = settings
  const client: OneCClientOptions = { url, login, password, dialect, faults, heard: logOf(write) }
  const portions = portionsIn(settings.from)
  write(`Обмен с сайтом ${url} (${TITLE[dialect]})`)
  try {
    if (settings.wrongPassword) await knockWrongly(client)
    for (const [i, portion] of portions.entries()) {
      write(`Порция ${i + 1} из ${portions.length}: ${portion.map(({ name }) => name).join(", ")}`)
      await playPortion(portion, settings, client, i === 0 ? 1 : TRIES)
    }
    if (settings.orders !== undefined) await playOrders(settings, settings.orders, goodsIn(portions), client, write)
  } catch (error) {
    const reason = reasonOf(error)
    if (reason === undefined) throw error
    write(`Обмен прерван${reason}`)
    return false
  }
  write("Обмен завершён")
  return true
}
