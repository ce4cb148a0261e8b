import { Schema } from "effect"

const WallTime = Schema.String.check(Schema.isPattern(/^([01]\d|2[0-3]):[0-5]\d$|^24:00$/u))

/** From one wall-clock time to another; an end at or before the start lies on the next day. */
export const Interval = Schema.Struct({ from: WallTime, to: WallTime })
export type Interval = typeof Interval.Type

/** 24:00 is the midnight that 00:00 is. */
export const isWholeDay = ({ from, to }: Interval): boolean => from.replace(/^24/u, "00") === to.replace(/^24/u, "00")
