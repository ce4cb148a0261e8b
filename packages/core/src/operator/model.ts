import { Schema } from "effect"
import type { BranchId, ChannelId, FulfilmentId, OrderId } from "../kernel/ids.ts"
import type { FulfilmentStatus } from "../order/model.ts"
import { AddressCandidate } from "../assembly/address.ts"
import { Instant } from "../kernel/time.ts"

/** Why a person must look (ORD-3). Stable codes; screens and messages translate them. */
export const CaseReason = Schema.Literals([
  "absent",
  "tooFew",
  "priceDiffers",
  "noPrice",
  "unknownProduct",
  "productStopped",
  "prescription",
  "addressUnclear",
  "phoneUnclear",
  "branchClosed",
  "branchInactive",
  "noBranch",
  "notAccepted",
  "returnedByBranch",
  "partnerUnreachable",
  "shortage",
  "doubleSale",
  "soldAfterEnd",
  "soldDifferently",
  "tooManyParts",
  "customerAsks",
  /** The partner's system keeps what it can no longer be told to change: somebody must act there (R8). */
  "needsErpAction",
  /** The partner's document says something else than the order (D7). */
  "erpDiffers"
])
export type CaseReason = typeof CaseReason.Type

/** What people read for a reason; screens and messages show the viewer's language. */
export const CASE_TITLES: Readonly<Record<CaseReason, Readonly<Record<"ru" | "kk" | "en", string>>>> = {
  absent: { ru: "Нет в наличии", kk: "Қолда жоқ", en: "Not in stock" },
  tooFew: { ru: "Не хватает количества", kk: "Саны жеткіліксіз", en: "Too few in stock" },
  priceDiffers: { ru: "Цена отличается", kk: "Бағасы басқа", en: "The price differs" },
  noPrice: { ru: "Нет цены", kk: "Бағасы жоқ", en: "No price" },
  unknownProduct: { ru: "Неизвестный товар", kk: "Белгісіз тауар", en: "Unknown product" },
  productStopped: { ru: "Товар в стоп-листе", kk: "Тауар тоқтатылған", en: "The product is stopped" },
  prescription: { ru: "Нужен рецепт", kk: "Рецепт қажет", en: "A prescription is needed" },
  addressUnclear: { ru: "Адрес непонятен", kk: "Мекенжай түсініксіз", en: "The address is unclear" },
  phoneUnclear: { ru: "Телефон непонятен", kk: "Телефон түсініксіз", en: "The phone is unclear" },
  branchClosed: { ru: "Аптека закрыта", kk: "Дәріхана жабық", en: "The branch is closed" },
  branchInactive: { ru: "Аптека не работает", kk: "Дәріхана жұмыс істемейді", en: "The branch is not active" },
  noBranch: { ru: "Нет подходящей аптеки", kk: "Лайықты дәріхана жоқ", en: "No branch can take it" },
  notAccepted: { ru: "Аптека не приняла вовремя", kk: "Дәріхана уақытында қабылдамады", en: "Not accepted in time" },
  returnedByBranch: { ru: "Возвращён аптекой", kk: "Дәріхана қайтарды", en: "Returned by the branch" },
  partnerUnreachable: { ru: "Партнёр не отвечает", kk: "Серіктес жауап бермейді", en: "A partner does not answer" },
  shortage: { ru: "Зарезервированного товара нет", kk: "Резервтегі тауар жоқ", en: "Reserved goods are gone" },
  doubleSale: { ru: "Продан дважды", kk: "Екі рет сатылған", en: "Sold twice" },
  soldAfterEnd: { ru: "Продан после завершения", kk: "Аяқталғаннан кейін сатылған", en: "Sold after its end" },
  soldDifferently: { ru: "Продан иначе, чем заказан", kk: "Тапсырыстан басқаша сатылған", en: "Sold otherwise than ordered" },
  tooManyParts: { ru: "Слишком много частей", kk: "Бөліктері тым көп", en: "Too many parts" },
  customerAsks: { ru: "Просит покупатель", kk: "Сатып алушы сұрайды", en: "The customer asks" },
  needsErpAction: { ru: "Нужно действие в 1С", kk: "1С-те әрекет қажет", en: "Needs action in 1C" },
  erpDiffers: { ru: "Расходится с 1С", kk: "1С-тегіден өзгеше", en: "Differs from 1C" }
}

/** A reason why a person must look at an order; claimed by one operator (ORD-4). */
export const OperatorCase = Schema.Struct({
  /** 1, 2, … within the order. */
  caseId: Schema.Int,
  part: Schema.Int,
  reason: CaseReason,
  lineId: Schema.NullOr(Schema.Int),
  comment: Schema.NullOr(Schema.String),
  openedAt: Instant,
  closedAt: Schema.NullOr(Instant),
  /** What the person who closed it wrote; null where the life of the order or the partner closed it. */
  resolution: Schema.NullOr(Schema.String),
  /** `addressUnclear`: the places that the address may mean. Addresses: they stay with the case, never in events (D25). */
  candidates: Schema.optionalKey(Schema.Array(AddressCandidate))
})
export type OperatorCase = typeof OperatorCase.Type

/** An open case as the operators' list shows it, on an ended order too. */
export interface OpenCase {
  readonly orderId: OrderId
  readonly number: string
  readonly channelId: ChannelId
  readonly part: number
  /** Null where the part is no longer there. */
  readonly fulfilmentId: FulfilmentId | null
  readonly branchId: BranchId | null
  readonly status: FulfilmentStatus | null
  readonly caseId: number
  readonly reason: CaseReason
  readonly lineId: number | null
  readonly comment: string | null
  readonly openedAt: Instant
}

/** Which open cases, oldest first. `after`: the cursor of the page before. */
export interface CaseQuery {
  /** Left out: all. */
  readonly reasons?: ReadonlyArray<CaseReason> | undefined
  readonly branchId?: BranchId | undefined
  readonly limit: number
  readonly after?: string | undefined
}

/** Where a page of open cases ended: the next one starts behind it. */
export const caseCursor = ({ openedAt, orderId, caseId }: OpenCase): string => `${openedAt}/${orderId}/${caseId}`

/** What `caseCursor` wrote. */
export const casePlace = (cursor: string): readonly [openedAt: number, orderId: string, caseId: number] => {
  const [openedAt = "", orderId = "", caseId = ""] = cursor.split("/")
  return [Number(openedAt), orderId, Number(caseId)]
}
