import type { Texts } from "./model.ts"

export interface DosageForm extends Texts {
  /** Given by a needle: always on prescription. */
  readonly injection?: boolean
  /** Weight of what is not the medicine itself: blister, bottle, tube, box; grams. */
  readonly packaging: number
  /** No first pack of this form is cheaper, whatever the substance costs as tablets; whole tenge. */
  readonly floorPrice: number
}

const form = (ru: string, kk: string, en: string, packaging: number, floorPrice: number): DosageForm =>
  ({ ru, kk, en, packaging, floorPrice })

const injection = (ru: string, kk: string, en: string, packaging: number, floorPrice: number): DosageForm =>
  ({ ...form(ru, kk, en, packaging, floorPrice), injection: true })

const table = {
  tab: form("таблетки", "таблеткалар", "tablets", 10, 100),
  ftab: form("таблетки, покрытые оболочкой", "қабықпен қапталған таблеткалар", "film-coated tablets", 10, 120),
  etab: form("таблетки кишечнорастворимые", "ішекте еритін таблеткалар", "gastro-resistant tablets", 10, 150),
  rtab: form("таблетки пролонгированные", "әсері ұзартылған таблеткалар", "prolonged-release tablets", 10, 400),
  eff: form("таблетки шипучие", "көпіршитін таблеткалар", "effervescent tablets", 25, 800),
  chew: form("таблетки жевательные", "шайнайтын таблеткалар", "chewable tablets", 12, 300),
  loz: form("таблетки для рассасывания", "соруға арналған таблеткалар", "lozenges", 12, 600),
  odt: form("таблетки диспергируемые", "диспергияланатын таблеткалар", "dispersible tablets", 10, 500),
  cap: form("капсулы", "капсулалар", "capsules", 10, 200),
  ecap: form("капсулы кишечнорастворимые", "ішекте еритін капсулалар", "gastro-resistant capsules", 10, 300),
  rcap: form("капсулы пролонгированные", "әсері ұзартылған капсулалар", "prolonged-release capsules", 10, 900),
  pow: form("порошок для приема внутрь", "ішуге арналған ұнтақ", "oral powder", 20, 700),
  gran: form("гранулы для приема внутрь", "ішуге арналған түйіршіктер", "oral granules", 20, 800),
  syr: form("сироп", "шәрбат", "syrup", 60, 700),
  susp: form("суспензия для приема внутрь", "ішуге арналған суспензия", "oral suspension", 60, 900),
  osol: form("раствор для приема внутрь", "ішуге арналған ерітінді", "oral solution", 60, 1200),
  odrop: form("капли для приема внутрь", "ішуге арналған тамшылар", "oral drops", 25, 900),
  amp: injection("раствор для инъекций", "инъекцияға арналған ерітінді", "solution for injection", 30, 350),
  vial: injection("порошок для инъекций", "инъекцияға арналған ұнтақ", "powder for injection", 20, 150),
  syrg: injection("раствор в шприцах", "шприцтегі ерітінді", "solution in pre-filled syringes", 40, 1500),
  pen: injection("раствор в шприц-ручках", "шприц-қаламдағы ерітінді", "solution in pre-filled pens", 45, 9000),
  inf: injection("раствор для инфузий", "инфузияға арналған ерітінді", "solution for infusion", 35, 400),
  oint: form("мазь", "жақпамай", "ointment", 15, 200),
  cream: form("крем", "крем", "cream", 15, 600),
  gel: form("гель", "гель", "gel", 15, 900),
  sol: form("раствор для наружного применения", "сыртқа қолдануға арналған ерітінді", "topical solution", 40, 150),
  spray: form("спрей", "спрей", "spray", 45, 800),
  nspray: form("спрей назальный", "мұрынға арналған спрей", "nasal spray", 30, 700),
  ndrop: form("капли назальные", "мұрын тамшылары", "nasal drops", 20, 300),
  edrop: form("капли глазные", "көз тамшылары", "eye drops", 15, 300),
  eoint: form("мазь глазная", "көзге арналған жақпамай", "eye ointment", 12, 400),
  ear: form("капли ушные", "құлақ тамшылары", "ear drops", 20, 1200),
  inh: form("аэрозоль для ингаляций", "ингаляцияға арналған аэрозоль", "inhalation aerosol", 40, 1300),
  dpi: form("порошок для ингаляций", "ингаляцияға арналған ұнтақ", "inhalation powder", 60, 4500),
  neb: form("раствор для ингаляций", "ингаляцияға арналған ерітінді", "inhalation solution", 30, 1800),
  supp: form("суппозитории ректальные", "ректальді суппозиторийлер", "suppositories", 10, 500),
  vsupp: form("суппозитории вагинальные", "қынаптық суппозиторийлер", "pessaries", 10, 900),
  vtab: form("таблетки вагинальные", "қынаптық таблеткалар", "vaginal tablets", 12, 700),
  patch: form("пластырь трансдермальный", "трансдермальді пластырь", "transdermal patches", 20, 3500),
  shampoo: form("шампунь лечебный", "емдік сусабын", "medicated shampoo", 30, 1900),
  lacquer: form("лак для ногтей", "тырнаққа арналған лак", "nail lacquer", 30, 6000)
}

export type FormCode = keyof typeof table

/** Dosage forms by the code that the medicine tables use. */
export const dosageForms: Readonly<Record<FormCode, DosageForm>> = table
