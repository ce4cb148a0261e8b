import type { LaneMethod } from "../exchange/lanes.ts"
import { messagesSend } from "../notify/send.ts"

/** Every kind of message that the hub sends by itself; an area that has one adds it here. */
export const LANE_METHODS: ReadonlyArray<LaneMethod> = [messagesSend]
