import { join } from "node:path"
import { parseArgs } from "node:util"
import type { Dialect, OneCFaults } from "@aptekit/adapter-1c/testing"

export interface Settings {
  readonly url: string
  readonly login: string
  readonly password: string
  readonly dialect: Dialect
  /** Folder with what the base sends. */
  readonly from: string
  readonly zip: boolean
  readonly faults: OneCFaults
  readonly wrongPassword: boolean
  /** Where the base keeps its orders; undefined: orders are not exchanged. */
  readonly orders: string | undefined
  /** Numbers of orders that people of the shop work on before the exchange. */
  readonly approve: ReadonlyArray<string>
  readonly ship: ReadonlyArray<string>
  readonly cancel: ReadonlyArray<string>
}

export const USAGE = `Играет базу 1С, которая обменивается с сайтом (хабом). Plays a 1C base.

  node src/play.ts --url http://localhost:3000/exchange/1c --login 1c --password … [--dialect ut|unf|bitrix]

  --from ПАПКА        что выгружает база; без неё — пример из base/
  --no-zip            не сжимать, даже если сайт просит
  --orders ФАЙЛ       обменяться и заказами; заказы базы живут в этом файле (JSON)
  --approve НОМЕР     согласовать заказ в 1С перед обменом; --ship — отгрузить, --cancel — отменить

Сбои · Faults
  --cut [--cut-at N]  соединение рвётся посреди первой части (после N байт), часть передаётся заново
  --repeat            каждая часть передаётся дважды, как после потерянного ответа
  --lose-session      cookie и sessid теряются после первой части
  --no-cookie         cookie и sessid не передаются вовсе, только имя и пароль
  --wrong-password    сначала вход с неверным паролем
`

const DIALECTS: ReadonlyArray<Dialect> = ["ut", "unf", "bitrix"]

const cutOf = (cut: boolean, at: string | undefined): boolean | number => {
  if (at === undefined) return cut
  if (!/^\d{1,9}$/u.test(at)) throw new Error("--cut-at: число байт")
  return Number(at)
}

/** @throws Error with what is wrong, for people */
export const settingsOf = (args: ReadonlyArray<string>, env: Readonly<Record<string, string | undefined>>): Settings => {
  const flag = { type: "boolean", default: false } as const
  const text = { type: "string" } as const
  const list = { type: "string", multiple: true } as const
  const { values } = parseArgs({
    args: [...args],
    options: {
      url: text, login: text, password: text, dialect: text, from: text, orders: text, "cut-at": text,
      "no-zip": flag, cut: flag, repeat: flag, "lose-session": flag, "no-cookie": flag, "wrong-password": flag,
      approve: list, ship: list, cancel: list
    }
  })
  const dialect = DIALECTS.find((known) => known === (values.dialect ?? "ut"))
  if (dialect === undefined) throw new Error(`--dialect: ${DIALECTS.join(", ")}`)
  const password = values.password ?? env["APTEKIT_1C_PASSWORD"]
  if (password === undefined) throw new Error("--password: какой пароль указан в узле обмена (или APTEKIT_1C_PASSWORD)")
  return {
    url: values.url ?? "http://localhost:3000/exchange/1c",
    login: values.login ?? "1c",
    password,
    dialect,
    from: values.from ?? join(import.meta.dirname, "../base", dialect === "bitrix" ? "bitrix" : "ut"),
    zip: !values["no-zip"],
    faults: {
      cutBody: cutOf(values.cut, values["cut-at"]),
      repeatPieces: values.repeat,
      forgetSession: values["lose-session"],
      loseSession: values["no-cookie"]
    },
    wrongPassword: values["wrong-password"],
    orders: values.orders,
    approve: values.approve ?? [],
    ship: values.ship ?? [],
    cancel: values.cancel ?? []
  }
}
