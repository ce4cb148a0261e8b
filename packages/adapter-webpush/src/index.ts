/**
 * `@aptekit/adapter-webpush`: messages to buyers as notifications of an app or a site, over the push services of browsers.
 * @module
 */
export { webPushMessages } from "./web-push.ts"
