/**
 * `@aptekit/adapter-email`: messages to buyers by e-mail, over any server that speaks SMTP.
 * @module
 */
export { emailMessages } from "./email.ts"
