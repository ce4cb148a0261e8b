/**
 * Whose fault an error is. `setup`: of the connection or the base's interface, so every call of its kind fails;
 * `request`: of this request; `business`: thrown by the configuration, a person there must act.
 */
export type Blame = "setup" | "request" | "business" | "partner"

export interface CodeMeaning {
  readonly blame: Blame
  /** In Russian, for whoever looks after the connection. */
  readonly meaning: string
}

/** Codes of `odata.error` (1C fact 82). All are refusals: the same request would be refused again. */
export const ODATA_CODES: Readonly<Record<string, CodeMeaning>> = {
  "-1": { blame: "business", meaning: "ошибка конфигурации при выполнении" },
  "0": { blame: "setup", meaning: "возможность не поддерживается" },
  "1": { blame: "request", meaning: "не удалось разобрать данные запроса" },
  "2": { blame: "request", meaning: "неверный формат запроса" },
  "3": { blame: "setup", meaning: "вид представления не поддерживается" },
  "4": { blame: "request", meaning: "неверное значение свойства" },
  "5": { blame: "request", meaning: "не задано обязательное свойство" },
  "6": { blame: "setup", meaning: "неверный адрес" },
  "7": { blame: "request", meaning: "не задана часть ключа" },
  "8": { blame: "setup", meaning: "нет такого объекта в составе интерфейса OData" },
  "9": { blame: "request", meaning: "объект не найден" },
  "10": { blame: "setup", meaning: "нет такого свойства" },
  "11": { blame: "setup", meaning: "нет такого метода" },
  "12": { blame: "request", meaning: "не задан параметр" },
  "13": { blame: "request", meaning: "строки таблиц нельзя создавать отдельно" },
  "14": { blame: "request", meaning: "неверные параметры выборки" },
  "15": { blame: "request", meaning: "такой ключ уже есть" },
  "16": { blame: "request", meaning: "свойство нельзя записать" },
  "17": { blame: "setup", meaning: "режим загрузки для объекта не поддерживается" },
  "18": { blame: "setup", meaning: "интерфейс не запустился: два свойства с одним именем" },
  "19": { blame: "setup", meaning: "метод запрещён" },
  "20": { blame: "setup", meaning: "недостаточно прав" },
  "21": { blame: "request", meaning: "функция применена неверно" }
}
