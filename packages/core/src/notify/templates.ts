import { Schema } from "effect"
import { NOTICES } from "../network/policy.ts"
import { Language } from "../order/model.ts"
import type { Notice } from "./rules.ts"

/** A text of the settings (ICU MessageFormat); null: the standard text is in force (again). */
export const MessageTemplate = Schema.Struct({
  notice: Schema.Literals(NOTICES),
  language: Language,
  text: Schema.NullOr(Schema.String),
  /** Of an e-mail, or the title of a push message; null: the standard one. Left out when it is saved: as it is. */
  subject: Schema.optionalKey(Schema.NullOr(Schema.String))
})
export type MessageTemplate = typeof MessageTemplate.Type

/** Of e-mails and push messages: what happened; the text says the rest. */
export const DEFAULT_SUBJECTS: Readonly<Record<Language, Readonly<Record<Notice, string>>>> = {
  ru: {
    reserved: "Заказ {number} {delivery, select, pickup {забронирован} other {принят}}",
    operator: "Заказ {number} принят",
    assembled: "Заказ {number} собран",
    expired: "Срок брони заказа {number} истёк",
    cancelled: "Заказ {number} отменён",
    closed: "Заказ {number} выдан"
  },
  kk: {
    reserved: "{number} тапсырыс {delivery, select, pickup {брондалды} other {қабылданды}}",
    operator: "{number} тапсырыс қабылданды",
    assembled: "{number} тапсырыс дайын",
    expired: "{number} тапсырыстың брон мерзімі өтті",
    cancelled: "{number} тапсырыс тоқтатылды",
    closed: "{number} тапсырыс берілді"
  },
  en: {
    reserved: "Order {number} is {delivery, select, pickup {reserved} other {received}}",
    operator: "Order {number} is received",
    assembled: "Order {number} is {delivery, select, pickup {ready} other {packed}}",
    expired: "The reservation of order {number} has ended",
    cancelled: "Order {number} is cancelled",
    closed: "Order {number} is handed over"
  }
}

/** What comes with the hub. Short on purpose: a Cyrillic SMS part holds 70 letters. */
export const DEFAULT_TEXTS: Readonly<Record<Language, Readonly<Record<Notice, string>>>> = {
  ru: {
    reserved: "{delivery, select, pickup {Заказ {number} забронирован: {place}" +
      "{kept, select, yes {. Ждём до {until, date, ::ddMM} {until, time, ::HHmm}} other {}}} " +
      "other {Заказ {number} принят, собираем}}",
    operator: "Заказ {number} принят. Оператор свяжется с вами",
    assembled: "{delivery, select, pickup {Заказ {number} собран: {place}" +
      "{kept, select, yes {, до {until, date, ::ddMM} {until, time, ::HHmm}} other {}}} " +
      "other {Заказ {number} собран, скоро передадим курьеру}}",
    expired: "Срок брони заказа {number} истёк, бронь снята",
    cancelled: "Заказ {number} отменён",
    closed: "Заказ {number} выдан. Будьте здоровы!"
  },
  kk: {
    reserved: "{delivery, select, pickup {{number} тапсырыс брондалды: {place}" +
      "{kept, select, yes {. {until, date, ::ddMM} {until, time, ::HHmm} дейін күтеміз} other {}}} " +
      "other {{number} тапсырыс қабылданды}}",
    operator: "{number} тапсырыс қабылданды. Оператор хабарласады",
    assembled: "{delivery, select, pickup {{number} тапсырыс дайын: {place}" +
      "{kept, select, yes {, {until, date, ::ddMM} {until, time, ::HHmm} дейін} other {}}} " +
      "other {{number} тапсырыс дайын, курьерге береміз}}",
    expired: "{number} тапсырыстың брон мерзімі өтті",
    cancelled: "{number} тапсырыс тоқтатылды",
    closed: "{number} тапсырыс берілді. Сау болыңыз!"
  },
  en: {
    reserved: "{delivery, select, pickup {Order {number} is reserved: {place}" +
      "{kept, select, yes {, until {until, date, ::dMMM} {until, time, ::HHmm}} other {}}} " +
      "other {Order {number} received, being packed}}",
    operator: "Order {number} received. An operator will contact you",
    assembled: "{delivery, select, pickup {Order {number} is ready: {place}" +
      "{kept, select, yes {, until {until, date, ::dMMM} {until, time, ::HHmm}} other {}}} " +
      "other {Order {number} is packed, courier next}}",
    expired: "The reservation of order {number} has ended",
    cancelled: "Order {number} is cancelled",
    closed: "Order {number} is handed over. Stay well!"
  }
}
