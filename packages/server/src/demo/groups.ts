import type { DemoGroup } from "./model.ts"

const medicines = {
  pain: ["Обезболивающие и противовоспалительные", "Ауырсынуға және қабынуға қарсы", "Pain and inflammation"],
  cold: ["Насморк и простуда", "Тұмау және мұрын бітуі", "Cold and runny nose"],
  throat: ["Горло и полость рта", "Тамақ және ауыз қуысы", "Throat and mouth"],
  cough: ["Кашель", "Жөтел", "Cough"],
  asthma: ["Астма и дыхание", "Демікпе және тыныс алу", "Asthma and breathing"],
  allergy: ["Аллергия", "Аллергия", "Allergy"],
  stomach: ["Желудок и кишечник", "Асқазан және ішек", "Stomach and bowels"],
  liver: ["Печень и желчный пузырь", "Бауыр және өт қабы", "Liver and gall bladder"],
  diabetes: ["Диабет", "Қант диабеті", "Diabetes"],
  heart: ["Сердце и давление", "Жүрек және қан қысымы", "Heart and blood pressure"],
  veins: ["Вены и сосуды", "Көктамыр және қан тамырлары", "Veins and vessels"],
  blood: ["Кровь", "Қан", "Blood"],
  nerves: ["Нервная система", "Жүйке жүйесі", "Nervous system"],
  bones: ["Мышцы, суставы и кости", "Бұлшықет, буын және сүйек", "Muscles, joints and bones"],
  antibiotics: ["Антибиотики", "Антибиотиктер", "Antibiotics"],
  antivirals: ["Противовирусные", "Вирусқа қарсы", "Antivirals"],
  antifungals: ["Противогрибковые", "Зеңге қарсы", "Antifungals"],
  parasites: ["Противопаразитарные", "Паразиттерге қарсы", "Parasites"],
  immunity: ["Иммунитет и онкология", "Иммунитет және онкология", "Immunity and oncology"],
  hormones: ["Гормональные", "Гормондық", "Hormones"],
  women: ["Женское здоровье", "Әйелдер денсаулығы", "Women's health"],
  urology: ["Урология", "Урология", "Urology"],
  skin: ["Кожа", "Тері", "Skin"],
  antiseptics: ["Антисептики", "Антисептиктер", "Antiseptics"],
  eyes: ["Глаза и уши", "Көз және құлақ", "Eyes and ears"],
  vitamins: ["Витамины и минералы", "Дәрумендер мен минералдар", "Vitamins and minerals"],
  infusions: ["Растворы и неотложная помощь", "Ерітінділер және шұғыл көмек", "Infusions and emergency"]
} as const

const goods = {
  devices: ["Приборы и тесты", "Құралдар мен тестілер", "Devices and tests"],
  dressings: ["Перевязка и расходные материалы", "Таңу және шығын материалдары", "Dressings and consumables"],
  baby: ["Мама и малыш", "Ана мен бала", "Mother and baby"],
  cosmetics: ["Косметика", "Косметика", "Cosmetics"],
  hygiene: ["Гигиена", "Гигиена", "Hygiene"],
  supplements: ["Биодобавки и чаи", "Биоқоспалар мен шайлар", "Supplements and teas"],
  services: ["Упаковка и услуги", "Қаптама және қызметтер", "Wrapping and services"]
} as const

export type GroupId = keyof typeof medicines | keyof typeof goods

type Titles = readonly [ru: string, kk: string, en: string]

const tree = (id: string, [ru, kk, en]: Titles, children: Readonly<Record<string, Titles>>): Array<DemoGroup> => [
  { id, parent: null, name: { ru, kk, en } },
  ...Object.entries(children).map(([child, [r, k, e]]) => ({ id: child, parent: id, name: { ru: r, kk: k, en: e } }))
]

/** The catalogue's groups, two deep; a product names its leaf. */
export const demoGroups: ReadonlyArray<DemoGroup> = [
  ...tree("medicines", ["Лекарства", "Дәрі-дәрмек", "Medicines"], medicines),
  ...tree("goods", ["Товары для здоровья", "Денсаулыққа арналған тауарлар", "Health goods"], goods)
]
