import type { PulledOrder } from "@aptekit/core"

const EMAIL = /[\p{L}\d._%+-]+@[\p{L}\d-]+(?:\.[\p{L}\d-]+)+/gu
const PHONE = /(?:\+\d|\b[78])(?:[\s()-]*\d){9,}/gu
/** Cases of a Russian name differ in their last letters. */
const ENDING = 2
const SHORTEST_STEM = 3

const literally = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/gu, String.raw`\$&`)

const anywhere = (text: string): RegExp => new RegExp(literally(text), "giu")

/** A word of a name in any case: its beginning, and whatever letters follow. */
const inAnyCase = (word: string): RegExp => {
  const stem = word.slice(0, Math.max(SHORTEST_STEM, word.length - ENDING))
  return new RegExp(String.raw`(?<!\p{L})${literally(stem)}\p{L}*`, "giu")
}

/** 1C's words without the buyer whom they may quote: a case and a dead letter are read by many. */
export const nameless = (said: string, { customer, delivery, comment }: PulledOrder["order"]): string => {
  const address = delivery.type === "courier" ? delivery.address.text : ""
  const texts = [comment ?? "", address].flatMap((text) => [text, ...text.split(",")]).map((text) => text.trim())
  const words = customer.name.split(/[^\p{L}]+/u).filter((word) => word.length >= SHORTEST_STEM)
  return [
    EMAIL, PHONE,
    ...texts.filter((text) => text.length > SHORTEST_STEM).map(anywhere),
    ...words.map(inAnyCase)
  ].reduce((text, personal) => text.replace(personal, "…"), said)
}
