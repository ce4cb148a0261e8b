import { goods, type GoodsRow } from "./goods.ts"
import { type DemoMaker, goodsMakers } from "./makers.ts"
import type { Texts } from "./model.ts"
import type { Draft } from "./product-draft.ts"
import { randomStream, sample, seedOf } from "./random.ts"
import { measure, words } from "./wording.ts"

/** How much a size holds (ml, l, g or pieces); null for sizes that hold nothing, such as `S` or `5m x 10cm`. */
const contentOf = (size: string): number | null => {
  const match = /([\d.]+)(?:ml|l|g|pcs)$/.exec(size)
  return match === null ? null : Number(match[1])
}

const packSizeOf = (size: string): number => Number(/(\d+)pcs$/.exec(size)?.[1] ?? 1)

/** What holds for everything here: no medicine, kept at room temperature. */
const plain = {
  inn: null,
  substance: null,
  atc: null,
  form: null,
  strength: null,
  storage: "ambient",
  prescription: false
} as const

const draftOf = (row: GoodsRow, maker: DemoMaker, size: string, text: Texts): Draft => {
  const [ru, kk, en, group, price, grams, sizes] = row
  const first = contentOf(sizes.split("|")[0] ?? "") ?? 1
  const ratio = (contentOf(size) ?? first) / first
  const { cyrillic, latin } = maker.suffix
  const product: Draft["product"] = {
    ...plain,
    name: { ru: words(ru, cyrillic, text.ru), kk: words(kk, cyrillic, text.kk), en: words(en, latin, text.en) },
    weightGrams: Math.round(grams * ratio),
    packSize: packSizeOf(size),
    groups: [group],
    stockControl: true
  }
  return { product, maker, price: price * maker.level * ratio ** 0.85 }
}

const draftsOf = (row: GoodsRow): ReadonlyArray<Draft> => {
  const [ru, , , , , , sizes] = row
  const random = randomStream(seedOf(ru))
  return sample(random, goodsMakers, random.int(1, 2)).flatMap((maker) =>
    sizes.split("|").map((size) => draftOf(row, maker, size, measure(size)))
  )
}

/** Packed at the till from whatever lies there, so nobody counts it (STK-9). */
const giftBag: Draft = {
  product: {
    ...plain,
    name: { ru: "Подарочный пакет", kk: "Сыйлық пакеті", en: "Gift bag" },
    weightGrams: 15,
    packSize: 1,
    groups: ["services"],
    stockControl: false
  },
  maker: null,
  price: 150
}

/** Everything beside medicines; the product without stock control comes last. */
export const goodsDrafts = (): ReadonlyArray<Draft> => [...goods.flatMap(draftsOf), giftBag]
