/**
 * `@aptekit/adapter-sms`: messages to buyers, over the gateways of Russia, Kazakhstan and Ukraine, or any over SMPP.
 * @module
 */
export * from "./console.ts"
export { infobipMessages } from "./infobip.ts"
export { mobizonMessages } from "./mobizon.ts"
export { smppMessages } from "./smpp.ts"
export { smscMessages } from "./smsc.ts"
export { smsruMessages } from "./smsru.ts"
export { turbosmsMessages } from "./turbosms.ts"
