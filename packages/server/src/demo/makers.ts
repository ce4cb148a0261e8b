/** A maker of our own invention. */
export interface DemoMaker {
  /** Two digits of its barcodes. */
  readonly code: number
  readonly name: string
  /** What it hangs on the substance's name, Cyrillic and Latin. */
  readonly suffix: { readonly cyrillic: string; readonly latin: string }
  /** Its prices against the table's. */
  readonly level: number
}

type MakerRow = readonly [name: string, cyrillic: string, latin: string, level: number]

const numbered = (rows: ReadonlyArray<MakerRow>, first: number): ReadonlyArray<DemoMaker> =>
  rows.map(([name, cyrillic, latin, level], i) => ({ code: first + i, name, suffix: { cyrillic, latin }, level }))

export const medicineMakers = numbered([
  ["Аптекит Фарма, Казахстан", "Аптекит", "Aptekit", 0.85],
  ["Зеландор, Казахстан", "Зеландор", "Zelandor", 0.9],
  ["Кенжелия, Казахстан", "Кенжелия", "Kenzhelia", 0.8],
  ["Кварнея Лаб, Германия", "Кварнея", "Kvarneya", 1.35],
  ["Тарвелис, Литва", "Тарвелис", "Tarvelis", 1.05],
  ["Мирунтал, Турция", "Мирунтал", "Miruntal", 0.95],
  ["Офелир Кемикал, Индия", "Офелир", "Ofelir", 0.75],
  ["Бадалин Хелскеа, Индия", "Бадалин", "Badalin", 0.7],
  ["Лунакор, Словения", "Лунакор", "Lunakor", 1.2],
  ["Гринфьорд, Дания", "Гринфьорд", "Greenfjord", 1.4],
  ["Сорвенто, Италия", "Сорвенто", "Sorvento", 1.25],
  ["Дориваль, Франция", "Дориваль", "Dorival", 1.3],
  ["Вельмара, Россия", "Вельмара", "Velmara", 0.9],
  ["Берестол, Беларусь", "Берестол", "Berestol", 0.8],
  ["Вистарен, Польша", "Вистарен", "Vistaren", 1.1],
  ["Маджарин, Венгрия", "Маджарин", "Madzharin", 1.15]
], 0)

export const goodsMakers = numbered([
  ["Аптекит Хоум, Казахстан", "Аптекит", "Aptekit", 0.9],
  ["Комфорея, Казахстан", "Комфорея", "Komforeya", 0.95],
  ["Верделан, Польша", "Верделан", "Verdelan", 1.2],
  ["Линумир, Китай", "Линумир", "Linumir", 0.8],
  ["Бэлсанна, Турция", "Бэлсанна", "Belsanna", 1]
], 50)

/** Names of our own invention under which a substance's first maker sells it, Cyrillic and Latin. */
export const brands: Readonly<Record<string, readonly [cyrillic: string, latin: string]>> = {
  "Ибупрофен": ["Ибувелан", "Ibuvelan"],
  "Парацетамол": ["Фебрисанта", "Febrisanta"],
  "Ацетилсалициловая кислота": ["Асперика", "Asperica"],
  "Диклофенак": ["Дикловея", "Dicloveya"],
  "Кетопрофен": ["Кетомирель", "Ketomirel"],
  "Эторикоксиб": ["Эторивея", "Etoriveya"],
  "Амброксол": ["Бронхелита", "Bronhelita"],
  "Ацетилцистеин": ["Муколаэра", "Mucolaera"],
  "Ксилометазолин": ["Ринолея", "Rinoleya"],
  "Оксиметазолин": ["Назавея", "Nazaveya"],
  "Цетиризин": ["Цетилайна", "Cetilayna"],
  "Лоратадин": ["Лорависта", "Loravista"],
  "Омепразол": ["Омевелия", "Omevelia"],
  "Эзомепразол": ["Эзовелия", "Ezovelia"],
  "Панкреатин": ["Панзимея", "Panzimeya"],
  "Дротаверин": ["Дроталея", "Drotaleya"],
  "Лоперамид": ["Лопервея", "Loperveya"],
  "Диосмектит": ["Смектавия", "Smectavia"],
  "Симетикон": ["Симелитта", "Simelitta"],
  "Метформин": ["Глимеора", "Glimeora"],
  "Гликлазид": ["Гликлавея", "Gliclaveya"],
  "Бисопролол": ["Бисокарта", "Bisocarta"],
  "Амлодипин": ["Амловеста", "Amlovesta"],
  "Лозартан": ["Лозамея", "Lozameya"],
  "Валсартан": ["Валсамира", "Valsamira"],
  "Аторвастатин": ["Атолипея", "Atolipeya"],
  "Розувастатин": ["Розулея", "Rozuleya"],
  "Клопидогрел": ["Клопирея", "Clopireya"],
  "Ривароксабан": ["Ривамона", "Rivamona"],
  "Амоксициллин+Клавулановая кислота": ["Амоклавея", "Amoclaveya"],
  "Азитромицин": ["Азивеста", "Azivesta"],
  "Цефиксим": ["Цефирея", "Cefireya"],
  "Флуконазол": ["Флукомира", "Flucomira"],
  "Тербинафин": ["Терборея", "Terboreya"],
  "Ацикловир": ["Цикловея", "Cicloveya"],
  "Осельтамивир": ["Осельмира", "Oselmira"],
  "Декспантенол": ["Дексапана", "Dexapana"],
  "Мелатонин": ["Сонарея", "Sonareya"],
  "Колекальциферол": ["Дивитея", "Diviteya"],
  "Магния лактат+Пиридоксин": ["Магнирея", "Magnireya"],
  "Силденафил": ["Силдамара", "Sildamara"],
  "Левотироксин натрия": ["Тиролея", "Tiroleya"]
}
