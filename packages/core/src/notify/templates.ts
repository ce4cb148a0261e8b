import { DateTime } from "effect"
import type { Instant } from "../kernel/time.ts"
import type { Branch } from "../network/model.ts"
import type { Language, Order } from "../order/model.ts"
import type { Notice } from "./rules.ts"

interface Words {
  readonly number: string
  readonly place: string
  readonly until: string
}

type Template = (words: Words, order: Order) => string

const isPickup = (order: Order): boolean => order.delivery.type === "pickup"

/** Short on purpose: a Cyrillic SMS part holds 70 letters. Editable templates come with issue 4. */
const TEMPLATES: Record<Language, Record<Notice, Template>> = {
  ru: {
    reserved: ({ number, place, until }, order) =>
      isPickup(order) ? `Заказ ${number} забронирован: ${place}. Ждём до ${until}` : `Заказ ${number} принят, собираем`,
    operator: ({ number }) => `Заказ ${number} принят. Оператор свяжется с вами`,
    assembled: ({ number, place, until }, order) =>
      isPickup(order) ? `Заказ ${number} собран: ${place}, до ${until}` : `Заказ ${number} собран, скоро передадим курьеру`,
    expired: ({ number }) => `Срок брони заказа ${number} истёк, бронь снята`,
    cancelled: ({ number }) => `Заказ ${number} отменён`,
    closed: ({ number }) => `Заказ ${number} выдан. Будьте здоровы!`
  },
  kk: {
    reserved: ({ number, place, until }, order) =>
      isPickup(order) ? `${number} тапсырыс брондалды: ${place}. ${until} дейін күтеміз` : `${number} тапсырыс қабылданды`,
    operator: ({ number }) => `${number} тапсырыс қабылданды. Оператор хабарласады`,
    assembled: ({ number, place, until }, order) =>
      isPickup(order) ? `${number} тапсырыс дайын: ${place}, ${until} дейін` : `${number} тапсырыс дайын, курьерге береміз`,
    expired: ({ number }) => `${number} тапсырыстың брон мерзімі өтті`,
    cancelled: ({ number }) => `${number} тапсырыс тоқтатылды`,
    closed: ({ number }) => `${number} тапсырыс берілді. Сау болыңыз!`
  },
  en: {
    reserved: ({ number, place, until }, order) =>
      isPickup(order) ? `Order ${number} is reserved: ${place}, until ${until}` : `Order ${number} received, being packed`,
    operator: ({ number }) => `Order ${number} received. An operator will contact you`,
    assembled: ({ number, place, until }, order) =>
      isPickup(order) ? `Order ${number} is ready: ${place}, until ${until}` : `Order ${number} is packed, courier next`,
    expired: ({ number }) => `The reservation of order ${number} has ended`,
    cancelled: ({ number }) => `Order ${number} is cancelled`,
    closed: ({ number }) => `Order ${number} is handed over. Stay well!`
  }
}

/** `21.11 18:30` in the branch's zone. */
const wallTime = (at: Instant, zone: string): string => {
  const parts = DateTime.toParts(DateTime.makeZonedUnsafe(at, { timeZone: zone }))
  const two = (n: number): string => String(n).padStart(2, "0")
  return `${two(parts.day)}.${two(parts.month)} ${two(parts.hour)}:${two(parts.minute)}`
}

/** The text of a notice in the buyer's language. `branch` is where the goods lie. */
export const noticeText = (
  notice: Notice,
  order: Order,
  branch: Branch | undefined,
  expiresAt: Instant | null
): string =>
  TEMPLATES[order.customer.language][notice]({
    number: order.number,
    place: branch === undefined ? "" : `${branch.name}, ${branch.address}`,
    until: expiresAt === null ? "" : wallTime(expiresAt, branch?.zone ?? "UTC")
  }, order)
